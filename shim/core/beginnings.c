#include "shim/core/beginnings.h"
#include "shim/core/arena.h"
#include "shim/core/state.h"
#include "shim/core/thread.h"

static struct {
    struct rs_lock lock;
    struct rs_beginning *unused; /* recycled, because it is not the client's memory */
} beginnings;

void rs_beginnings_lock(void)
{
    rs_lock(&beginnings.lock);
}

void rs_beginnings_unlock(void)
{
    rs_unlock(&beginnings.lock);
}

static struct rs_beginning *take(void)
{
    rs_lock(&beginnings.lock);
    struct rs_beginning *beginning = beginnings.unused;
    if (beginning)
        beginnings.unused = beginning->next;
    rs_unlock(&beginnings.lock);
    return beginning ? beginning : rs_arena_take(sizeof *beginning);
}

void rs_beginning_drop(struct rs_beginning *beginning)
{
    rs_lock(&beginnings.lock);
    beginning->next = beginnings.unused;
    beginnings.unused = beginning;
    rs_unlock(&beginnings.lock);
}

struct rs_beginning *rs_beginning_make(void (*routine)(void), void *argument)
{
    const struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if (!self || !self->path || !(rs.plan->flags & RESIDUE_PLAN_CHARGE_THREADS))
        return NULL;
    struct rs_beginning *beginning = take();
    if (beginning)
        *beginning =
            (struct rs_beginning){routine, argument, self->path, self->ordinal, rs.epoch, NULL};
    return beginning;
}

struct rs_beginning rs_beginning_take(struct rs_beginning *given)
{
    struct rs_beginning beginning = *given;
    rs_beginning_drop(given);
    struct rs_thread *self = rs_recording() && beginning.epoch == rs.epoch ? rs_thread() : NULL;
    if (self && rs_thread_begin(self)) {
        self->base_path = self->path = beginning.path;
        self->base_ordinal = self->ordinal = beginning.ordinal;
        rs_thread_end(self);
    }
    return beginning;
}
