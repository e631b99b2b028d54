/* Verdicts on single sites whose survivors are given, to the byte; simulation is elsewhere. */
#include "analyzer/verdict.h"
#include <criterion/criterion.h>
#include <string.h>

static struct verdict_point points[20000];
static size_t count;

static void left(uint32_t ordinal, uint64_t bytes)
{
    points[count++] = (struct verdict_point){ordinal, 1, bytes};
}

static struct verdict judge(uint32_t calls)
{
    struct verdict verdict;
    struct verdict_evidence evidence = {.calls = calls, .points = points, .point_count = count};
    verdict_of_site(&evidence, &verdict);
    count = 0;
    return verdict;
}

Test(verdict, every_call_is_exact_to_the_byte)
{
    for (uint32_t i = 1; i <= 2000; i++)
        left(i, 48);
    struct verdict verdict = judge(2000);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect(verdict.exact);
    cr_expect_eq(verdict.bytes_per_call, 48.0);
    cr_expect_eq(verdict.ci95[0], 48.0);
    cr_expect_eq(verdict.ci95[1], 48.0);
    cr_expect_eq(verdict.per_call, 1.0);
    cr_expect_eq(verdict.things95[0], 1.0);
    cr_expect_eq(verdict.things95[1], 1.0);
    cr_expect_gt(verdict.first, 1);
    cr_expect_lt(verdict.last, 2000);
}

Test(verdict, several_blocks_of_several_sizes_are_summed_by_call)
{
    for (uint32_t i = 1; i <= 1000; i++) {
        left(i, 16);
        left(i, 32);
        left(i, 100);
    }
    struct verdict verdict = judge(1000);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect(verdict.exact);
    cr_expect_eq(verdict.bytes_per_call, 148.0);
    cr_expect_eq(verdict.per_call, 3.0);
}

Test(verdict, things_without_bytes_leak)
{
    for (uint32_t i = 1; i <= 1000; i++)
        left(i, 0);
    struct verdict verdict = judge(1000);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect(verdict.exact);
    cr_expect_eq(verdict.bytes_per_call, 0);
    cr_expect_eq(verdict.per_call, 1.0);
}

/* Warm-up and the last calls may differ: calls in flight on other threads, a first call's extras.
 */
Test(verdict, the_ends_of_the_run_do_not_count)
{
    left(1, 4096);
    for (uint32_t i = 1; i <= 1990; i++)
        left(i, 48);
    left(1995, 48);
    left(2000, 48);
    left(2000, 9999);
    struct verdict verdict = judge(2000);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect(verdict.exact);
    cr_expect_eq(verdict.bytes_per_call, 48.0);
}

Test(verdict, one_call_that_left_nothing_ends_exactness)
{
    for (uint32_t i = 1; i <= 2000; i++)
        if (i != 1000)
            left(i, 48);
    struct verdict verdict = judge(2000);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect_not(verdict.exact);
    cr_expect_lt(verdict.ci95[0], verdict.bytes_per_call);
    cr_expect_lt(verdict.bytes_per_call, verdict.ci95[1]);
}

/* 100 calls that leak, 100 that do not, and so on. */
Test(verdict, bursts_are_a_leak)
{
    for (uint32_t i = 1; i <= 2000; i++)
        if ((i - 1) / 100 % 2 == 0)
            left(i, 48);
    cr_expect_eq(judge(2000).kind, VERDICT_LEAK);
}

/* Without checkpoints the ordinals alone must tell: ever more survivors are a cache that evicts. */
Test(verdict, ever_more_survivors_are_no_leak)
{
    for (uint32_t i = 1; i <= 1000; i++)
        if (i * 7919 % 1000 < 500 + i / 4)
            left(i, 48);
    cr_expect_neq(judge(1000).kind, VERDICT_LEAK);
}

Test(verdict, what_stopped_is_no_leak)
{
    for (uint32_t i = 3; i <= 890; i += 3)
        left(i, 48);
    cr_expect_neq(judge(1000).kind, VERDICT_LEAK);
    for (uint32_t i = 1; i <= 1480; i++) /* bursts, then none */
        if ((i - 1) / 160 % 2 == 0)
            left(i, 48);
    cr_expect_neq(judge(2000).kind, VERDICT_LEAK);
}

Test(verdict, few_calls_have_a_rate_but_no_verdict)
{
    for (uint32_t i = 1; i <= 50; i++)
        left(i, 48);
    struct verdict verdict = judge(50);
    cr_expect_eq(verdict.kind, VERDICT_TOO_FEW_CALLS);
    cr_expect_eq(verdict.bytes_per_call, 48.0);
    left(1, 48);
    verdict = judge(1);
    cr_expect_eq(verdict.kind, VERDICT_TOO_FEW_CALLS);
    cr_expect_eq(verdict.bytes_per_call, 48.0);
}

