/*
 * How often a leak is found and a cache is called one: 1,000 seeded runs of each pattern. The
 * figures are printed (--verbose) and asserted.
 */
#include "tests/unit/verdict_patterns.h"
#include <criterion/criterion.h>
#include <criterion/logging.h>

enum { RUNS = 1000 };

static struct simulated run;

struct tally {
    int kinds[VERDICT_KINDS];
    int covered, things_covered; /* leaks whose interval holds the truth */
    int exact;
    int perhaps; /* no leak, but perhaps one */
    int rated;   /* with an observed rate above zero */
};

static struct tally measure(const struct pattern *pattern, uint32_t calls, uint64_t seed)
{
    struct tally tally = {0};
    struct seeded_random random = seeded(seed);
    double truth = pattern_truth(pattern);
    double things = pattern_truth(&(struct pattern){
        .kind = pattern->kind, .capacity = pattern->capacity, .share = pattern->share, .size = 1});
    for (int i = 0; i < RUNS; i++) {
        struct verdict verdict;
        simulate(&run, pattern, calls, &random);
        verdict_of_site(&run.evidence, &verdict);
        tally.kinds[verdict.kind]++;
        tally.exact += verdict.exact;
        tally.perhaps += verdict.perhaps_leak;
        tally.rated += verdict.per_call > 0 && verdict.bytes_per_call > 0;
        if (verdict.kind != VERDICT_LEAK)
            continue;
        tally.covered += verdict.ci95[0] <= truth + 1e-9 && truth <= verdict.ci95[1] + 1e-9;
        tally.things_covered +=
            verdict.things95[0] <= things + 1e-9 && things <= verdict.things95[1] + 1e-9;
    }
    const int *k = tally.kinds;
    cr_log_info("%-32s %5u calls: leak %4d, growing %4d, warming %4d, in flight %4d, one-off %4d, "
                "bounded %4d, clean %4d, too few %4d; covered %.1f%%",
                pattern->name, calls, k[VERDICT_LEAK], k[VERDICT_GROWING], k[VERDICT_WARMING],
                k[VERDICT_IN_FLIGHT], k[VERDICT_ONE_OFF], k[VERDICT_BOUNDED], k[VERDICT_CLEAN],
                k[VERDICT_TOO_FEW_CALLS],
                k[VERDICT_LEAK] ? 100.0 * tally.covered / k[VERDICT_LEAK] : 0.0);
    return tally;
}

/* ---- leaks ---- */

static const struct {
    struct pattern pattern;
    int found_least; /* of RUNS, at 1,000 calls */
    bool exact;
} leaks[] = {
    {{.name = "leak every call", .kind = LEAK_SHARE, .share = 1, .size = 48}, 1000, true},
    {{.name = "leak in 10%", .kind = LEAK_SHARE, .share = 0.1, .size = 48}, 980, false},
    {{.name = "leak in 2%", .kind = LEAK_SHARE, .share = 0.02, .size = 48}, 700, false},
    {{.name = "leak in 50%", .kind = LEAK_SHARE, .share = 0.5, .size = 48}, 980, false},
    {{.name = "leak in 99%", .kind = LEAK_SHARE, .share = 0.99, .size = 48}, 980, false},
    {{.name = "every call, random size", .kind = LEAK_SHARE, .share = 1}, 1000, false},
    {{.name = "in 10%, random size", .kind = LEAK_SHARE, .share = 0.1}, 980, false},
    {{.name = "in 2%, random size", .kind = LEAK_SHARE, .share = 0.02}, 700, false},
    {{.name = "every 2nd call", .kind = LEAK_REGULAR, .capacity = 2, .size = 48}, 1000, false},
    {{.name = "every 10th call", .kind = LEAK_REGULAR, .capacity = 10, .size = 48}, 1000, false},
    {{.name = "every call, freed by a teardown",
      .kind = LEAK_SHARE,
      .share = 1,
      .size = 48,
      .teardown = 1},
     1000,
     true},
    {{.name = "in 10%, freed by a teardown",
      .kind = LEAK_SHARE,
      .share = 0.1,
      .size = 48,
      .teardown = 1},
     970,
     false},
};

