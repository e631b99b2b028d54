/* A recognised stack is the stack: every hit against a full walk. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/recognise.h"
#include "tests/unit/unwind_harness.h"

enum { STACKS_MAX = 200000, SLOTS = 1 << 19 };

static struct rs_recogniser *recogniser;
static const struct rs_modules *modules;
static uint32_t generation;
static unsigned captures, hits, aliases, cut;

/* Stacks by identity, and identities by what the stack is. */
static struct {
    uint32_t depth, stop;
    uintptr_t *pc;
} stacks[STACKS_MAX];
static uint32_t stack_count = 1, slots[SLOTS];

static bool is(uint32_t identity, const struct rs_stack *stack)
{
    return stacks[identity].depth == stack->depth && stacks[identity].stop == stack->stop &&
           !memcmp(stacks[identity].pc, stack->pc, stack->depth * sizeof *stack->pc);
}

static uint32_t identify(const struct rs_stack *stack)
{
    uint64_t hash = stack->stop;
    for (uint32_t i = 0; i < stack->depth; i++)
        hash = (hash ^ stack->pc[i]) * 0x9e3779b97f4a7c15;
    uint32_t slot = (uint32_t)(hash >> 40) % SLOTS;
    while (slots[slot] && !is(slots[slot], stack))
        slot = (slot + 1) % SLOTS;
    if (!slots[slot]) {
        cr_assert_lt(stack_count, (uint32_t)STACKS_MAX);
        size_t size = stack->depth * sizeof *stack->pc;
        stacks[stack_count].depth = stack->depth;
        stacks[stack_count].stop = stack->stop;
        stacks[stack_count].pc = malloc(size);
        memcpy(stacks[stack_count].pc, stack->pc, size);
        slots[slot] = stack_count++;
    }
    return slots[slot];
}

/* A frame of the same pc and sp was there before, with another stack above: what a cache that looks
 * at less than every word would get wrong. */
static void count_alias(const struct rs_regs *regs, uint32_t identity)
{
    static struct {
        uintptr_t pc, sp;
        uint32_t identity;
    } before[65536];
    unsigned slot = (unsigned)((regs->sp >> 4) ^ (regs->pc * 31)) % 65536;
    if (before[slot].pc == regs->pc && before[slot].sp == regs->sp)
        aliases += before[slot].identity != identity;
    before[slot].pc = regs->pc;
    before[slot].sp = regs->sp;
    before[slot].identity = identity;
}

static uint32_t known_as(const struct rs_regs *regs, uint32_t its_generation)
{
    const struct rs_known *known = rs_recognise(recogniser, its_generation, regs);
    return known ? known->stack : 0;
}

/* As the shim does it, but for the walk that follows a hit. */
static void recognise(const struct rs_regs *all)
{
    static struct rs_stack stack;
    static struct rs_reads reads;
    struct rs_regs regs = {.pc = all->pc, .sp = all->sp, .bp = all->bp};
    captures++;
    uint32_t identity = known_as(&regs, generation);
    rs_unwind(modules, unwind_rules(), &regs, unwind_bounds(), &stack, &reads);
    uint32_t truth = identify(&stack);
    count_alias(&regs, truth);
    cut += stack.stop == RS_STOP_DEPTH;
    if (identity) {
        hits++;
        cr_assert_eq(identity, truth, "capture %u was taken for another stack", captures);
    } else if (!stack.uncacheable) {
        rs_recognise_learn(recogniser, generation, &regs, &reads, truth);
    }
}

static void begin(void)
{
    modules = unwind_modules();
    generation = modules->generation;
    recogniser = calloc(1, RS_RECOGNISER_BYTES);
    unwind_on_capture = recognise;
}

TestSuite(recognise, .init = begin);

static void plain(void)
{
    unwind_plain(unwind_capture);
}

static void drap(void)
{
    unwind_drap(unwind_capture, 100);
}

