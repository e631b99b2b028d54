/*
 * Inner layers: memory that an allocating pair took for itself and did not hand out in the same
 * call, such as the slab that a slice allocator goes on cutting. It is the call's, as any block,
 * until something is handed out of it: from then on it counts under the pair's name alone.
 * Thread-safe; a lock of its own for a moment.
 */
#ifndef SHIM_CORE_INNER_H
#define SHIM_CORE_INNER_H

#include <stdint.h>

struct rs_thread;

/* The outermost allocating pair of the thread returns: remembers what it took and keeps. */
void rs_inner_keep(struct rs_thread *);

/* A pair hands out `handle`: what it lies in is no block of its own any more. */
void rs_inner_hand_out(struct rs_thread *, uint64_t handle);

/* After a fork, in the child: forgets all. */
void rs_inner_reset(void);

#endif
