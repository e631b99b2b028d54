/*
 * What the tests of the unwinder share: the list of modules as the shim would have it, the bounds
 * of the stack, and libunwind's opinion on the same stack.
 */
#ifndef UNWIND_HARNESS_H
#define UNWIND_HARNESS_H

#include "tests/unit/unwind_frames.h"
#include "tests/unit/unwind_loaded.h"

/* From the frame that `regs` describe, by libunwind; called below that frame. Pcs as struct
 * rs_stack has them. */
void unwind_by_libunwind(const struct rs_regs *regs, struct rs_stack *out);

/* Fails the test unless both list the same pcs. */
void unwind_expect_same(const struct rs_stack *ours, const struct rs_stack *theirs);

/* What unwind_capture calls. */
extern void (*unwind_on_capture)(const struct rs_regs *);

#endif
