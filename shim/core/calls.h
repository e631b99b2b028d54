/*
 * The watched calls active on a thread. The list heals itself: an exception tells by the frame's
 * personality (rs_call_unwound), longjmp by its target (rs_calls_heal_to), and anything else is
 * noticed when the thread is next seen with its stack pointer above a frame.
 *
 * All functions work on the calling thread's own state, between rs_thread_begin and rs_thread_end.
 */
#ifndef SHIM_CORE_CALLS_H
#define SHIM_CORE_CALLS_H

#include "shim/core/thread.h"

/* Enters a watched function whose frame is at `frame`. `name` NULL = the function is no call of its
 * own (a pair only); else it lives as long as the process. Returns NULL when calls nest too deeply
 * to follow. */
struct rs_call *rs_call_enter(struct rs_thread *, uintptr_t frame, struct rs_call_name *name);

/* The entry of the function at `frame`, after dropping whatever is above it; NULL if it is not
 * there. */
struct rs_call *rs_call_at(struct rs_thread *, uintptr_t frame);

/* Leaves the innermost function. */
void rs_call_leave(struct rs_thread *);

/* An exception passes the innermost function whose frame has a personality. */
void rs_call_unwound(struct rs_thread *);

/* Drops all functions whose frames lie below `sp`, on the thread's own stack. */
void rs_calls_heal_to(struct rs_thread *, uintptr_t sp);

static inline bool rs_on_stack(const struct rs_thread *self, uintptr_t address)
{
    return address >= self->bounds.lo && address < self->bounds.hi;
}

static inline void rs_calls_heal(struct rs_thread *self, uintptr_t sp)
{
    if (__builtin_expect(self->top < sp, 0))
        rs_calls_heal_to(self, sp);
}

/* Is the innermost function the inner layer of an acquisition of the same class, like a dlopen in a
 * LoadLibrary? Then what it acquires counts under the outer name alone. In the class of all other
 * things, only one of the same kind is a layer. */
bool rs_acquisition_is_inner(const struct rs_thread *, uint8_t class, uint16_t kind);

/* After a fork, in the child: charges the active calls to the tables of the new trace. */
void rs_calls_reenter(struct rs_thread *);

#endif
