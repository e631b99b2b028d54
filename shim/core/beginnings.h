/* Threads about to begin: one created inside a call may be asked to work for that call
 * (--charge-threads). What it is to know is kept until it begins, outside of the client's memory.
 */
#ifndef SHIM_CORE_BEGINNINGS_H
#define SHIM_CORE_BEGINNINGS_H

#include <stdint.h>

struct rs_beginning {
    void (*routine)(void); /* the client's, of whatever type */
    void *argument;
    uint32_t path, ordinal, epoch;
    struct rs_beginning *next;
};

/* For the thread being created; NULL: it is not to be charged, or there is no memory. */
struct rs_beginning *rs_beginning_make(void (*routine)(void), void *argument);

/* In the new thread: from now on it works for the call that made it. Returns what it was given,
 * which is used again. */
struct rs_beginning rs_beginning_take(struct rs_beginning *);

/* There is no new thread. */
void rs_beginning_drop(struct rs_beginning *);

/* Held over a fork, so that the child inherits the list whole. */
void rs_beginnings_lock(void);
void rs_beginnings_unlock(void);

#endif
