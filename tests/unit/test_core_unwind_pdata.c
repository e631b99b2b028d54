/*
 * Unwind information of PE modules, against the truth: the modules' functions are executed, one
 * instruction after the other, and after each the frames are unwound that are known to be there.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include "shim/core/pdata.h"
#include "tests/unit/pe_image.h"
#include "tests/unit/row_apply.h"
#include "tests/unit/unwind_harness.h"

#ifndef BUILD_FOLDER
#error "where the modules are"
#endif
#define MODULE(name) BUILD_FOLDER "/unit/" name

/* ---- what is known ---- */

static struct rs_module module;

/* Frames of the module that are on the stack: what is to come back when they are left. */
static struct {
    struct row_registers caller[64];
    unsigned depth;
    uintptr_t last_pc, last_sp;
    unsigned instructions, rows, interrupted;
} seen;

static const enum rs_reg kept[] = {RS_BX, RS_BP, RS_SI, RS_DI, RS_R12, RS_R13, RS_R14, RS_R15};

static bool inside(uintptr_t pc)
{
    return pc >= module.start && pc < module.end;
}

static struct row_registers registers_of(const ucontext_t *context)
{
    const greg_t *reg = context->uc_mcontext.gregs;
    struct row_registers now = {.pc = (uintptr_t)reg[REG_RIP]};
    static const int of[RS_REGS] = {
        [RS_BX] = REG_RBX,  [RS_BP] = REG_RBP,  [RS_SP] = REG_RSP,  [RS_SI] = REG_RSI,
        [RS_DI] = REG_RDI,  [RS_R10] = REG_R10, [RS_R12] = REG_R12, [RS_R13] = REG_R13,
        [RS_R14] = REG_R14, [RS_R15] = REG_R15,
    };
    for (unsigned i = 0; i < RS_RA; i++)
        now.value[i] = (uintptr_t)reg[of[i]];
    return now;
}

/* ---- one frame, by its row ---- */

static uintptr_t word_at(uintptr_t address)
{
    uintptr_t word;
    memcpy(&word, (const void *)address, sizeof word);
    return word;
}

static bool readable(uintptr_t address)
{
    return address % sizeof address == 0;
}

/* From a frame to its caller; returns whether it was interrupted rather than calling. */
static bool leave(struct row_registers *now, bool exact)
{
    struct rs_row row;
    size_t at = now->pc - module.base;
    cr_assert(rs_pdata_row(&module, now->pc - !exact, exact, &row), "no row at %#zx", at);
    cr_assert(row_apply(&row, now, readable), "rules at %#zx", at);
    seen.rows++;
    return row.signal;
}

/* The frames of the module, to where it was called from. */
static void expect_truth(struct row_registers now)
{
    uintptr_t begun = now.pc;
    bool exact = true;
    for (unsigned depth = seen.depth; depth; depth--) {
        const struct row_registers *truth = &seen.caller[depth - 1];
        while (leave(&now, exact)) {
            seen.interrupted++;
            exact = true;
        }
        cr_assert_eq(now.pc, truth->pc, "at %#zx the caller is %#zx", (size_t)(begun - module.base),
                     (size_t)now.pc);
        cr_assert_eq(now.value[RS_SP], truth->value[RS_SP], "stack pointer at %#zx",
                     (size_t)(begun - module.base));
        for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
            cr_assert_eq(now.value[kept[i]], truth->value[kept[i]], "register %u at %#zx", kept[i],
                         (size_t)(begun - module.base));
        exact = false;
        if (!inside(truth->pc))
            break;
    }
}

/* ---- stepping ---- */

enum { IRETQ = 0xcf48 };

/* Handlers' way back, from a mark to the return, which nothing is told of. */
static uintptr_t untold[2][2];

static void find_untold(void)
{
    static const char *const marks[] = {"handles_return", "handles_with_code_return"};
    for (unsigned i = 0; i < 2; i++) {
        uintptr_t at = untold[i][0] = pe_image_export(&module, marks[i]);
        while ((uint16_t)word_at(at) != IRETQ)
            at++;
        untold[i][1] = at;
    }
}

/* Compilers' helper that touches new stack has no entry, and is no leaf. */
static bool helpers;

static bool is_told(uintptr_t pc)
{
    struct rs_row row;
    for (unsigned i = 0; i < 2; i++)
        if (pc >= untold[i][0] && pc <= untold[i][1])
            return false;
    return !helpers || rs_pdata_row(&module, pc, false, &row);
}