Test(simulation, leaks_are_found_and_their_intervals_hold_the_truth)
{
    for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) {
        const struct pattern *pattern = &leaks[i].pattern;
        struct tally tally = measure(pattern, 1000, i + 1);
        int found = tally.kinds[VERDICT_LEAK];
        cr_expect_geq(found, leaks[i].found_least, "%s: %d found", pattern->name, found);
        cr_expect_geq(tally.covered * 100, found * 93, "%s: bytes covered %d of %d", pattern->name,
                      tally.covered, found);
        cr_expect_geq(tally.things_covered * 100, found * 93, "%s: things covered %d of %d",
                      pattern->name, tally.things_covered, found);
        cr_expect_eq(tally.exact, leaks[i].exact ? RUNS : 0, "%s: %d exact", pattern->name,
                     tally.exact);
    }
}

/* What is in flight hides no leak of the same site. The interval counts what the window saw. */
Test(simulation, a_leak_among_resources_in_flight)
{
    struct pattern both = {.name = "in 10%, others freed later",
                           .kind = LEAK_SHARE,
                           .share = 0.1,
                           .size = 48,
                           .delayed = 0.3};
    struct tally tally = measure(&both, 1000, 50);
    cr_expect_geq(tally.kinds[VERDICT_LEAK], 980);
    cr_expect_geq(tally.covered * 100, tally.kinds[VERDICT_LEAK] * 93);
}

/* What a gate that knows there was nothing before goes by: no leak escapes it. */
Test(simulation, a_leak_that_is_missed_by_chance_is_perhaps_one)
{
    for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++) {
        const struct pattern *pattern = &leaks[i].pattern;
        if (pattern->share < 0.1 || pattern->teardown)
            continue;
        struct tally tally = measure(pattern, 2000, 20 + i);
        cr_expect_eq(tally.kinds[VERDICT_LEAK] + tally.perhaps, RUNS, "%s: %d and %d",
                     pattern->name, tally.kinds[VERDICT_LEAK], tally.perhaps);
    }
}

/* ---- what is no leak ---- */

#define LRU(entries, of_keys, by_zipf)                                                             \
    {                                                                                              \
        .name = "LRU " #entries ", keys " #of_keys ", zipf " #by_zipf, .kind = CACHE_LRU,          \
        .capacity = entries, .keys = of_keys, .zipf = by_zipf, .share = 1, .size = 64              \
    }
#define BY_KEY(of_keys, by_zipf, of_calls)                                                         \
    {                                                                                              \
        .name = "by key " #of_keys ", zipf " #by_zipf ", share " #of_calls, .kind = CACHE_BY_KEY,  \
        .keys = of_keys, .zipf = by_zipf, .share = of_calls, .size = 64                            \
    }

static const struct pattern harmless[] = {
    LRU(16, 0, false),
    LRU(64, 0, false),
    LRU(256, 0, false),
    LRU(16, 20, false),
    LRU(64, 80, false),
    LRU(256, 300, false),
    LRU(16, 64, false),
    LRU(64, 256, false),
    LRU(256, 1000, false),
    LRU(256, 10000, false),
    LRU(16, 200, true),
    LRU(64, 200, true),
    LRU(256, 1000, true),
    LRU(16, 10000, true),
    LRU(64, 10000, true),
    LRU(256, 10000, true),
    {.name = "LRU 64, freed by a teardown",
     .kind = CACHE_LRU,
     .capacity = 64,
     .keys = 256,
     .share = 1,
     .size = 64,
     .teardown = 1},
    {.name = "LRU 256, freed by a teardown",
     .kind = CACHE_LRU,
     .capacity = 256,
     .keys = 10000,
     .zipf = true,
     .share = 1,
     .size = 64,
     .teardown = 1},
    {.name = "random eviction, 64", .kind = CACHE_RANDOM, .capacity = 64, .share = 1, .size = 64},
    {.name = "random eviction, 256", .kind = CACHE_RANDOM, .capacity = 256, .share = 1, .size = 64},
    /* By key: filled over 3/10 of the run, its first half, 9/10 of it. */
    BY_KEY(50, false, 1),
    BY_KEY(90, false, 1),
    BY_KEY(170, false, 1),
    BY_KEY(300, false, 1),
    BY_KEY(500, false, 1),
    BY_KEY(100, true, 1),
    {.name = "by key 170, freed by a teardown",
     .kind = CACHE_BY_KEY,
     .keys = 170,
     .share = 1,
     .size = 64,
     .teardown = 1},
    {.name = "freed on the next call", .kind = FREED_LATER, .capacity = 1, .size = 48},
    {.name = "freed 5 calls later", .kind = FREED_LATER, .capacity = 5, .size = 48},
    {.name = "freed 50 calls later", .kind = FREED_LATER, .capacity = 50, .size = 48},
    {.name = "freed 200 calls later", .kind = FREED_LATER, .capacity = 200, .size = 48},
    {.name = "freed up to 30 later, half", .kind = LEAK_SHARE, .size = 48, .delayed = 0.5},
    {.name = "doubling vector", .kind = VECTOR, .size = 16},
    {.name = "first call only", .kind = FIRST_ONLY, .capacity = 1, .size = 48},
    {.name = "first 30 calls", .kind = FIRST_ONLY, .capacity = 30, .size = 48},
    {.name = "first 150 calls", .kind = FIRST_ONLY, .capacity = 150, .size = 48},
};

