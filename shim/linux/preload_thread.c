/* A thread created inside a call may be asked to work for that call (--charge-threads). */
#include "shim/core/calls.h"
#include "shim/core/state.h"
#include "shim/core/table.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"

#include <pthread.h>
#include <threads.h>

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

/* In the new thread: from now on it works for the call that made it. */
static struct beginning begin(void *closure)
{
    struct beginning beginning = *(struct beginning *)closure;
    give_back(closure);
    struct rs_thread *self = rs_recording() && beginning.epoch == rs.epoch ? rs_thread() : NULL;
    if (self && rs_thread_begin(self)) {
        self->base_path = self->path = beginning.path;
        self->base_ordinal = self->ordinal = beginning.ordinal;
        rs_thread_end(self);
    }
    return beginning;
}

static void *begin_posix(void *closure)
{
    struct beginning beginning = begin(closure);
    return beginning.routine(beginning.argument);
}

static int begin_c11(void *closure)
{
    struct beginning beginning = begin(closure);
    return ((thrd_start_t)(void (*)(void))beginning.routine)(beginning.argument);
}

/* What the thread is to know if it is to be charged to a call, else NULL. */
static struct beginning *charge(void *(*routine)(void *), void *argument)
{
    const struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if (!self || !self->path || !(rs.plan->flags & RESIDUE_PLAN_CHARGE_THREADS))
        return NULL;
    struct beginning *beginning = take();
    if (beginning)
        *beginning =
            (struct beginning){routine, argument, self->path, self->ordinal, rs.epoch, NULL};
    return beginning;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        real = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                        void *))rs_loader_next("pthread_create");
    struct beginning *beginning = charge(routine, argument);
    if (!beginning)
        return real(thread, attributes, routine, argument);
    int error = real(thread, attributes, begin_posix, beginning);
    if (error)
        give_back(beginning);
    return error;
}

/* It does not go through pthread_create by name. */
EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    static int (*real)(thrd_t *, thrd_start_t, void *);
    if (!real)
        real = (int (*)(thrd_t *, thrd_start_t, void *))rs_loader_next("thrd_create");
    struct beginning *beginning = charge((void *(*)(void *))(void (*)(void))routine, argument);
    if (!beginning)
        return real(thread, routine, argument);
    int error = real(thread, begin_c11, beginning);
    if (error != thrd_success)
        give_back(beginning);
    return error;
}
