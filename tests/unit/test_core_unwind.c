/* Our walk up a stack against libunwind's, frame for frame, through frames of every kind. */
#include "tests/unit/unwind_harness.h"
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static const struct rs_modules *modules;
static unsigned captures;
static uint32_t expected_stop = RS_STOP_END;
static struct rs_stack last;
static struct rs_reads last_reads;

/* Once with all registers and once with those the shim has at hand: the second may not know the
 * stack, but then it says so. */
static void compare(const struct rs_regs *regs)
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

static void begin(void)
{
    modules = unwind_modules();
    unwind_on_capture = compare;
}

static void expect_captures(unsigned count)
{
    cr_assert_eq(captures, count);
}

static void end(void)
{
    cr_assert_gt(captures, 0u, "the test captured nothing");
}

TestSuite(unwind, .init = begin, .fini = end);

Test(unwind, ordinary_frames)
{
    unwind_plain(unwind_capture);
    unwind_without_frame_pointer(unwind_capture);
    expect_captures(2);
}

Test(unwind, frames_of_variable_size)
{
    for (unsigned size = 0; size < 300; size += 7) {
        unwind_with_vla(unwind_capture, size);
        unwind_with_alloca(unwind_capture, size);
    }
}

Test(unwind, realigned_frames)
{
    unwind_realigned(unwind_capture);
    for (unsigned size = 0; size < 300; size += 7)
        unwind_drap(unwind_capture, size);
}

Test(unwind, random_towers_of_frames)
{
    uint64_t seed = 1;
    for (unsigned i = 0; i < 500; i++)
        unwind_random_tower(&seed, (unsigned)(unwind_random(&seed) % 40), unwind_capture);
}

Test(unwind, frames_with_exception_tables)
{
    unwind_through_cxx(unwind_capture);
    expect_captures(1);
}

/* From a destructor that runs while an exception passes: the unwinder's own frames are on the
 * stack. */
Test(unwind, while_an_exception_passes)
{
    unwind_throw(unwind_capture);
    expect_captures(2);
}

static int compare_items(const void *a, const void *b)
{
    unwind_capture();
    return *(const int *)a - *(const int *)b;
}

Test(unwind, through_code_of_the_c_library)
{
    int items[] = {3, 1, 2};
    qsort(items, 3, sizeof *items, compare_items);
    cr_assert_eq(items[0], 1);
}

Test(unwind, frames_by_hand)
{
    unwind_cfa_by_expression(unwind_capture);
    unwind_saved_by_expression(unwind_capture);
    unwind_after_restored_state(unwind_capture);
    expect_captures(3);
    unwind_cfa_by_rbx(unwind_capture);
    cr_assert(last.uncacheable, "rbx at the start decided where the frame is");
}

static void capture_last(const struct rs_regs *regs)
{
    captures++;
    rs_unwind(modules, unwind_rules(), regs, unwind_bounds(), &last, &last_reads);
}

/* libunwind 1.6 loses its way where a register is kept in another one. The frames above this test
 * are the same with and without such a frame. */
Test(unwind, a_register_kept_in_another)
{
    unwind_on_capture = capture_last;
    unwind_capture();
    struct rs_stack direct = last;
    unwind_saved_in_register(unwind_capture);
    cr_assert_eq(last.stop, RS_STOP_END);
    cr_assert_eq(last.depth, direct.depth + 1);
    cr_assert_eq(memcmp(&last.pc[2], &direct.pc[1], (direct.depth - 1) * sizeof *last.pc), 0);
}

/* A frame above the start whose rbx was saved on the stack depends on nothing but the stack. */
static void below_rbx(void)
{
    unwind_saved_in_register(unwind_capture);
}

Test(unwind, a_saved_register_is_reliable)
{
    unwind_on_capture = capture_last;
    unwind_cfa_by_rbx(below_rbx);
    cr_assert_eq(last.stop, RS_STOP_END);
    cr_assert_not(last.uncacheable);
    cr_assert_not(last_reads.incomplete);
}

Test(unwind, reads_are_those_the_stack_holds)
{
    unwind_with_vla(unwind_capture, 33);
    cr_assert_geq(last_reads.count, last.depth - 1);
    cr_assert_leq(last_reads.count, 3 * last.depth);
    cr_assert_not(last_reads.incomplete);
}

/* ---- signals ---- */

static void on_signal(int number)
{
    (void)number;
    unwind_capture();
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    cr_assert_eq(sigaction(number, &action, NULL), 0);
}

static void interrupt(void)
{
    raise(SIGUSR1);
}

