/*
 * 32-bit x86: thunks hand on what callers of every convention pass, give back what comes, and take
 * the arguments off the stack or leave them as the function does; stacks are walked along the frame
 * pointers from inside of them. The shim's two functions are this program's own.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include "shim/core/frame.h"
#include "shim/core/os.h"
#include "shim/core/recognise.h"
#include "shim/core/watched.h"
/* After ours: it defines `interface`. */
#include <windows.h>

static struct {
    uintptr_t target;
    unsigned entered, left;
    uintptr_t first;
} watched[4];

static uintptr_t argument;

void rs_frame_enter(struct rs_frame *frame)
{
    frame->target = watched[frame->index].target;
    frame->words = 16;
    watched[frame->index].entered++;
    argument = rs_frame_argument(frame, 0);
}

void rs_frame_leave(struct rs_frame *frame)
{
    watched[frame->index].left++;
    watched[frame->index].first = frame->result[0];
}

/* The frame was taken down by an exception: its index is not asked for here. */
static unsigned taken_down;
static uintptr_t taken_base;

void rs_frame_left(uintptr_t base)
{
    taken_down++;
    taken_base = base;
}

static void *thunk(unsigned index, void *target)
{
    watched[index].target = (uintptr_t)target;
    return (void *)((uintptr_t)rs_thunks + index * RS_THUNK_BYTES);
}

static int failures;
#define EXPECT(what)                                                                               \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #what);                                      \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* ---- conventions ---- */

typedef long long __attribute__((cdecl)) by_cdecl(int, double, long long, char);
typedef long long __attribute__((stdcall)) by_stdcall(int, double, long long, char);
typedef long long __attribute__((fastcall)) by_fastcall(int, int, double, int);
typedef double __attribute__((thiscall)) by_thiscall(void *, int, double);
struct large {
    int word[6];
};
typedef struct large __attribute__((stdcall)) gives_large(struct large, int);

static __attribute__((cdecl, noinline)) long long cdecl_(int a, double b, long long c, char d)
{
    return a + (long long)b * 10 + c * 100 + d * 1000;
}

static __attribute__((stdcall, noinline)) long long stdcall_(int a, double b, long long c, char d)
{
    return a + (long long)b * 10 + c * 100 + d * 1000;
}

static __attribute__((fastcall, noinline)) long long fastcall_(int a, int b, double c, int d)
{
    return a + b * 10 + (long long)c * 100 + d * 1000;
}

static __attribute__((thiscall, noinline)) double thiscall_(void *this, int a, double b)
{
    return *(int *)this + a * 10 + b * 100;
}

static __attribute__((stdcall, noinline)) struct large large_(struct large what, int more)
{
    for (unsigned i = 0; i < 6; i++)
        what.word[i] += more;
    return what;
}

static uintptr_t stack_pointer(void)
{
    uintptr_t sp;
    __asm__ volatile("mov %%esp, %0" : "=r"(sp));
    return sp;
}

static void test_conventions(void)
{
    by_cdecl *volatile a = (by_cdecl *)thunk(0, (void *)cdecl_);
    by_stdcall *volatile b = (by_stdcall *)thunk(1, (void *)stdcall_);
    by_fastcall *volatile c = (by_fastcall *)thunk(2, (void *)fastcall_);
    by_thiscall *volatile d = (by_thiscall *)thunk(3, (void *)thiscall_);
    int this = 5;
    uintptr_t before = stack_pointer();
    for (int i = 0; i < 1000; i++) {
        EXPECT(a(i, 2, 1ll << 40, 4) == cdecl_(i, 2, 1ll << 40, 4));
        EXPECT(b(i, 2, 1ll << 40, 4) == stdcall_(i, 2, 1ll << 40, 4));
        EXPECT(argument == (uintptr_t)i);
        EXPECT(c(i, 2, 3, 4) == fastcall_(i, 2, 3, 4));
        EXPECT(d(&this, i, 3) == thiscall_(&this, i, 3));
    }
    EXPECT(stack_pointer() == before);
    for (unsigned i = 0; i < 4; i++)
        EXPECT(watched[i].entered == 1000 && watched[i].left == 1000);
    gives_large *volatile e = (gives_large *)thunk(0, (void *)large_);
    struct large what = {{1, 2, 3, 4, 5, 6}}, given = e(what, 10);
    EXPECT(given.word[0] == 11 && given.word[5] == 16 && what.word[5] == 6);
}

/* ---- left by longjmp ---- */

static jmp_buf target;

static __attribute__((stdcall, noinline)) void jumps(int value)
{
    longjmp(target, value);
}

static void test_longjmp(void)
{
    typedef void __attribute__((stdcall)) function(int);
    function *volatile through = (function *)thunk(0, (void *)jumps);
    volatile int jumped = 0;
    DWORD handlers = __readfsdword(0);
    for (volatile int i = 0; i < 100; i++) {
        int value = setjmp(target);
        if (!value)
            through(7);
        jumped += value == 7;
    }
    EXPECT(jumped == 100);
    EXPECT(taken_down == 100);
    EXPECT(taken_base < stack_pointer() && stack_pointer() - taken_base < 4096);
    EXPECT(__readfsdword(0) == handlers);
}

