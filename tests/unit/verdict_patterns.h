/*
 * Patterns of calls that leave something behind, simulated as the shim would see them: survivors by
 * ordinal, checkpoints at call counts growing by half, with summaries of 64 buckets.
 */
#ifndef TESTS_UNIT_VERDICT_PATTERNS_H
#define TESTS_UNIT_VERDICT_PATTERNS_H

#include "analyzer/verdict.h"
#include "tests/unit/seeded_random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATTERN_CALLS_MOST = 2000,
    PATTERN_LIVE_MOST = 4 * PATTERN_CALLS_MOST,
    PATTERN_KEYS_MOST = 20000,
};

enum pattern_kind {
    LEAK_SHARE,   /* `share` of calls, blocks of `size`; 0 = random sizes */
    LEAK_REGULAR, /* every `capacity`-th call */
    CACHE_LRU,    /* of `capacity` entries, `keys` keys (0: each call a new one), zipf or not */
    CACHE_RANDOM, /* a random entry makes room */
    CACHE_BY_KEY, /* an entry for each of `keys` keys, never evicted; used by `share` of calls */
    FREED_LATER,  /* after `capacity` calls */
    VECTOR,       /* one block that doubles */
    FIRST_ONLY,   /* the first `capacity` calls */
};

struct pattern {
    const char *name;
    enum pattern_kind kind;
    uint32_t capacity, keys;
    bool zipf;
    double share;
    uint64_t size;
    double delayed;    /* share of calls whose resource is freed up to 30 calls later, on top */
    uint32_t teardown; /* 1: everything is freed by a teardown after the last call */
    bool dead;         /* nobody can release what is left */
};

/* A run, with its evidence. About 1 MB: make it static. */
struct simulated {
    struct live {
        uint32_t ordinal;
        uint32_t key;
        uint32_t used;
        uint32_t freed_at; /* call that frees it; 0 = none */
        uint64_t bytes;
    } live[PATTERN_LIVE_MOST];
    size_t live_count;
    uint32_t entry_of[PATTERN_KEYS_MOST]; /* index in live + 1 */
    double weight[PATTERN_KEYS_MOST];     /* cumulative, for zipf */
    uint32_t weights;
    struct verdict_point points[PATTERN_LIVE_MOST];
    struct verdict_checkpoint checkpoints[32];
    uint32_t bucket_survivors[32][64];
    uint64_t bucket_bytes[32][64];
    struct verdict_evidence evidence;
};

static void drop(struct simulated *run, size_t at)
{
    if (run->live[at].key != UINT32_MAX)
        run->entry_of[run->live[at].key] = 0;
    run->live[at] = run->live[--run->live_count];
    if (at < run->live_count && run->live[at].key != UINT32_MAX)
        run->entry_of[run->live[at].key] = (uint32_t)at + 1;
}

static struct live *keep(struct simulated *run, uint32_t ordinal, uint64_t bytes)
{
    struct live *live = &run->live[run->live_count++];
    *live = (struct live){.ordinal = ordinal, .key = UINT32_MAX, .used = ordinal, .bytes = bytes};
    return live;
}

/* Sizes of requests: 16 bytes to 4 KB, small ones more often. */
static uint64_t random_size(struct seeded_random *random)
{
    return 16 + (uint64_t)(4080 * pow(seeded_unit(random), 3));
}