static void never_a_leak(uint32_t calls)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        struct tally tally = measure(&harmless[i], calls, 100 + i);
        cr_expect_eq(tally.kinds[VERDICT_LEAK], 0, "%s: %d called a leak at %u calls",
                     harmless[i].name, tally.kinds[VERDICT_LEAK], calls);
        cr_expect_leq(tally.perhaps, RUNS / 12, "%s: %d perhaps a leak at %u calls",
                      harmless[i].name, tally.perhaps, calls);
        if (harmless[i].kind != VECTOR)
            cr_expect_eq(tally.kinds[VERDICT_GROWING], 0, "%s grows at %u calls", harmless[i].name,
                         calls);
        else if (calls >= VERDICT_MIN_CALLS)
            cr_expect_eq(tally.kinds[VERDICT_GROWING], RUNS, "the vector grows");
    }
}

Test(simulation, no_cache_is_a_leak_at_1000_calls)
{
    never_a_leak(1000);
}

Test(simulation, no_cache_is_a_leak_at_200_calls)
{
    never_a_leak(200);
}

Test(simulation, no_cache_is_a_leak_at_100_calls)
{
    never_a_leak(100);
}

/* Between the two thresholds only what is regular counts. */
Test(simulation, no_cache_is_a_leak_at_the_least_calls)
{
    never_a_leak(VERDICT_MIN_CALLS);
}

Test(simulation, what_fills_slowly_is_hardly_ever_a_leak)
{
    static const struct pattern slow[] = {BY_KEY(50, false, 0.2), BY_KEY(1000, false, 1),
                                          BY_KEY(2000, false, 1), BY_KEY(300, false, 0.5),
                                          BY_KEY(20, false, 0.1)};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        int leaked = measure(&slow[i], 1000, 200 + i).kinds[VERDICT_LEAK];
        cr_expect_leq(leaked, RUNS / 200, "%s: %d called a leak", slow[i].name, leaked);
    }
}

/* The limit of what 1,000 calls can tell, kept in sight: keys so many that the cache has hardly
 * begun to fill. More calls tell. */
Test(simulation, what_has_hardly_begun_to_fill_needs_more_calls)
{
    static const struct pattern begun[] = {BY_KEY(5000, false, 1), BY_KEY(100, false, 0.2)};
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        int early = measure(&begun[i], 1000, 300 + i).kinds[VERDICT_LEAK];
        int late = measure(&begun[i], 2000, 400 + i).kinds[VERDICT_LEAK];
        cr_expect_leq(early, RUNS / 10, "%s: %d called a leak", begun[i].name, early);
        cr_expect_eq(late, 0, "%s: %d called a leak at 2,000 calls", begun[i].name, late);
    }
}

/* Until it is full, a cache of entries that are never asked for again keeps what each call
 * acquires: what can be seen of it is to the byte what can be seen of a leak. So nothing less than
 * more calls than it has entries can tell them apart, and VERDICT_MIN_CALLS is beyond 256. */
Test(simulation, a_cache_that_is_not_full_is_seen_as_a_leak_is)
{
    static const struct pattern cache = LRU(256, 0, false),
                                leak = {.kind = LEAK_SHARE, .share = 1, .size = 64};
    static struct simulated other;
    struct seeded_random random = seeded(700);
    static const uint32_t calls[] = {100, 200, 256};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        simulate(&run, &cache, calls[i], &random);
        simulate(&other, &leak, calls[i], &random);
        cr_assert_eq(run.evidence.point_count, other.evidence.point_count);
        cr_assert_eq(memcmp(run.points, other.points, calls[i] * sizeof *run.points), 0);
        cr_assert_eq(run.evidence.checkpoint_count, other.evidence.checkpoint_count);
    }
    cr_assert_gt(VERDICT_MIN_CALLS, 256);
}