/* ---- a function that leaves a handler of its caller's behind, as prologues in a library do ----
 */

static EXCEPTION_REGISTRATION_RECORD callers;

static __attribute__((cdecl, noinline)) void leaves_handler(void)
{
    callers.Next = (void *)__readfsdword(0);
    __writefsdword(0, (DWORD)&callers);
}

static void test_handlers(void)
{
    void (*volatile through)(void) = (void (*)(void))thunk(0, (void *)leaves_handler);
    DWORD handlers = __readfsdword(0);
    through();
    EXPECT(__readfsdword(0) == (DWORD)&callers);
    EXPECT((DWORD)callers.Next == handlers);
    __writefsdword(0, handlers);
}

/* ---- stacks ---- */

static struct rs_module list[3]; /* the program is the lowest of them */
static struct rs_modules modules = {list, 0, 1};
static struct rs_recogniser *recogniser;
static uintptr_t truth[32];
static unsigned depth, wanted, stacks, recognised, wrong;

static void add_module(const char *name)
{
    const uint8_t *base = (const uint8_t *)GetModuleHandleA(name);
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)base;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + dos->e_lfanew);
    list[modules.count++] =
        (struct rs_module){.start = (uintptr_t)base,
                           .end = (uintptr_t)base + headers->OptionalHeader.SizeOfImage,
                           .base = (uintptr_t)base};
}

static struct rs_stack_bounds bounds(void)
{
    const NT_TIB *block = (const NT_TIB *)NtCurrentTeb();
    return (struct rs_stack_bounds){(uintptr_t)block->StackLimit, (uintptr_t)block->StackBase};
}

static __attribute__((noinline)) void capture(void)
{
    struct rs_stack stack;
    static struct rs_reads reads;
    uintptr_t *frame = __builtin_frame_address(0);
    struct rs_regs regs = {.pc = frame[1], .sp = (uintptr_t)(frame + 2), .bp = frame[0]};
    const struct rs_known *known = rs_recognise(recogniser, 1, &regs);
    rs_unwind(&modules, NULL, &regs, bounds(), &stack, &reads);
    stacks++;
    unsigned found = 0;
    for (uint32_t i = 0; i < stack.depth && found < depth; i++)
        found += stack.pc[i] == truth[depth - 1 - found];
    EXPECT(found == depth);
    EXPECT(stack.stop == RS_STOP_END);
    uint32_t identity = 1;
    for (uint32_t i = 0; i < stack.depth; i++)
        identity = (identity ^ (uint32_t)stack.pc[i]) * 16777619u | 1;
    if (known) {
        recognised++;
        wrong += known->stack != identity;
    } else {
        rs_recognise_learn(recogniser, 1, &regs, &reads, identity);
    }
}

static uint32_t state = 12345;

static uint32_t random(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static __attribute__((noinline)) void level(void);

static void enter(uintptr_t caller)
{
    truth[depth++] = caller;
    capture();
    if (depth < wanted)
        level();
    depth--;
}

#define CALLER() ((uintptr_t)__builtin_return_address(0))

static __attribute__((noinline)) void plain(void)
{
    enter(CALLER());
    __asm__ volatile("");
}

static __attribute__((noinline)) void variable(void)
{
    volatile char *room = __builtin_alloca(random() % 500 + 1);
    room[0] = 1;
    enter(CALLER());
    room[0] = 2;
}

static __attribute__((noinline, stdcall)) void taking(int a, int b)
{
    enter(CALLER());
    __asm__ volatile("" : : "r"(a), "r"(b));
}

typedef void __attribute__((stdcall)) taker(int, int);
static taker *volatile watched_taking;

static __attribute__((noinline)) void level(void)
{
    switch (random() % 4) {
    case 0:
        plain();
        break;
    case 1:
        variable();
        break;
    case 2:
        taking(1, 2);
        break;
    default:
        watched_taking(1, 2); /* the thunk's own frame is one more, and no function's caller */
        break;
    }
    __asm__ volatile("");
}

static void test_stacks(void)
{
    add_module(NULL);
    add_module("kernel32.dll");
    add_module("ntdll.dll");
    recogniser = VirtualAlloc(NULL, RS_RECOGNISER_BYTES, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    watched_taking = (taker *)thunk(1, (void *)taking);
    while (stacks < 100000) {
        uint32_t before = state;
        wanted = 1 + random() % 30;
        for (unsigned again = 0; again < 2; again++) {
            state = before;
            depth = 0;
            level();
        }
    }
    EXPECT(!wrong && recognised > 1000);
}

int main(void)
{
    test_conventions();
    test_longjmp();
    test_handlers();
    test_stacks();
    printf("%u stacks, %u recognised, %u of them wrong; %d failures\n", stacks, recognised, wrong,
           failures);
    return failures != 0;
}
