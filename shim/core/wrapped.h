/* Things that functions acquire which the system's part wraps by itself, because of what they ask
 * of their callers or do behind them: module references everywhere, on Windows critical sections
 * and private heaps too. A wrapped function is a call when no other is active. */
#ifndef SHIM_CORE_WRAPPED_H
#define SHIM_CORE_WRAPPED_H

#include "shim/core/thread.h"
#include "shim/core/unwind.h"

/* A wrapped function; lives for ever. */
struct rs_wrapped {
    struct rs_call_name name;
    uint8_t class;   /* of what it acquires or releases: enum residue_class */
    bool constructs; /* it runs code of others, whose acquisitions are no inner layer of its own */
};

/* Before the real function. `regs` are the wrapper's caller's. */
void rs_wrapped_begin(struct rs_wrapped *, const struct rs_regs *regs);

/* After it, if it acquired something: `kind` is one of RS_KIND_*, a module reference is counted. */
void rs_wrapped_acquired(const struct rs_regs *regs, uint32_t kind, uint64_t handle, uint64_t size);

/* Before the real function releases a thing. Where it is an inner layer nothing happens: the outer
 * one has told already. `regs` NULL: it was not begun. */
void rs_wrapped_released(const struct rs_regs *regs, uint32_t kind, uint64_t handle);

/* The real function has come back. */
void rs_wrapped_end(const struct rs_regs *regs);

#endif
