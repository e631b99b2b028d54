/*
 * Whole stacks against RtlVirtualUnwind: random towers of frames of every kind, ours by compilers
 * and by hand, and the system's own (sorting, searching, initialising once, enumerating, threads,
 * exception handlers), captured again and again. The three must agree: the system, our walk, and
 * the recogniser when it knows the stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/recognise.h"
#include "tests/windows/unwind_loaded.h"

enum { CAPTURES = 120000, DEEPEST = 24 };

typedef unsigned long long number;
typedef number callback(number);

static uint64_t state = 0x2545f4914f6cdd1du;

static uint64_t random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* ---- one capture ---- */

static const struct rs_modules *modules;
static struct rs_recogniser *recogniser;

static struct {
    unsigned captures, differ, frames, recognised, wrong, other_registers, unfinished, interrupted;
} seen;

static void by_system(CONTEXT context, struct rs_stack *stack)
{
    stack->depth = 0;
    do
        stack->pc[stack->depth++] = context.Rip;
    while (stack->depth < RS_STACK_MAX && unwind_by_system(&context));
}

static bool same(const struct rs_stack *a, const struct rs_stack *b)
{
    if (a->depth != b->depth)
        return false;
    for (uint32_t i = 0; i < a->depth; i++) {
        bool interrupted = a->pc[i] == b->pc[i] + 1; /* see rs_unwind */
        seen.interrupted += interrupted;
        if (a->pc[i] != b->pc[i] && !interrupted)
            return false;
    }
    return true;
}

static void print(const char *whose, const struct rs_stack *stack)
{
    printf("%s, stop %u:", whose, stack->stop);
    for (uint32_t i = 0; i < stack->depth; i++) {
        const struct rs_module *module = rs_modules_find(modules, stack->pc[i]);
        printf(" %s+%llx", unwind_module_name(stack->pc[i]),
               (unsigned long long)(stack->pc[i] - (module ? module->base : 0)));
    }
    printf("\n");
}

static uint32_t identity_of(const struct rs_stack *stack)
{
    uint64_t hash = 14695981039346656037u;
    for (uint32_t i = 0; i < stack->depth; i++)
        hash = (hash ^ stack->pc[i]) * 1099511628211u;
    return (uint32_t)(hash >> 32) | 1;
}

static void recognise(const struct rs_regs *regs, uint32_t identity, const struct rs_reads *reads)
{
    const struct rs_known *known = rs_recognise(recogniser, modules->generation, regs);
    if (known) {
        seen.recognised++;
        seen.wrong += known->stack != identity;
    } else {
        rs_recognise_learn(recogniser, modules->generation, regs, reads, identity);
    }
}

static void compare(const CONTEXT *context)
{
    static struct rs_stack theirs, ours, half;
    static struct rs_reads reads;
    struct rs_kept kept;
    struct rs_regs all = unwind_regs(context, &kept);
    struct rs_regs regs = {.pc = all.pc, .sp = all.sp, .bp = all.bp};
    struct rs_stack_bounds bounds = unwind_bounds();
    by_system(*context, &theirs);
    rs_unwind(modules, unwind_rules(), &all, bounds, &ours, NULL);
    rs_unwind(modules, unwind_rules(), &regs, bounds, &half, &reads);
    seen.captures++;
    seen.frames += ours.depth;
    seen.unfinished += ours.stop != RS_STOP_END;
    bool differ = !same(&ours, &theirs);
    if (half.uncacheable)
        seen.other_registers++;
    else
        differ |= !same(&half, &ours);
    seen.differ += differ;
    if (differ && seen.differ < 10) {
        print("the system's", &theirs);
        print("ours", &ours);
        print("by fewer registers", &half);
    }
    recognise(&regs, identity_of(&theirs), &reads);
}

static __attribute__((noinline)) void capture(void)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    for (uint64_t skipped = random() % 4; skipped; skipped--) /* begins in frames of all kinds */
        unwind_by_system(&context);
    compare(&context);
}

/* ---- frames ---- */

typedef number function(callback *, number);

extern function plain, many_registers, large_frame, variable_frame, variable_arrays, realigned,
    recursive, vector_registers, many_arguments, jumps_on, switches, leaves_early;
extern function saved_by_push, saved_by_mov, frame_by_rbp, frame_by_rbx, frame_by_rsi, frame_by_rdi,
    frame_by_r13, pushed_behind_the_frame, another_way_to_return, calls_a_leaf, chained,
    interrupts_itself;