/* What nobody can release any more is in no cache: fewer calls tell. */
Test(simulation, dead_survivors_need_fewer_calls)
{
    static const struct {
        struct pattern pattern;
        uint32_t calls;
        int found_least;
    } rows[] = {
        {{.name = "dead, every call", .kind = LEAK_SHARE, .share = 1, .size = 48, .dead = true},
         VERDICT_MIN_CALLS_DEAD,
         1000},
        {{.name = "dead, every call", .kind = LEAK_SHARE, .share = 1, .size = 48, .dead = true},
         200,
         1000},
        {{.name = "dead, every 2nd", .kind = LEAK_REGULAR, .capacity = 2, .size = 48, .dead = true},
         VERDICT_MIN_CALLS_DEAD,
         1000},
        {{.name = "dead, in 50%", .kind = LEAK_SHARE, .share = 0.5, .size = 48, .dead = true},
         VERDICT_MIN_CALLS_DEAD_IRREGULAR,
         980},
        {{.name = "dead, in 10%", .kind = LEAK_SHARE, .share = 0.1, .size = 48, .dead = true},
         VERDICT_MIN_CALLS_DEAD_IRREGULAR,
         800},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tally tally = measure(&rows[i].pattern, rows[i].calls, 800 + i);
        cr_expect_geq(tally.kinds[VERDICT_LEAK], rows[i].found_least, "%s at %u: %d",
                      rows[i].pattern.name, rows[i].calls, tally.kinds[VERDICT_LEAK]);
        cr_expect_geq(tally.covered * 100, tally.kinds[VERDICT_LEAK] * 93);
    }
    struct tally before = measure(&rows[0].pattern, VERDICT_MIN_CALLS_DEAD - 1, 810);
    cr_expect_eq(before.kinds[VERDICT_TOO_FEW_CALLS], RUNS);
}

/* ... but what happens in the first calls alone, or ever more rarely, is no leak for being lost. */
Test(simulation, dead_survivors_of_the_beginning_are_no_leak)
{
    static const struct pattern rows[] = {
        {.name = "dead, first call", .kind = FIRST_ONLY, .capacity = 1, .size = 48, .dead = true},
        {.name = "dead, first 30", .kind = FIRST_ONLY, .capacity = 30, .size = 48, .dead = true},
        {.name = "dead, first 60", .kind = FIRST_ONLY, .capacity = 60, .size = 48, .dead = true},
        {.name = "dead, for each of 20 keys",
         .kind = CACHE_BY_KEY,
         .keys = 20,
         .share = 1,
         .size = 48,
         .dead = true},
        {.name = "dead, for each of 50 keys",
         .kind = CACHE_BY_KEY,
         .keys = 50,
         .share = 1,
         .size = 48,
         .dead = true},
    };
    static const uint32_t calls[] = {VERDICT_MIN_CALLS_DEAD, 200, VERDICT_MIN_CALLS_DEAD_IRREGULAR};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++)
            cr_expect_eq(measure(&rows[i], calls[j], 900 + 10 * i + j).kinds[VERDICT_LEAK], 0,
                         "%s at %u calls", rows[i].name, calls[j]);
}

Test(simulation, fifty_calls_are_too_few_but_have_a_rate)
{
    static const struct pattern full[] = {LRU(16, 0, false), LRU(256, 0, false),
                                          BY_KEY(170, false, 1), BY_KEY(1000, true, 1)};
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        struct tally tally = measure(&full[i], 50, 500 + i);
        cr_expect_eq(tally.kinds[VERDICT_TOO_FEW_CALLS], RUNS, "%s", full[i].name);
        cr_expect_eq(tally.rated, RUNS, "%s: a rate is given", full[i].name);
    }
}

/* The two thresholds cost this: regular leaks are found from the first on, others from the second.
 */
Test(simulation, leaks_before_the_thresholds_are_too_few_calls)
{
    static const struct pattern
        every = {.name = "leak every call", .kind = LEAK_SHARE, .share = 1, .size = 48},
        some = {.name = "leak in half", .kind = LEAK_SHARE, .share = 0.5, .size = 48};
    cr_expect_eq(measure(&every, VERDICT_MIN_CALLS - 1, 600).kinds[VERDICT_TOO_FEW_CALLS], RUNS);
    cr_expect_eq(measure(&every, VERDICT_MIN_CALLS, 601).kinds[VERDICT_LEAK], RUNS);
    cr_expect_geq(measure(&some, VERDICT_MIN_CALLS_IRREGULAR - 1, 602).kinds[VERDICT_TOO_FEW_CALLS],
                  980);
}
