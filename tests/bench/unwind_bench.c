/*
 * What a stack costs, in nanoseconds: unwound for the first time, unwound with all rules known, and
 * recognised. Links shim/core's unwinder, tests/unit/unwind_loaded.c and
 * tests/unit/unwind_frames.S.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "shim/core/recognise.h"
#include "tests/unit/unwind_frames.h"
#include "tests/unit/unwind_loaded.h"

enum { ROUNDS = 9 };

static struct rs_recogniser recogniser;
static struct rs_modules modules;
static struct rs_regs regs;
static struct rs_stack stack;
static struct rs_reads reads;

static void walk(void)
{
    rs_unwind(&modules, unwind_rules(), &regs, unwind_bounds(), &stack, &reads);
}

static void walk_for_the_first_time(void)
{
    modules.generation++; /* no rule of before holds */
    walk();
}

static void recognise(void)
{
    __asm__ volatile("" : : : "memory");
    if (!rs_recognise(&recogniser, modules.generation, &regs)) {
        fputs("the stack was not recognised\n", stderr);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The best of some rounds: what it costs when nobody disturbs. */
static double nanoseconds(void (*what)(void), unsigned times)
{
    double best = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now();
        for (unsigned i = 0; i < times; i++)
            what();
        double each = (now() - start) / times;
        best = round == 0 || each < best ? each : best;
    }
    return best;
}

void unwind_captured(const struct rs_regs *start)
{
    regs = *start;
    double first = nanoseconds(walk_for_the_first_time, 2000);
    double warm = nanoseconds(walk, 20000);
    walk();
    rs_recognise_learn(&recogniser, modules.generation, &regs, &reads, 1);
    double hit = nanoseconds(recognise, 1000000);
    printf("depth %3u, %3u words read: first walk %7.1f ns, with known rules %6.1f ns, recognised "
           "%5.1f ns\n",
           stack.depth, reads.count, first, warm, hit);
}

/* Each floor is a function of its own, so that each frame has a pc of its own. */
typedef void floor_function(unsigned);
static floor_function *const floors[32];

#define FLOOR(n)                                                                                   \
    __attribute__((noinline)) static void floor_##n(unsigned left)                                 \
    {                                                                                              \
        if (left)                                                                                  \
            floors[left - 1](left - 1);                                                            \
        else                                                                                       \
            unwind_capture();                                                                      \
        __asm__ volatile("# " #n : : "r"(left) : "memory");                                        \
    }
#define FLOORS(each)                                                                               \
    each(0) each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10)       \
        each(11) each(12) each(13) each(14) each(15) each(16) each(17) each(18) each(19) each(20)  \
            each(21) each(22) each(23) each(24) each(25) each(26) each(27) each(28) each(29)       \
                each(30) each(31)
FLOORS(FLOOR)
#define NAME(n) floor_##n,
static floor_function *const floors[32] = {FLOORS(NAME)};

int main(void)
{
    static const unsigned depths[] = {12, 31};
    enum { OUTER = 5 }; /* _start, two of libc, main and the innermost floor */
    modules = *unwind_modules();
    for (unsigned i = 0; i < sizeof depths / sizeof *depths; i++)
        floors[depths[i] - OUTER](depths[i] - OUTER);
    return 0;
}