/* From one and the same place, whatever the compiler makes of loops. */
static void repeat(unsigned times, void (*what)(void))
{
    for (volatile unsigned i = 0; i < times; i++)
        what();
}

Test(recognise, the_same_stack_is_known_the_second_time)
{
    repeat(10, drap);
    cr_assert_eq(captures, 10u);
    cr_assert_eq(hits, 9u);
}

Test(recognise, a_hundred_thousand_random_towers)
{
    uint64_t seed = 0x7e51d0e;
    while (captures < 100000) {
        uint64_t again = seed;
        unsigned depth = (unsigned)(unwind_random(&seed) % 7);
        if (unwind_random(&seed) % 64 == 0)
            depth = 60 + (unsigned)(unwind_random(&seed) % 30);
        again = seed % 997 + 1; /* few enough towers for some to come back */
        unwind_random_tower(&again, depth, unwind_capture);
    }
    cr_assert_gt(hits, captures / 4, "%u of %u were recognised", hits, captures);
    cr_assert_gt(aliases, captures / 100, "the towers hardly ever overlaid one another: %u",
                 aliases);
    cr_assert_gt(cut, 0u);
}

Test(recognise, another_generation_knows_nothing)
{
    for (volatile unsigned i = 0; i < 2; i++) {
        repeat(5, plain);
        cr_assert_eq(hits, 4 * (i + 1));
        generation = unwind_modules()->generation;
    }
}

Test(recognise, forgetting)
{
    for (volatile unsigned i = 0; i < 2; i++) {
        repeat(5, plain);
        cr_assert_eq(hits, 4 * (i + 1));
        rs_recognise_forget(recogniser);
    }
}

Test(recognise, what_needs_an_unknown_register_is_not_learnt)
{
    for (unsigned i = 0; i < 5; i++)
        unwind_cfa_by_rbx(unwind_capture);
    cr_assert_eq(captures, 5u);
    cr_assert_eq(hits, 0u);
}

/* The frame pointer at the start is part of the key where the walk used it. */
Test(recognise, the_start_s_frame_pointer_matters)
{
    static struct rs_reads reads = {.count = 0, .uses_bp = 1};
    uintptr_t word = 5;
    struct rs_regs regs = {.pc = 1, .sp = (uintptr_t)&word, .bp = 3};
    rs_recognise_learn(recogniser, 1, &regs, &reads, 7);
    cr_assert_eq(known_as(&regs, 1), 7u);
    regs.bp = 4;
    cr_assert_eq(known_as(&regs, 1), 0u);
    reads.uses_bp = 0;
    rs_recognise_learn(recogniser, 1, &regs, &reads, 8);
    regs.bp = 5;
    cr_assert_eq(known_as(&regs, 1), 8u);
}

Test(recognise, every_word_matters)
{
    enum { WORDS = 37 };
    static uintptr_t words[WORDS];
    static struct rs_reads reads = {.count = WORDS};
    for (unsigned i = 0; i < WORDS; i++) {
        reads.offset[i] = (uint32_t)(sizeof *words * i);
        reads.value[i] = words[i] = 100 + i;
    }
    struct rs_regs regs = {.pc = 1, .sp = (uintptr_t)words};
    rs_recognise_learn(recogniser, 1, &regs, &reads, 7);
    for (unsigned i = 0; i < WORDS; i++) {
        words[i] ^= (uintptr_t)1 << (i + 20);
        cr_assert_eq(known_as(&regs, 1), 0u, "word %u was not looked at", i);
        words[i] = 100 + i;
        cr_assert_eq(known_as(&regs, 1), 7u);
    }
}