Test(unwind, from_a_signal_handler)
{
    handle(SIGUSR1, on_signal, 0);
    unwind_with_vla(interrupt, 50);
    expect_captures(1);
    cr_assert_not(last_reads.incomplete);
}

static void interrupt_by_fault(void)
{
    __asm__ volatile("ud2");
}

static void after_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    unwind_capture();
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

Test(unwind, from_a_fault_in_the_middle_of_a_function)
{
    struct sigaction action = {.sa_sigaction = after_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    unwind_drap(interrupt_by_fault, 9);
    expect_captures(1);
}

/* One for a handler, and above it one for a coroutine. */
static char stacks[2][65536] __attribute__((aligned(16)));
static char *const own_stack = stacks[0];

static struct rs_stack_bounds own_stack_bounds(void)
{
    return (struct rs_stack_bounds){(uintptr_t)own_stack, (uintptr_t)own_stack + sizeof *stacks};
}

static void from_own_stack(struct rs_stack_bounds bounds)
{
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof *stacks};
    sigaltstack(&stack, NULL);
    handle(SIGUSR1, on_signal, SA_ONSTACK);
    unwind_set_bounds(bounds);
    unwind_drap(interrupt, 30);
    cr_assert_gt(captures, 0u);
    cr_assert(last_reads.incomplete, "a walk over two stacks must not be learnt");
}

Test(unwind, from_a_handler_on_its_own_stack)
{
    from_own_stack(own_stack_bounds());
}

Test(unwind, from_a_handler_on_a_stack_of_unknown_bounds)
{
    from_own_stack((struct rs_stack_bounds){0, 0});
}

/* ---- every single instruction ---- */

static void on_step(int number)
{
    (void)number;
    unwind_capture();
}

static void nothing(void)
{
}

static void step_through(void (*what)(void))
{
    handle(SIGTRAP, on_step, 0);
    unwind_single_steps(what);
}

static void walk_compiled(void)
{
    uint64_t seed = 7;
    unwind_plain(nothing);
    unwind_without_frame_pointer(nothing);
    unwind_with_vla(nothing, 9);
    unwind_with_alloca(nothing, 9);
    unwind_realigned(nothing);
    unwind_drap(nothing, 9);
    unwind_random_tower(&seed, 8, nothing);
}

Test(unwind, at_every_instruction_of_compiled_code)
{
    step_through(walk_compiled);
    cr_assert_gt(captures, 100u);
}

static void walk_by_hand(void)
{
    unwind_cfa_by_expression(nothing);
    unwind_saved_by_expression(nothing);
    unwind_cfa_by_rbx(nothing);
    unwind_after_restored_state(nothing);
}

Test(unwind, at_every_instruction_by_hand)
{
    step_through(walk_by_hand);
    cr_assert_gt(captures, 30u);
}

static void first_use_of_an_import(void)
{
    (void)getppid(); /* called nowhere else in here: the first call binds it */
}

Test(unwind, at_every_instruction_of_lazy_binding)
{
    step_through(first_use_of_an_import);
    cr_assert_gt(captures, 3u);
}

/* ---- coroutines ---- */

static ucontext_t outside, inside;

static void prepare(char *stack, void (*body)(void))
{
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = sizeof *stacks;
    inside.uc_link = &outside;
    makecontext(&inside, body, 0);
}

/* glibc gives a coroutine's outermost frame a return address in front of which no code is
 * described. */
static void enter(void)
{
    expected_stop = RS_STOP_NO_CFI;
    swapcontext(&outside, &inside);
    expected_stop = RS_STOP_END;
}

static void coroutine(void)
{
    unwind_drap(unwind_capture, 40);
    cr_assert_not(last_reads.incomplete);
    swapcontext(&inside, &outside);
    unwind_with_vla(unwind_capture, 70);
    cr_assert_not(last_reads.incomplete);
}

Test(unwind, on_a_coroutines_stack)
{
    struct rs_stack_bounds own = unwind_bounds();
    prepare(own_stack, coroutine);
    for (unsigned i = 0; i < 2; i++) {
        unwind_set_bounds(i ? own_stack_bounds() : (struct rs_stack_bounds){0, 0});
        enter();
        unwind_set_bounds(own);
        unwind_plain(unwind_capture);
    }
    expect_captures(4);
}

static void interrupted_coroutine(void)
{
    from_own_stack(own_stack_bounds());
}

/* From one known stack to another that is near: still nothing to be learnt. */
Test(unwind, from_a_handler_that_interrupted_a_coroutine)
{
    prepare(stacks[1], interrupted_coroutine);
    enter();
    cr_assert_gt(captures, 0u);
}

/* ---- what can't be followed ---- */

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