Test(verdict, nothing_left_is_clean)
{
    struct verdict verdict = judge(1000);
    cr_expect_eq(verdict.kind, VERDICT_CLEAN);
    cr_expect_eq(verdict.bytes_per_call, 0);
    cr_expect_eq(judge(0).kind, VERDICT_CLEAN);
    cr_expect_eq(judge(1).kind, VERDICT_CLEAN);
}

Test(verdict, what_is_no_leak_is_named)
{
    left(1, 1 << 20);
    cr_expect_eq(judge(1000).kind, VERDICT_WARMING);
    left(500, 48);
    cr_expect_eq(judge(1000).kind, VERDICT_ONE_OFF);
    for (uint32_t i = 993; i <= 1000; i++)
        left(i, 48);
    cr_expect_eq(judge(1000).kind, VERDICT_IN_FLIGHT);
}

/* ---- with checkpoints ---- */

static uint32_t bucket_survivors[8][64];
static uint64_t bucket_bytes[8][64];

static struct verdict_checkpoint checkpoint(int at, uint32_t calls, uint32_t each, uint64_t size)
{
    uint32_t width = (calls + 63) / 64;
    struct verdict_checkpoint made = {
        calls, 0, 0, width, 64, bucket_survivors[at], bucket_bytes[at], false};
    memset(bucket_survivors[at], 0, sizeof bucket_survivors[at]);
    memset(bucket_bytes[at], 0, sizeof bucket_bytes[at]);
    for (uint32_t i = 0; i < calls; i++) {
        bucket_survivors[at][i / width] += each;
        bucket_bytes[at][i / width] += each * size;
        made.survivors += each;
        made.bytes += each * size;
    }
    return made;
}

Test(verdict, a_leak_that_a_teardown_freed_is_exact)
{
    struct verdict_checkpoint before[] = {checkpoint(0, 500, 2, 24), checkpoint(1, 1999, 2, 24)};
    before[1].teardown = true;
    struct verdict_evidence evidence = {
        .calls = 2000, .checkpoints = before, .checkpoint_count = 2};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_LEAK);
    cr_expect(verdict.from_checkpoint);
    cr_expect(verdict.exact);
    cr_expect_eq(verdict.bytes_per_call, 48.0);
    cr_expect_eq(verdict.per_call, 2.0);
    before[1].teardown = false; /* freed at no teardown: released late, no leak */
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_CLEAN);
}

Test(verdict, one_block_that_swells_grows)
{
    struct verdict_checkpoint before[6];
    static const uint32_t calls[] = {62, 125, 250, 500, 750, 900};
    static const uint64_t bytes[] = {64, 128, 256, 512, 1024, 1024};
    for (int i = 0; i < 6; i++) {
        before[i] = checkpoint(i, calls[i], 0, 0);
        before[i].survivors = 1;
        before[i].bytes = bytes[i];
    }
    left(513, 1024);
    struct verdict_evidence evidence = {.calls = 1000,
                                        .points = points,
                                        .point_count = count,
                                        .checkpoints = before,
                                        .checkpoint_count = 6};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_GROWING);
    cr_expect_float_eq(verdict.bytes_per_call, 1.024, 1e-9);
    cr_expect_leq(verdict.ci95[0], verdict.bytes_per_call);
    cr_expect_geq(verdict.ci95[1], verdict.bytes_per_call);
    cr_expect_eq(verdict.growth, GROWTH_LINEAR);
    before[4].bytes = 100; /* sizes that come and go are no container */
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_ONE_OFF);
}

/* At a teardown in one thread others are in the middle of calls, at each one more of them than at
 * the last: what these will release in a moment is no container. */
Test(verdict, blocks_of_calls_at_a_teardown_do_not_swell)
{
    static uint32_t buckets[4][32];
    static uint64_t bytes[4][32];
    static const uint32_t calls[] = {1000, 2000, 4000, 8000};
    struct verdict_checkpoint before[4];
    for (uint32_t i = 0; i < 4; i++) {
        buckets[i][31] = i + 1;
        bytes[i][31] = 48 * (i + 1);
        before[i] = (struct verdict_checkpoint){.calls = calls[i],
                                                .survivors = i + 1,
                                                .bytes = 48 * (i + 1),
                                                .bucket_width = calls[i] / 32 + 1,
                                                .bucket_count = 32,
                                                .bucket_survivors = buckets[i],
                                                .bucket_bytes = bytes[i],
                                                .teardown = true};
    }
    struct verdict_evidence evidence = {
        .calls = 8000, .threads = 8, .checkpoints = before, .checkpoint_count = 4};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_CLEAN);
    buckets[3][31] = 0; /* of threads that have to wait, too */
    buckets[3][5] = 4;
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_CLEAN);
    bytes[3][31] = before[3].bytes = 4 * 480; /* but larger and larger ones do */
    verdict_of_site(&evidence, &verdict);
    cr_expect_eq(verdict.kind, VERDICT_GROWING);
}

