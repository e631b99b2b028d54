/*
 * What the tests of the unwinder share: the list of modules as the shim would have it, the bounds
 * of the stack, and libunwind's opinion on the same stack.
 */
#ifndef UNWIND_HARNESS_H
#define UNWIND_HARNESS_H

#include "tests/unit/unwind_frames.h"

/* Lists the loaded objects anew, as a new generation. */
const struct rs_modules *unwind_modules(void);
const struct rs_module *unwind_module_of(uintptr_t pc);

/* Of the calling thread; or those last set. */
struct rs_stack_bounds unwind_bounds(void);
void unwind_set_bounds(struct rs_stack_bounds);

struct rs_rule_cache *unwind_rules(void);

/* From the frame that `regs` describe, by libunwind; called below that frame. Pcs as struct
 * rs_stack has them. */
void unwind_by_libunwind(const struct rs_regs *regs, struct rs_stack *out);

/* Fails the test unless both list the same pcs. */
void unwind_expect_same(const struct rs_stack *ours, const struct rs_stack *theirs);

/* What unwind_capture calls. */
extern void (*unwind_on_capture)(const struct rs_regs *);

#endif
