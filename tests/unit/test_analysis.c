/* From a trace to sums per call path. */
#include "analyzer/analysis.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>

static struct made *made;
static struct analysis *analysis;
static uint32_t block, section;

static void begin(void)
{
    made = made_new();
    block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
}

static void end(void)
{
    analysis_free(analysis);
    free(made);
}

TestSuite(analysis, .init = begin, .fini = end);

static const struct analysis_call *call(uint32_t path)
{
    if (!analysis)
        analysis = analysis_of(made_done(made));
    const struct analysis_call *found = analysis_call_of(analysis, path);
    cr_assert_not_null(found);
    return found;
}

/* A site with a stack of its own. */
static uint32_t site(uint32_t path, uint32_t kind)
{
    return made_site(made, path, made_stack(made, 0, 0x1000 * made->trace.stack_count, 2), kind);
}

Test(analysis, sites_of_a_call_are_summed_and_kept_apart)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    made_survivors(made, site(path, block), 1, 1000, 1, 16);
    made_survivors(made, site(path, block), 1, 1000, 1, 32);
    made_survivors(made, site(path, section), 1, 1000, 1, 0);
    const struct analysis_call *open = call(path);
    cr_assert_eq(open->verdict, VERDICT_LEAK);
    cr_assert(open->exact);
    cr_assert_float_eq(open->bytes_per_call, 48, 1e-9);
    cr_assert_float_eq(open->ci95[0], 48, 1e-9);
    cr_assert_float_eq(open->ci95[1], 48, 1e-9);
    cr_assert_float_eq(open->per_call[RESIDUE_CLASS_BLOCK], 2, 1e-9);
    cr_assert_float_eq(open->per_call[RESIDUE_CLASS_CRITICAL_SECTION], 1, 1e-9);
    cr_assert_eq(open->site_count, 3);
    cr_assert_eq(open->sites[0].bytes, 32000); /* the worst comes first */
    cr_assert_eq(open->survivors, 3000);
    cr_assert_eq(open->bytes, 48000);
}

Test(analysis, sites_that_share_the_calls_are_exact_together)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    made_survivors(made, site(path, block), 1, 1000, 2, 48); /* called from two places in turn */
    made_survivors(made, site(path, block), 2, 1000, 2, 48);
    cr_assert_not(call(path)->sites[0].verdict.exact);
    cr_assert(call(path)->exact);
    cr_assert_float_eq(call(path)->bytes_per_call, 48, 1e-9);
    cr_assert_float_eq(call(path)->ci95[0], 48, 1e-9);
    cr_assert_float_eq(call(path)->ci95[1], 48, 1e-9);
}

Test(analysis, a_leak_by_many_stacks_is_found)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    for (uint32_t i = 0; i < 50; i++) /* each of fifty stacks in one of fifty calls */
        made_survivors(made, site(path, block), 1 + i, 1000, 90, 48);
    cr_assert_eq(call(path)->verdict, VERDICT_LEAK);
    cr_assert_eq(call(path)->sites[49].verdict.kind, VERDICT_LEAK);
    cr_assert_float_eq(call(path)->bytes_per_call, 48 * 50 / 90.0, 2);
}

Test(analysis, first_calls_by_many_stacks_are_no_leak)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    for (uint32_t i = 0; i < 50; i++)
        made_survivors(made, site(path, block), 1 + i, 2 + i, 1, 48);
    cr_assert_eq(call(path)->verdict, VERDICT_WARMING);
    cr_assert_eq(call(path)->bytes_per_call, 0);
}

/* A path of 1,024 calls and one teardown, before which one block of 48 bytes was live of each of
 * the calls in the buckets from `first` on. Returns the path. */
static uint32_t torn_down(uint32_t first, uint32_t of_each)
{
    static uint64_t packed[sizeof(struct residue_summary) / sizeof(uint64_t) + 8];
    static struct trace_summary *const summaries[] = {(void *)packed};
    struct residue_summary summary = {.checkpoint = 1, .calls = 1024, .bucket_width = 32};
    uint32_t path = made_path(made, 0, "Open", 1024);
    summary.site = site(path, block);
    for (uint32_t i = first; i < RESIDUE_BUCKETS; i++) {
        summary.survivors += summary.bucket_survivors[i] = of_each;
        summary.bytes += summary.bucket_bytes[i] = of_each * 48;
    }
    cr_assert(trace_summary_size(&summary) <= sizeof packed);
    trace_summary_pack(&summary, summaries[0]);
    made_checkpoint(made, 1000, 0, 0);
    made->checkpoints[0].summaries = (const struct trace_summary *const *)summaries;
    made->checkpoints[0].summary_count = 1;
    made->checkpoints[0].reason = RESIDUE_CHECKPOINT_TEARDOWN;
    return path;
}

Test(analysis, a_leak_that_a_teardown_released_counts)
{
    uint32_t path = torn_down(0, 32);
    cr_assert_eq(call(path)->verdict, VERDICT_LEAK);
    cr_assert_float_eq(call(path)->bytes_per_call, 48, 1e-9);
    cr_assert_eq(call(path)->survivors, 0);
}

Test(analysis, what_only_a_checkpoint_saw_is_clean)
{
    uint32_t path = torn_down(RESIDUE_BUCKETS - 1, 1);
    cr_assert_eq(call(path)->verdict, VERDICT_CLEAN);
    cr_assert_eq(call(path)->site_count, 0);
}

Test(analysis, a_section_without_bytes_is_a_leak)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    made_survivors(made, site(path, section), 1, 1000, 1, 0);
    cr_assert_eq(call(path)->verdict, VERDICT_LEAK);
    cr_assert_eq(call(path)->bytes_per_call, 0);
}