/* Summaries from another program, or damaged: no verdict to speak of, and no harm. */
Test(verdict, senseless_evidence_does_no_harm)
{
    struct verdict_checkpoint odd[] = {checkpoint(0, 500, 1, 8), checkpoint(1, 0, 0, 0),
                                       checkpoint(2, 2000, 1, 8)};
    odd[0].bucket_width = 0;
    odd[1].survivors = UINT64_MAX;
    odd[2].bucket_width = UINT32_MAX;
    odd[2].teardown = true;
    left(UINT32_MAX, UINT64_MAX);
    struct verdict_evidence evidence = {.calls = 1000,
                                        .threads = 900,
                                        .points = points,
                                        .point_count = 1,
                                        .checkpoints = odd,
                                        .checkpoint_count = 3};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    cr_expect_neq(verdict.kind, VERDICT_LEAK);
    evidence.calls = UINT32_MAX;
    verdict_of_site(&evidence, &verdict);
    cr_expect_neq(verdict.kind, VERDICT_LEAK);
}

/* ---- sums ---- */

static struct verdict site(enum verdict_kind kind, double rate, double half, uint64_t calls)
{
    return (struct verdict){.kind = kind,
                            .per_call = 1,
                            .things95 = {1, 1},
                            .bytes_per_call = rate,
                            .ci95 = {rate - half, rate + half},
                            .exact = half <= 0,
                            .which_calls = calls};
}

Test(verdict, sites_are_summed)
{
    struct verdict sites[] = {site(VERDICT_LEAK, 48, 0, 1), site(VERDICT_LEAK, 16, 0, 1),
                              site(VERDICT_BOUNDED, 1000, 0, 2)};
    struct verdict sum = verdict_combine(sites, 3);
    cr_expect_eq(sum.kind, VERDICT_LEAK);
    cr_expect(sum.exact);
    cr_expect_eq(sum.bytes_per_call, 64);
    cr_expect_eq(sum.ci95[0], 64);
    cr_expect_eq(sum.ci95[1], 64);
    cr_expect_eq(sum.per_call, 2);
    cr_expect_eq(verdict_combine(sites + 2, 1).kind, VERDICT_BOUNDED);
    cr_expect_eq(verdict_combine(sites + 2, 1).bytes_per_call, 0);
    cr_expect_eq(verdict_combine(NULL, 0).kind, VERDICT_CLEAN);
}

Test(verdict, sites_of_the_same_calls_vary_together)
{
    struct verdict sites[] = {site(VERDICT_LEAK, 48, 3, 1), site(VERDICT_LEAK, 48, 4, 2)};
    struct verdict sum = verdict_combine(sites, 2);
    cr_expect_float_eq(sum.ci95[0], 91, 1e-9);
    cr_expect_float_eq(sum.ci95[1], 101, 1e-9);
    cr_expect_not(sum.exact);
    sites[1].which_calls = 1;
    sum = verdict_combine(sites, 2);
    cr_expect_float_eq(sum.ci95[0], 89, 1e-9);
    cr_expect_float_eq(sum.ci95[1], 103, 1e-9);
}

Test(verdict, names_and_ranks)
{
    cr_expect_str_eq(verdict_name(VERDICT_IN_FLIGHT), "in-flight");
    cr_expect_str_eq(verdict_name(VERDICT_TOO_FEW_CALLS), "too-few-calls");
    cr_expect_str_eq(verdict_name(VERDICT_ONE_OFF), "one-off");
    for (int kind = 0; kind < VERDICT_KINDS; kind++)
        cr_expect(verdict_rank((enum verdict_kind)kind) <= verdict_rank(VERDICT_LEAK));
    cr_expect_gt(verdict_rank(VERDICT_GROWING), verdict_rank(VERDICT_TOO_FEW_CALLS));
    cr_expect_gt(verdict_rank(VERDICT_TOO_FEW_CALLS), verdict_rank(VERDICT_WARMING));
}
