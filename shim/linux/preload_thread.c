/* A thread created inside a call may be asked to work for that call (--charge-threads). */
#include "shim/core/calls.h"
#include "shim/core/state.h"
#include "shim/core/table.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"

#include <pthread.h>

#define EXPORT __attribute__((visibility("default")))

/* What a new thread is to know; recycled, because it is not the client's memory. */
struct beginning {
    void *(*routine)(void *);
    void *argument;
    uint32_t path, ordinal, epoch;
    struct beginning *next;
};

static struct {
    struct rs_lock lock;
    struct beginning *unused;
} beginnings;

void rs_beginnings_lock(void)
{
    rs_lock(&beginnings.lock);
}

void rs_beginnings_unlock(void)
{
    rs_unlock(&beginnings.lock);
}

static struct beginning *take(void)
{
    rs_lock(&beginnings.lock);
    struct beginning *beginning = beginnings.unused;
    if (beginning)
        beginnings.unused = beginning->next;
    rs_unlock(&beginnings.lock);
    return beginning ? beginning : rs_arena_take(sizeof *beginning);
}

static void give_back(struct beginning *beginning)
{
    rs_lock(&beginnings.lock);
    beginning->next = beginnings.unused;
    beginnings.unused = beginning;
    rs_unlock(&beginnings.lock);
}

static void *begin_charged(void *closure)
{
    struct beginning beginning = *(struct beginning *)closure;
    give_back(closure);
    struct rs_thread *self = rs_recording() && beginning.epoch == rs.epoch ? rs_thread() : NULL;
    if (self && rs_thread_begin(self)) {
        self->base_path = self->path = beginning.path;
        self->base_ordinal = self->ordinal = beginning.ordinal;
        rs_thread_end(self);
    }
    return beginning.routine(beginning.argument);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        real = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                        void *))rs_loader_next("pthread_create");
    const struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if (!self || !self->path || !(rs.plan->flags & RESIDUE_PLAN_CHARGE_THREADS))
        return real(thread, attributes, routine, argument);
    struct beginning *beginning = take();
    if (!beginning)
        return real(thread, attributes, routine, argument);
    *beginning = (struct beginning){routine, argument, self->path, self->ordinal, rs.epoch, NULL};
    int error = real(thread, attributes, begin_charged, beginning);
    if (error)
        give_back(beginning);
    return error;
}
