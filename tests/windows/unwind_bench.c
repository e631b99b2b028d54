/* Not a test: prints what stacks cost on Windows, in nanoseconds. */
#include <stdio.h>
#include "shim/core/recognise.h"
#include "tests/windows/unwind_loaded.h"

static struct rs_modules modules;
static struct rs_recogniser *recogniser;
static struct rs_regs regs;
static struct rs_stack_bounds bounds;
static struct rs_stack stack;
static struct rs_reads reads;

static void walk(void)
{
    rs_unwind(&modules, unwind_rules(), &regs, bounds, &stack, &reads);
}

static void walk_for_the_first_time(void)
{
    modules.generation++;
    walk();
}

static void recognise(void)
{
    if (!rs_recognise(recogniser, modules.generation, &regs))
        printf("not recognised\n");
}

static void by_system(void)
{
    void *frames[62];
    RtlCaptureStackBackTrace(0, 62, frames, NULL);
}

static double nanoseconds(void (*what)(void), unsigned times)
{
    LARGE_INTEGER from, to, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&from);
    for (unsigned i = 0; i < times; i++)
        what();
    QueryPerformanceCounter(&to);
    return (double)(to.QuadPart - from.QuadPart) * 1e9 / (double)frequency.QuadPart / times;
}

static __attribute__((noinline)) void measure(void)
{
    CONTEXT context;
    RtlCaptureContext(&context);
    regs = (struct rs_regs){.pc = context.Rip, .sp = context.Rsp, .bp = context.Rbp};
    double system = nanoseconds(by_system, 2000);
    double first = nanoseconds(walk_for_the_first_time, 2000);
    double warm = nanoseconds(walk, 20000);
    rs_recognise_learn(recogniser, modules.generation, &regs, &reads, 1);
    double hit = nanoseconds(recognise, 1000000);
    printf("depth %3u, %3u words read: first walk %7.1f ns, with known rules %6.1f ns, recognised "
           "%5.1f ns, RtlCaptureStackBackTrace %7.1f ns\n",
           stack.depth, reads.count, first, warm, hit, system);
}

static __attribute__((noinline)) void deeper(unsigned depth)
{
    if (depth)
        deeper(depth - 1);
    else
        measure();
    __asm__ volatile(""); /* no tail call */
}

int main(void)
{
    modules = *unwind_modules();
    bounds = unwind_bounds();
    recogniser = VirtualAlloc(NULL, RS_RECOGNISER_BYTES, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    static const unsigned depths[] = {2, 10, 20, 50};
    for (unsigned i = 0; i < sizeof depths / sizeof *depths; i++)
        deeper(depths[i]);
    return 0;
}