/* A wrapper's frame is at one place for all its callers: each of them is kept. */
Test(recognise, many_callers_of_one_wrapper)
{
    enum { CALLERS = 100 };
    static uintptr_t words[4];
    static struct rs_reads reads = {
        .count = 2, .lead = 2 * sizeof *words, .offset = {sizeof *words, 2 * sizeof *words}};
    struct rs_regs regs = {.pc = 1, .sp = (uintptr_t)words};
    unsigned known = 0;
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = 1; i <= CALLERS; i++) {
            words[1] = reads.value[0] = 0x400000 + 16 * i;
            uint32_t identity = known_as(&regs, 1);
            cr_assert(!identity || (pass && identity == i));
            known += identity != 0;
            rs_recognise_learn(recogniser, 1, &regs, &reads, i);
        }
    cr_assert_gt(known, CALLERS * 9u / 10);
}

/* The same for the hot path, with so many wrappers that the stacks behind a fork share its own set
 * now and then. */
Test(recognise, sites_behind_a_wrapper)
{
    enum { WRAPPERS = 4 * RS_KNOWN_SETS, PATH = 3 };
    static uintptr_t words[4];
    static struct rs_reads reads = {
        .count = 2, .lead = 2 * sizeof *words, .offset = {sizeof *words, 2 * sizeof *words}};
    for (uint32_t wrapper = 1; wrapper <= WRAPPERS; wrapper++) {
        struct rs_regs regs = {.pc = 16 * wrapper, .sp = (uintptr_t)words};
        for (unsigned pass = 0; pass < 2; pass++)
            for (uint32_t caller = 1; caller <= 3; caller++) {
                words[1] = reads.value[0] = 0x400000 + 16 * caller;
                uint32_t site = rs_recognise_site(recogniser, 1, PATH, regs.pc, regs.sp, 0);
                cr_assert(!site || (pass && site == caller), "wrapper %u", wrapper);
                cr_assert_eq(rs_recognise_site(recogniser, 2, PATH, regs.pc, regs.sp, 0), 0u);
                cr_assert_eq(rs_recognise_site(recogniser, 1, PATH + 1, regs.pc, regs.sp, 0), 0u);
                if (!site)
                    rs_known_note(rs_recognise_learn(recogniser, 1, &regs, &reads, caller), PATH,
                                  caller);
                cr_assert_eq(rs_recognise_site(recogniser, 1, PATH, regs.pc, regs.sp, 0), caller);
            }
    }
}

/* The words of one place do not speak for another. */
Test(recognise, the_place_matters)
{
    static uintptr_t words[2 * RS_KNOWN_SETS];
    static struct rs_reads reads = {.count = 1, .offset = {0}, .value = {0}};
    struct rs_regs regs = {.pc = 1, .sp = (uintptr_t)words};
    rs_recognise_learn(recogniser, 1, &regs, &reads, 7);
    for (unsigned i = 1; i < 2 * RS_KNOWN_SETS; i++) {
        regs.sp = (uintptr_t)&words[i];
        cr_assert_eq(known_as(&regs, 1), 0u);
    }
    regs.sp = (uintptr_t)words;
    for (regs.pc = 2; regs.pc < 2 * RS_KNOWN_SETS; regs.pc++)
        cr_assert_eq(known_as(&regs, 1), 0u);
}

/* Far more stacks than fit: the oldest words are written over and their stacks are forgotten. */
Test(recognise, more_stacks_than_fit)
{
    enum { MANY = 20 * RS_KNOWN_SETS };
    static uintptr_t words[64];
    static struct rs_reads reads = {.count = 8};
    for (unsigned i = 0; i < 8; i++)
        reads.offset[i] = 8 * i;
    unsigned known = 0;
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = 1; i <= MANY; i++) {
            struct rs_regs regs = {.pc = i, .sp = (uintptr_t)words};
            words[7] = reads.value[7] = i;
            uint32_t identity = known_as(&regs, 1);
            cr_assert(!identity || identity == i);
            known += identity != 0;
            rs_recognise_learn(recogniser, 1, &regs, &reads, i);
            cr_assert_eq(known_as(&regs, 1), i);
        }
    cr_assert_lt(known, (unsigned)MANY);
}
