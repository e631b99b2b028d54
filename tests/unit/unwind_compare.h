/* What the tests of walks up a stack share: each capture is made by our walk and by libunwind's,
 * and both must give the same. */
#ifndef TESTS_UNIT_UNWIND_COMPARE_H
#define TESTS_UNIT_UNWIND_COMPARE_H

#include <criterion/criterion.h>
#include "tests/unit/unwind_harness.h"

static const struct rs_modules *modules;
static unsigned captures;
static uint32_t expected_stop = RS_STOP_END;
static struct rs_stack last;
static struct rs_reads last_reads;

/* Once with all registers and once with those the shim has at hand: the second may not know the
 * stack, but then it says so. */
static inline void compare(const struct rs_regs *regs)
{
    struct rs_stack theirs, short_of;
    struct rs_reads reads;
    captures++;
    rs_unwind(modules, unwind_rules(), regs, unwind_bounds(), &last, &last_reads);
    unwind_by_libunwind(regs, &theirs);
    unwind_expect_same(&last, &theirs);
    cr_assert_eq(last.stop, expected_stop);
    struct rs_regs known = {.pc = regs->pc, .sp = regs->sp, .bp = regs->bp};
    rs_unwind(modules, unwind_rules(), &known, unwind_bounds(), &short_of, &reads);
    if (!short_of.uncacheable)
        unwind_expect_same(&short_of, &theirs);
    else
        cr_assert(reads.incomplete, "a walk that lacked a register must not be learnt");
}

static inline void begin(void)
{
    modules = unwind_modules();
    unwind_on_capture = compare;
}

static inline void expect_captures(unsigned count)
{
    cr_assert_eq(captures, count);
}

static inline void end(void)
{
    cr_assert_gt(captures, 0u, "the test captured nothing");
}

TestSuite(unwind, .init = begin, .fini = end);

/* For what libunwind can not walk: our walk alone. */
static inline void capture_last(const struct rs_regs *regs)
{
    captures++;
    rs_unwind(modules, unwind_rules(), regs, unwind_bounds(), &last, &last_reads);
}

#endif
