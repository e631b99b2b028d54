/* Walks from where no call was made: signal handlers, every single instruction, coroutines. */
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include "tests/unit/unwind_compare.h"

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