static callback *next;

static int by_order(const void *a, const void *b)
{
    if (*(const int *)a == 1 && *(const int *)b == 2)
        next(3);
    return *(const int *)a - *(const int *)b;
}

static number sorts(callback *call, number n)
{
    int items[] = {2, 1};
    next = call;
    qsort(items, 2, sizeof *items, by_order);
    return n;
}

static number searches(callback *call, number n)
{
    int key = 1, items[] = {2};
    next = call;
    return bsearch(&key, items, 1, sizeof *items, by_order) ? n : 0;
}

static BOOL CALLBACK on_once(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once, (void)context;
    ((callback *)(uintptr_t)parameter)(1);
    return TRUE;
}

static number initialises(callback *call, number n)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    InitOnceExecuteOnce(&once, on_once, (void *)(uintptr_t)call, NULL);
    return n;
}

static BOOL CALLBACK on_module(HMODULE module, LPSTR type, LONG_PTR parameter)
{
    (void)module, (void)type;
    ((callback *)parameter)(1);
    return FALSE;
}

static number enumerates(callback *call, number n)
{
    EnumResourceTypesA(GetModuleHandleA("shell32.dll"), on_module, (LONG_PTR)call);
    return n;
}

static callback *handles;

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    callback *call = handles;
    if (!call)
        return EXCEPTION_CONTINUE_SEARCH;
    handles = NULL;
    call(4);
    if (pointers->ExceptionRecord->ExceptionCode == STATUS_ILLEGAL_INSTRUCTION)
        pointers->ContextRecord->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static number raises(callback *call, number n)
{
    handles = call;
    RaiseException(0xe0000001, 0, 0, NULL);
    return n;
}

static __attribute__((noinline)) number interrupted(callback *call, number n)
{
    handles = call;
    __asm__ volatile("ud2");
    return n;
}

static function *const functions[] = {
    plain,
    many_registers,
    large_frame,
    variable_frame,
    variable_arrays,
    realigned,
    recursive,
    many_arguments,
    jumps_on,
    switches,
    leaves_early,
    vector_registers,
    saved_by_push,
    saved_by_mov,
    frame_by_rbp,
    frame_by_rbx,
    frame_by_rsi,
    frame_by_rdi,
    frame_by_r13,
    pushed_behind_the_frame,
    another_way_to_return,
    calls_a_leaf,
    chained,
    sorts,
    searches,
    initialises,
    enumerates,
    raises,
    interrupted,
    interrupts_itself,
};

/* ---- towers ---- */

static unsigned depth, wanted;

static number higher(number n)
{
    capture();
    if (depth >= wanted) {
        wanted = 0; /* what the frames below call afterwards is not followed */
        return n;
    }
    depth++;
    functions[random() % (sizeof functions / sizeof *functions)](higher, random() % 16);
    depth--;
    return n + 1;
}

static DWORD WINAPI build_towers(LPVOID captures)
{
    while (seen.captures < *(const unsigned *)captures) {
        depth = 0;
        wanted = 1 + (unsigned)(random() % DEEPEST);
        uint64_t before = state;
        for (unsigned again = 0; again < 3; again++) { /* the same tower is to be recognised */
            state = before;
            depth = 0;
            unsigned tower = wanted;
            higher(1);
            wanted = tower;
        }
    }
    return 0;
}

int main(void)
{
    LoadLibraryA("shell32.dll");
    modules = unwind_modules();
    recogniser = VirtualAlloc(NULL, RS_RECOGNISER_BYTES, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    AddVectoredExceptionHandler(1, on_exception);
    unsigned half = CAPTURES / 2, all = CAPTURES;
    build_towers(&half);
    rs_recognise_forget(recogniser); /* it is a thread's own */
    HANDLE thread = CreateThread(NULL, 8 << 20, build_towers, &all, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    printf("%u captures of %u frames, %u of them interrupted, %u differ; %u recognised, %u of them "
           "wrong; %u need more registers, %u have no end\n",
           seen.captures, seen.frames, seen.interrupted, seen.differ, seen.recognised, seen.wrong,
           seen.other_registers, seen.unfinished);
    return seen.differ || seen.wrong || seen.unfinished || seen.recognised < CAPTURES / 4 ||
           !seen.interrupted || !seen.other_registers;
}
