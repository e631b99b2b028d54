/* A thread created inside a call may be asked to work for that call (--charge-threads). */
#include "shim/core/beginnings.h"
#include "shim/linux/loader.h"

#include <pthread.h>
#include <stddef.h>
#include <threads.h>

#define EXPORT __attribute__((visibility("default")))

static void *begin_posix(void *closure)
{
    struct rs_beginning beginning = rs_beginning_take(closure);
    return ((void *(*)(void *))beginning.routine)(beginning.argument);
}

static int begin_c11(void *closure)
{
    struct rs_beginning beginning = rs_beginning_take(closure);
    return ((thrd_start_t)beginning.routine)(beginning.argument);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        real = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                        void *))rs_loader_next("pthread_create");
    struct rs_beginning *beginning = rs_beginning_make((void (*)(void))routine, argument);
    if (!beginning)
        return real(thread, attributes, routine, argument);
    int error = real(thread, attributes, begin_posix, beginning);
    if (error)
        rs_beginning_drop(beginning);
    return error;
}

/* It does not go through pthread_create by name. */
EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    static int (*real)(thrd_t *, thrd_start_t, void *);
    if (!real)
        real = (int (*)(thrd_t *, thrd_start_t, void *))rs_loader_next("thrd_create");
    struct rs_beginning *beginning = rs_beginning_make((void (*)(void))routine, argument);
    if (!beginning)
        return real(thread, routine, argument);
    int error = real(thread, begin_c11, beginning);
    if (error != thrd_success)
        rs_beginning_drop(beginning);
    return error;
}