Test(analysis, a_call_that_leaves_nothing_is_clean)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    cr_assert_eq(call(path)->verdict, VERDICT_CLEAN);
    cr_assert_eq(call(path)->site_count, 0);
    cr_assert_eq(analysis->leaking, 0);
    cr_assert_eq(analysis->executions, 1000);
    cr_assert_null(analysis_worst(analysis));
}

Test(analysis, what_the_first_call_left_is_no_leak)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    made_survivor(made, site(path, block), 1, 1 << 20);
    cr_assert_not(verdict_leaks(call(path)->verdict));
    cr_assert_neq(call(path)->verdict, VERDICT_CLEAN);
    cr_assert_eq(call(path)->bytes_per_call, 0);
}

Test(analysis, too_few_calls_still_give_the_observed_rate)
{
    uint32_t path = made_path(made, 0, "Open", 10);
    made_survivors(made, site(path, block), 1, 10, 1, 48);
    cr_assert_eq(call(path)->verdict, VERDICT_TOO_FEW_CALLS);
    cr_assert_eq(call(path)->bytes_per_call, 0);
    cr_assert_float_eq(call(path)->observed_bytes_per_call, 48, 1e-9);
}

Test(analysis, inclusive_rates_roll_up)
{
    uint32_t cycle = made_path(made, 0, "Cycle", 1000);
    uint32_t open = made_path(made, cycle, "Open", 2000);
    uint32_t deep = made_path(made, open, "Deep", 4000);
    made_survivors(made, site(cycle, block), 1, 1000, 1, 8);
    made_survivors(made, site(deep, block), 1, 4000, 1, 100);
    cr_assert_float_eq(call(deep)->inclusive_bytes_per_call, 100, 1e-9);
    cr_assert_float_eq(call(open)->inclusive_bytes_per_call, 200, 1e-9);
    cr_assert_eq(call(open)->bytes_per_call, 0);
    cr_assert_float_eq(call(cycle)->inclusive_bytes_per_call, 408, 1e-9);
    cr_assert_float_eq(call(cycle)->bytes_per_call, 8, 1e-9);
    cr_assert_eq(call(deep)->outer_count, 2);
    cr_assert_str_eq(call(deep)->outer[0], "Cycle");
    cr_assert_str_eq(call(deep)->outer[1], "Open");
    cr_assert_float_eq(analysis->leaked_bytes, 408000, 1e-6);
}

Test(analysis, the_worst_call_comes_first)
{
    uint32_t small = made_path(made, 0, "Small", 1000);
    made_path(made, 0, "Clean", 1000);
    uint32_t large = made_path(made, 0, "Large", 1000);
    made_survivors(made, site(small, block), 1, 1000, 1, 8);
    made_survivors(made, site(large, block), 1, 1000, 1, 80);
    call(small);
    cr_assert_eq(analysis->leaking, 2);
    cr_assert_str_eq(analysis->calls[0].name, "Large");
    cr_assert_str_eq(analysis->calls[1].name, "Small");
    cr_assert_str_eq(analysis->calls[2].name, "Clean");
    cr_assert_str_eq(analysis_worst(analysis)->name, "Large");
}

Test(analysis, outside_is_totals_by_stack)
{
    uint32_t small = site(0, block), large = site(0, block);
    made_survivor(made, small, 0, 10);
    made_survivor(made, large, 0, 1000);
    made_survivor(made, large, 0, 1000);
    analysis = analysis_of(made_done(made));
    cr_assert_eq(analysis->outside_survivors, 3);
    cr_assert_eq(analysis->outside_bytes, 2010);
    cr_assert_eq(analysis->outside_count, 2);
    cr_assert_eq(analysis->outside[0].site, large);
}

Test(analysis, places_of_release_are_no_sites_of_a_call)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    site(path, 0);
    cr_assert_eq(call(path)->site_count, 0);
}

Test(analysis, the_loaders_own_books_are_outside_unless_they_grow_for_ever)
{
    uint32_t loader = made_module(made, "/lib64/ld-linux-x86-64.so.2", 1, 0);
    uint32_t path = made_path(made, 0, "LoadLibraryA", 2000);
    made_survivor(made, made_site(made, path, made_stack(made, loader, 0x1000, 2), block), 1, 4096);
    made_survivor(made, made_site(made, 0, made_stack(made, loader, 0x2000, 2), block), 0, 64);
    cr_assert_eq(call(path)->verdict, VERDICT_CLEAN);
    cr_assert_eq(call(path)->site_count, 0);
    cr_assert_eq(call(path)->survivors, 0);
    cr_assert_eq(analysis->outside_count, 2);
    cr_assert_eq(analysis->outside_survivors, 2);
    cr_assert_eq(analysis->outside_bytes, 4160);
    cr_assert_eq(analysis->outside[0].bytes, 4096); /* most bytes first */
}

Test(analysis, what_the_loader_keeps_of_every_call_is_a_leak_of_the_call)
{
    uint32_t loader = made_module(made, "/lib64/ld-linux-x86-64.so.2", 1, 0);
    uint32_t path = made_path(made, 0, "dlopen", 1000);
    made_survivors(made, made_site(made, path, made_stack(made, loader, 0x1000, 2), block), 1, 1000,
                   1, 1216);
    cr_assert_eq(call(path)->verdict, VERDICT_LEAK);
    cr_assert_float_eq(call(path)->bytes_per_call, 1216, 1e-9);
    cr_assert_eq(analysis->outside_count, 0);
}