static void on_step(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    struct row_registers now = registers_of(context);
    uintptr_t sp = now.value[RS_SP];
    while (seen.depth && sp >= seen.caller[seen.depth - 1].value[RS_SP])
        seen.depth--;
    bool called = sp == seen.last_sp - sizeof sp && word_at(sp) - seen.last_pc - 2 <= 5;
    if (called && inside(now.pc)) {
        struct row_registers *caller = &seen.caller[seen.depth++];
        cr_assert_leq(seen.depth, sizeof seen.caller / sizeof *seen.caller);
        *caller = now;
        caller->pc = word_at(sp);
        caller->value[RS_SP] = sp + sizeof sp;
    }
    seen.last_pc = now.pc;
    seen.last_sp = sp;
    if (!inside(now.pc) || !is_told(now.pc))
        return;
    seen.instructions++;
    expect_truth(now);
}

/* ---- calls ---- */

typedef uint64_t __attribute__((ms_abi)) called(uint64_t);
typedef uint64_t __attribute__((ms_abi)) function(called *, uint64_t);

static unsigned calls;

static const struct rs_modules *modules;

/* The function hangs its frame on a register that Linux' functions, which are below, do not keep:
 * their tables do not tell where it is. */
static bool lost_below;

/* The whole stack, from below. */
static void on_captured(const struct rs_regs *regs)
{
    struct rs_stack stack;
    if (lost_below)
        return;
    rs_unwind(modules, unwind_rules(), regs, unwind_bounds(), &stack, NULL);
    cr_assert_eq(stack.stop, RS_STOP_END, "stopped for %u in depth %u", stack.stop, stack.depth);
    unsigned found = 0;
    for (uint32_t i = 0; i < stack.depth; i++)
        if (found < seen.depth && stack.pc[i] == seen.caller[seen.depth - 1 - found].pc)
            found++;
    cr_assert_eq(found, seen.depth, "%u of %u callers", found, seen.depth);
}

static uint64_t __attribute__((ms_abi, noinline)) callback(uint64_t value)
{
    calls++;
    unwind_on_capture = on_captured;
    __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc"); /* no steps */
    unwind_capture();
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
    return value * 3 + 1;
}

static function *tried;
static uint64_t number;

static void try_it(void)
{
    tried(callback, number);
}

static bool is_callable(const char *name)
{
    return strncmp(name, "handles", 7) && strncmp(name, "interrupted_at", 14);
}

static void step_through(const char *name, uintptr_t address, void *closure)
{
    unsigned *functions = closure;
    if (!is_callable(name))
        return;
    tried = (function *)address;
    ++*functions;
    lost_below = !strcmp(name, "frame_by_rsi") || !strcmp(name, "frame_by_rdi");
    static const uint64_t numbers[] = {0, 1, 2, 3, 5, 64};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        unsigned before = seen.instructions;
        number = numbers[i];
        seen.depth = 0;
        unwind_single_steps(try_it);
        cr_assert_gt(seen.instructions, before, "%s was not stepped through", name);
        cr_assert_eq(seen.depth, 0, "%s did not return", name);
    }
}

static void load(const char *path)
{
    module = pe_image(path);
    unwind_list_module(&module);
    modules = unwind_modules();
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
}

static unsigned step_through_all(void)
{
    unsigned functions = 0;
    pe_image_exports(&module, step_through, &functions);
    fprintf(stderr, "%u functions, %u calls, %u instructions, %u rows\n", functions, calls,
            seen.instructions, seen.rows);
    return functions;
}

Test(pdata, every_instruction_of_functions_by_hand)
{
    load(MODULE("pdata_functions.dll"));
    find_untold();
    cr_assert_eq(step_through_all(), 21);
    cr_assert_gt(seen.interrupted, 0);
}

Test(pdata, every_instruction_of_compiled_functions)
{
    helpers = true;
    static const char *const files[] = {MODULE("pdata_gcc_O0.dll"), MODULE("pdata_gcc_O2.dll"),
                                        MODULE("pdata_gcc_Os.dll"), MODULE("pdata_clang_O0.dll"),
                                        MODULE("pdata_clang_O2.dll")};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        load(files[i]);
        cr_assert_eq(step_through_all(), 12);
    }
}
