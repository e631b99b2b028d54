/* What a walk up a stack can't follow: it ends there, and says so. */
#include <string.h>
#include <sys/mman.h>
#include "tests/unit/unwind_compare.h"

Test(unwind, code_without_information_ends_the_walk_there)
{
    unwind_on_capture = capture_last;
    unwind_without_cfi(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_NO_CFI);
    cr_assert_eq(last.depth, 1u);
    cr_assert_gt(last.pc[0], (uintptr_t)unwind_without_cfi);
    cr_assert_lt(last.pc[0], (uintptr_t)unwind_without_cfi + 16);
}

Test(unwind, code_in_no_module_ends_the_walk_there)
{
    static const unsigned char call[] = {0x48, 0x83, 0xec, 8, 0xff, 0xd7, /* sub, call *rdi */
                                         0x48, 0x83, 0xc4, 8, 0xc3};      /* add, ret */
    void *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(code, MAP_FAILED);
    memcpy(code, call, sizeof call);
    unwind_on_capture = capture_last;
    ((void (*)(unwind_body *))code)(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_NO_CFI);
    cr_assert_eq(last.depth, 1u);
    cr_assert_eq(last.pc[0], (uintptr_t)code + 6);
}

static void go_wrong(void)
{
    unwind_on_capture = capture_last;
    unwind_wild_frame(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_BAD);
    cr_assert_eq(last.depth, 1u);
    unwind_false_frame(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_BAD);
    cr_assert_eq(last.depth, 1u);
}

Test(unwind, wrong_information_is_noticed)
{
    go_wrong();
}

Test(unwind, wrong_information_is_noticed_without_bounds)
{
    unwind_set_bounds((struct rs_stack_bounds){0, 0});
    go_wrong();
}

Test(unwind, nothing_beyond_the_bounds_is_read)
{
    unwind_on_capture = capture_last;
    struct rs_stack_bounds own = unwind_bounds();
    unwind_set_bounds((struct rs_stack_bounds){own.lo, (uintptr_t)__builtin_frame_address(0)});
    unwind_plain(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_BAD);
    cr_assert_lt(last.depth, 4u);
    cr_assert_geq(last.depth, 1u);
    for (uint32_t i = 0; i < last_reads.count; i++)
        cr_assert_leq(last_reads.offset[i], (uintptr_t)__builtin_frame_address(0) - own.lo);
}

Test(unwind, a_deep_stack_is_cut)
{
    uint64_t seed = 3;
    unwind_on_capture = capture_last;
    unwind_random_tower(&seed, 300, unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_DEPTH);
    cr_assert_eq(last.depth, (uint32_t)RS_STACK_MAX);
    cr_assert_not(last_reads.incomplete);
}

/* A stack of unknown bounds that is none: the walk ends where there is no memory. */
Test(unwind, no_memory_where_a_stack_should_be)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)pages, MAP_FAILED);
    cr_assert_eq(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    uintptr_t end = (uintptr_t)pages + 4096, pc = (uintptr_t)unwind_every_operation + 1;
    const uintptr_t nowhere[] = {0, 8, end, end + 2048, UINTPTR_MAX - 7, (uintptr_t)1 << 47};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        struct rs_regs regs = {.pc = pc, .sp = nowhere[i]};
        rs_unwind(modules, unwind_rules(), &regs, (struct rs_stack_bounds){0, 0}, &last, NULL);
        cr_assert_eq(last.depth, 1u);
        cr_assert_eq(last.stop, RS_STOP_BAD);
    }
    ((uintptr_t *)end)[-1] = pc; /* one frame that is there, before the one that is not */
    struct rs_regs regs = {.pc = pc, .sp = end - 8};
    rs_unwind(modules, unwind_rules(), &regs, (struct rs_stack_bounds){0, 0}, &last, NULL);
    cr_assert_eq(last.depth, 2u);
    cr_assert_eq(last.stop, RS_STOP_BAD);
    captures++;
}
