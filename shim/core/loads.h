/* Module references: dlopen and dlclose, which the shim wraps itself because of what they ask of
 * callers. */
#ifndef SHIM_CORE_LOADS_H
#define SHIM_CORE_LOADS_H

#include "shim/core/thread.h"
#include "shim/core/unwind.h"

/* Before the real function; `name` lives for ever. The function is a call when no other is active.
 */
void rs_load_begin(struct rs_call_name *name, const struct rs_regs *);

/* After it. `acquired`: the handle that was acquired, 0 = none. */
void rs_load_end(const struct rs_regs *, uint64_t acquired);

/* Before the real release of a handle. */
void rs_unload(uint64_t handle);

#endif
