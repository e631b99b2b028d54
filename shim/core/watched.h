/*
 * Watched functions: each has a thunk of the pool in the shim's text, which stands in import slots
 * and vtable slots in place of the real function.
 */
#ifndef SHIM_CORE_WATCHED_H
#define SHIM_CORE_WATCHED_H

#include <residue/profile.h>
#include <stdbool.h>
#include <stdint.h>
#include "shim/core/state.h"
#include "shim/core/thread.h"

enum { RS_THUNKS = 8192, RS_THUNK_BYTES = 16 };

struct rs_watched {
    uintptr_t target;                             /* the real function */
    const struct residue_plan_function *function; /* what the plan says of it */
    uint32_t interface;     /* a method: index of its interface; else RESIDUE_NO_INTERFACE */
    uint8_t proven;         /* bit i: its i-th out-parameter was seen to lead to an interface */
    uint8_t proven_buffers; /* bit N % 8: its parameter N was seen to lead to a buffer */
    bool displaced; /* a method's pointer is not where its object begins: rs_interface_identity */
    struct rs_call_name name;
};

/* The thunk of `function` for the real function at `target`; 0 when the pool is used up. `name` is
 * the plan's, or for a glob the symbol's (copied). */
uintptr_t rs_watch(uintptr_t target, const struct residue_plan_function *function,
                   uint32_t interface, const char *name);

/* The watched functions, by the number of their thunk. */
extern struct rs_watched rs_watched[RS_THUNKS] RS_HIDDEN;

/* The watched function whose thunk is at `address`; NULL if it is no thunk. */
struct rs_watched *rs_watched_at(uintptr_t address);

/* Thunks for functions in [start, end) may be given to others: their module is gone. They stay what
 * they were as long as others are free, for the module may come back. */
void rs_watched_forget(uintptr_t start, uintptr_t end);

/* The plan's entry for a flat function, or NULL. */
const struct residue_plan_function *rs_plan_find(const char *name);

/* Held over a fork, so that the child inherits a whole table; reset in the child: its trace is told
 * what is not watched. */
void rs_watched_lock(void);
void rs_watched_unlock(void);
void rs_watched_reset(void);

/* Another plan holds from now on: thunks that the client may have got hold of are for what it says
 * of their functions, which may be nothing. Those of methods are for nothing any more. */
void rs_watched_renew(void);

/* Makes what the plan knows quick to look up. */
void rs_plan_prepare(void);

/* Given by the system's part: the first thunk, and a write to a slot that may be read-only. */
extern const unsigned char rs_thunks[];
bool rs_os_write_slot(uintptr_t *slot, uintptr_t value);

#endif