static uint32_t draw_key(struct simulated *run, const struct pattern *pattern,
                         struct seeded_random *random)
{
    if (!pattern->zipf)
        return seeded_below(random, pattern->keys);
    if (run->weights != pattern->keys) {
        double sum = 0;
        for (uint32_t i = 0; i < pattern->keys; i++)
            run->weight[i] = sum += 1.0 / (i + 1);
        run->weights = pattern->keys;
    }
    double at = seeded_unit(random) * run->weight[pattern->keys - 1];
    uint32_t low = 0, high = pattern->keys - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (run->weight[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_room(struct simulated *run, const struct pattern *pattern,
                      struct seeded_random *random)
{
    if (run->live_count < pattern->capacity)
        return;
    size_t oldest = 0;
    for (size_t i = 1; i < run->live_count; i++)
        if (run->live[i].used < run->live[oldest].used)
            oldest = i;
    drop(run,
         pattern->kind == CACHE_RANDOM ? seeded_below(random, (uint32_t)run->live_count) : oldest);
}

static void use_cache(struct simulated *run, const struct pattern *pattern, uint32_t ordinal,
                      struct seeded_random *random)
{
    if (seeded_unit(random) >= pattern->share)
        return;
    uint32_t key = pattern->keys ? draw_key(run, pattern, random) : UINT32_MAX;
    if (pattern->keys && run->entry_of[key]) {
        run->live[run->entry_of[key] - 1].used = ordinal;
        return;
    }
    if (pattern->kind != CACHE_BY_KEY)
        make_room(run, pattern, random);
    keep(run, ordinal, pattern->size ? pattern->size : random_size(random))->key = key;
    if (pattern->keys)
        run->entry_of[key] = (uint32_t)run->live_count;
}

static void swell(struct simulated *run, uint32_t ordinal, uint64_t size)
{
    if (ordinal & (ordinal - 1)) /* full only at powers of two */
        return;
    run->live_count = 0;
    keep(run, ordinal, 2 * ordinal * size);
}

static void release_due(struct simulated *run, uint32_t ordinal)
{
    for (size_t i = run->live_count; i-- > 0;)
        if (run->live[i].freed_at && run->live[i].freed_at <= ordinal)
            drop(run, i);
}

static void one_call(struct simulated *run, const struct pattern *pattern, uint32_t ordinal,
                     struct seeded_random *random)
{
    uint64_t size = pattern->size ? pattern->size : random_size(random);
    if (pattern->kind == FREED_LATER || pattern->delayed > 0)
        release_due(run, ordinal);
    if (seeded_unit(random) < pattern->delayed)
        keep(run, ordinal, size)->freed_at = ordinal + 1 + seeded_below(random, 30);
    switch (pattern->kind) {
    case LEAK_SHARE:
        if (seeded_unit(random) < pattern->share)
            keep(run, ordinal, size);
        break;
    case LEAK_REGULAR:
        if (ordinal % pattern->capacity == 0)
            keep(run, ordinal, size);
        break;
    case FREED_LATER:
        keep(run, ordinal, size)->freed_at = ordinal + pattern->capacity;
        break;
    case VECTOR:
        swell(run, ordinal, size);
        break;
    case FIRST_ONLY:
        if (ordinal <= pattern->capacity)
            keep(run, ordinal, size);
        break;
    case CACHE_LRU:
    case CACHE_RANDOM:
    case CACHE_BY_KEY:
        use_cache(run, pattern, ordinal, random);
        break;
    }
}

static void checkpoint(struct simulated *run, uint32_t calls, bool teardown)
{
    size_t at = run->evidence.checkpoint_count;
    uint32_t width = (calls + 63) / 64;
    memset(run->bucket_survivors[at], 0, sizeof run->bucket_survivors[at]);
    memset(run->bucket_bytes[at], 0, sizeof run->bucket_bytes[at]);
    struct verdict_checkpoint *made = &run->checkpoints[at];
    *made = (struct verdict_checkpoint){
        calls, 0, 0, width, 64, run->bucket_survivors[at], run->bucket_bytes[at], teardown};
    for (size_t i = 0; i < run->live_count; i++) {
        uint32_t bucket = (run->live[i].ordinal - 1) / width;
        made->survivors++;
        made->bytes += run->live[i].bytes;
        run->bucket_survivors[at][bucket]++;
        run->bucket_bytes[at][bucket] += run->live[i].bytes;
    }
    if (made->survivors) /* the shim writes no empty summary */
        run->evidence.checkpoint_count++;
}

static int compare_points(const void *one, const void *other)
{
    const struct verdict_point *a = one, *b = other;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Runs `calls` calls of `pattern`. */
static void simulate(struct simulated *run, const struct pattern *pattern, uint32_t calls,
                     struct seeded_random *random)
{
    uint32_t next = 16;
    run->live_count = 0;
    memset(run->entry_of, 0, sizeof run->entry_of);
    run->evidence = (struct verdict_evidence){.calls = calls,
                                              .points = run->points,
                                              .checkpoints = run->checkpoints,
                                              .dead = pattern->dead};
    for (uint32_t ordinal = 1; ordinal <= calls; ordinal++) {
        one_call(run, pattern, ordinal, random);
        if (ordinal == next) {
            checkpoint(run, ordinal, false);
            next += next / 2;
        }
    }
    if (pattern->teardown) {
        checkpoint(run, calls, true);
        run->live_count = 0;
    }
    for (size_t i = 0; i < run->live_count; i++)
        run->points[i] = (struct verdict_point){run->live[i].ordinal, 1, run->live[i].bytes};
    run->evidence.point_count = run->live_count;
    qsort(run->points, run->live_count, sizeof *run->points, compare_points);
}

/* What each call leaves on average: bytes, of the two kinds of leak. */
static double pattern_truth(const struct pattern *pattern)
{
    /* The mean of u^3 is 1/4; sizes are rounded down to whole bytes. */
    double size = pattern->size ? (double)pattern->size : 16 + 4080 / 4.0 - 0.5;
    return pattern->kind == LEAK_SHARE     ? pattern->share * size
           : pattern->kind == LEAK_REGULAR ? size / pattern->capacity
                                           : 0;
}

#endif
