#define UNW_LOCAL_ONLY
#include "tests/unit/unwind_harness.h"
#include <criterion/criterion.h>
#include <libunwind.h>
#include <stdio.h>
#include <string.h>

void unwind_by_libunwind(const struct rs_regs *regs, struct rs_stack *out)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t pc = 0, sp = 0;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    do {
        cr_assert_gt(unw_step(&cursor), 0, "libunwind does not find the frame to begin with");
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        unw_get_reg(&cursor, UNW_REG_SP, &sp);
    } while (pc != regs->pc || sp != regs->sp);
    *out = (struct rs_stack){.depth = 0};
    do {
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (!pc)
            break;
        out->pc[out->depth++] = pc + (unw_is_signal_frame(&cursor) > 0 ? 1 : 0);
    } while (out->depth < RS_STACK_MAX && unw_step(&cursor) > 0);
}

static void print(const char *whose, const struct rs_stack *stack)
{
    fprintf(stderr, "%s, stop %u:", whose, stack->stop);
    for (uint32_t i = 0; i < stack->depth; i++) {
        const struct rs_module *module = unwind_module_of(stack->pc[i]);
        fprintf(stderr, " %s%#zx", module ? "" : "?",
                (size_t)(stack->pc[i] - (module ? module->base : 0)));
    }
    fprintf(stderr, "\n");
}

void unwind_expect_same(const struct rs_stack *ours, const struct rs_stack *theirs)
{
    if (ours->depth == theirs->depth &&
        !memcmp(ours->pc, theirs->pc, ours->depth * sizeof *ours->pc))
        return;
    print("ours", ours);
    print("libunwind's", theirs);
    cr_assert_fail("the stacks differ");
}

void (*unwind_on_capture)(const struct rs_regs *);

void unwind_captured(const struct rs_regs *regs)
{
    unwind_on_capture(regs);
}
