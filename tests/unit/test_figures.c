/* Figures: what tells sites apart, and several processes as one. */
#include "analyzer/compare_sites.h"
#include "tests/unit/figures_made.h"
#include <math.h>

#define EXACTLY(n)                                                                                 \
    {                                                                                              \
        n, n, n                                                                                    \
    }

static const struct made_site none[] = {{0}};

Test(figures, a_site_is_told_apart_by_its_lines_up_to_the_call)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "init:3 Open:9 main:1", 0},
                                      {"leak", EXACTLY(48), EXACTLY(1), "init:3 Open:9 other:7", 0},
                                      {"leak", EXACTLY(16), EXACTLY(1), "init:4 Open:9 main:1", 0},
                                      {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("IStore::Open", 2000, sites), NULL), NULL);
    const struct figures_call *call = figures_call(figures, "IStore::Open");
    cr_assert(call);
    cr_expect_eq(call->site_count, 2, "callers are none of it: %zu", call->site_count);
    cr_expect_str_eq(call->site[0].key, "heap block\ninit:3\nOpen:9");
    cr_expect_str_eq(call->site[0].functions, "heap block\ninit\nOpen");
    cr_expect_eq(call->site[0].bytes.rate, 96);
    cr_expect_eq(call->site[1].bytes.rate, 16);
    cr_expect_str_eq(call->site[0].functions, call->site[1].functions);
    cr_expect_null(figures_call(figures, "IStore::Close"));
    cr_expect_str_eq(figures->process[0].command, "a -x");
    figures_free(figures);
}

Test(figures, names_of_functions_may_have_templates_and_parameters)
{
    const struct made_site sites[] = {
        {"leak", EXACTLY(8), EXACTLY(1), "alloc:1 ns::IStore<std::pair>::Open(int) main:1", 0},
        {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("IStore::Open", 10, sites), NULL), NULL);
    cr_expect_null(strstr(figures->call[0].site[0].key, "main"));
    figures_free(figures);
}

/* 2,000 calls that leave 48 bytes each, and 500 that do too. */
Test(figures, processes_that_leave_alike_are_exact_together)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "Open:9", 0}, {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 2000, sites), NULL),
                     made_report("/bin/b", 2, made_call("Open", 500, sites), NULL), NULL);
    const struct figures_call *call = figures_call(figures, "Open");
    cr_expect(call->count == 2500 && call->part_count == 2 && figures->process_count == 2);
    cr_expect(call->bytes.rate == 48 && statistics_is_exact(call->bytes));
    cr_expect_eq(call->site_count, 1);
    cr_expect(statistics_is_exact(call->site[0].bytes) && call->site[0].things.rate == 1);
    cr_expect_eq(call->part[1].process, 1);
    figures_free(figures);
}

/* Strata: rates by their calls, widths as of independent samples. */
Test(figures, processes_weigh_as_many_as_they_made_calls)
{
    const struct made_site many[] = {{"leak", {3.2, 2.8, 3.7}, {0.1, 0.0875, 0.115}, "Open:9", 0},
                                     {0}},
                           few[] = {{"leak", {6.4, 5, 8}, {0.2, 0.15, 0.25}, "Open:9", 0}, {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 3000, many), NULL),
                     made_report("/bin/b", 2, made_call("Open", 1000, few), NULL), NULL);
    const struct figures_site *site = &figures_call(figures, "Open")->site[0];
    cr_expect_float_eq(site->bytes.rate, 0.75 * 3.2 + 0.25 * 6.4, 1e-9);
    cr_expect_float_eq(site->bytes.low, 4 - sqrt(0.3 * 0.3 + 0.35 * 0.35), 1e-9);
    cr_expect_float_eq(site->bytes.high, 4 + sqrt(0.375 * 0.375 + 0.4 * 0.4), 1e-9);
    double mix = statistics_spread(0.75 * 0.8 * 0.8 + 0.25 * 2.4 * 2.4, 4000);
    cr_expect_float_eq(site->bytes_mix, mix, 1e-9);
    cr_expect_float_eq(site->things.rate, 0.125, 1e-9);
    figures_free(figures);
}

/* Where nothing was seen of it something may have escaped. */
Test(figures, a_process_without_the_leak_counts_too)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "Open:9", 0}, {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 1000, sites), NULL),
                     made_report("/bin/b", 2, made_call("Open", 3000, none), NULL),
                     made_report("/bin/c", 3, NULL, NULL), NULL);
    const struct figures_call *call = figures_call(figures, "Open");
    cr_expect(call->verdict == VERDICT_LEAK && call->count == 4000 && figures->process_count == 3);
    cr_expect_float_eq(call->bytes.rate, 12, 1e-9);
    cr_expect_float_eq(call->site[0].bytes.rate, 12, 1e-9);
    cr_expect_float_eq(call->site[0].bytes.low, 12, 1e-9);
    cr_expect_float_eq(call->site[0].bytes.high, 12 + 0.75 * 48 * statistics_wilson(0, 3000).high,
                       1e-9);
    figures_free(figures);
}

/* Each exact, and not the same: with other numbers of calls it is another rate, and no worse. With
 * the same numbers any difference is one. */
Test(figures, how_many_calls_each_process_made_is_chance)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "Open:9", 0}, {0}},
                           larger[] = {{"leak", {48.8, 48.7, 48.9}, EXACTLY(1), "Open:9", 0}, {0}};
    struct figures *figures[3];
    for (int i = 0; i < 3; i++)
        figures[i] = made_figures(
            made_report("/bin/a", 1, made_call("Open", 2000, i < 2 ? sites : larger), NULL),
            made_report("/bin/b", 2, made_call("Open", 3000 - 10 * (i == 1), none), NULL), NULL);
    const struct figures_call *before = figures_call(figures[0], "Open"),
                              *fewer = figures_call(figures[1], "Open"),
                              *more = figures_call(figures[2], "Open");
    cr_expect_float_eq(before->bytes.rate, 19.2, 1e-9);
    cr_expect_float_eq(before->bytes_mix, 1.959963984540054 * 48 * sqrt(0.4 * 0.6 / 5000), 1e-9);
    cr_expect(before->mix == more->mix && before->mix != fewer->mix);
    struct compared_call by_mix = compare_calls(before, NULL, fewer, NULL, 0.001),
                         by_leak = compare_calls(before, NULL, more, NULL, 0.001);
    cr_expect(by_mix.bytes.change > 0 && by_mix.bytes.chance > 0.5);
    cr_expect(by_mix.count == 1 && by_mix.site[0].bytes.chance > 0.5);
    cr_expect(by_leak.bytes.change > 0 && by_leak.bytes.chance < 1e-6);
    compare_free(&by_mix);
    compare_free(&by_leak);
    for (int i = 0; i < 3; i++)
        figures_free(figures[i]);
}

/* What a process of few calls leaves is not known: it is not nothing. */
Test(figures, too_few_calls_say_nothing_of_the_rate)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "Open:9", 0}, {0}},
                           few[] = {{"too-few-calls", EXACTLY(48), EXACTLY(1), "Open:9", 0}, {0}};
    json_t *call = made_call("Open", 20, few);
    json_object_set_new(call, "verdict", json_string("too-few-calls"));
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 2000, sites), NULL),
                     made_report("/bin/b", 2, call, NULL), NULL);
    cr_expect(figures->call[0].count == 2020 && statistics_is_exact(figures->call[0].bytes));
    cr_expect_float_eq(figures->call[0].bytes.rate, 48, 1e-9);
    figures_free(figures);
}

Test(figures, findings_add_up)
{
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 1000, none),
                                 made_finding("over-released", "Open", 500, 0.5)),
                     made_report("/bin/b", 2, made_call("Open", 3000, none),
                                 made_finding("over-released", "Open", 300, 0.1)),
                     NULL);
    cr_assert_eq(figures->finding_count, 1);
    cr_expect_eq(figures->finding[0].count, 800);
    cr_expect_float_eq(figures->finding[0].rate.rate, 0.2, 1e-9);
    cr_expect(figures->finding[0].rate.low < 0.2 && figures->finding[0].rate.high > 0.2);
    figures_free(figures);
}

/* Two places of one call are of the same calls. */
Test(figures, findings_of_one_process_share_its_calls)
{
    json_t *report = made_report("/bin/a", 1, made_call("Open", 1000, none),
                                 made_finding("over-released", "Open", 500, 0.5));
    json_array_append_new(json_object_get(report, "findings"),
                          made_finding("over-released", "Open", 1000, 1));
    json_t *remark = made_finding("over-released", "Close", 10, 0.1);
    json_object_set_new(remark, "severity", json_string("remark"));
    json_array_append_new(json_object_get(report, "findings"), remark);
    struct figures *figures = made_figures(report, NULL);
    cr_assert_eq(figures->finding_count, 2);
    cr_expect(figures->finding[0].remark && !figures->finding[1].remark);
    cr_expect_eq(figures->finding[1].count, 1500);
    cr_expect_float_eq(figures->finding[1].rate.rate, 1.5, 1e-9);
    figures_free(figures);
}

/* A leak and something that happened once at the same line, of two callers: the leak's rate stays.
 */
Test(figures, what_does_not_leak_is_no_part_of_a_leak)
{
    const struct made_site sites[] = {
        {"leak", EXACTLY(48), EXACTLY(1), "Open:9 main:1", 0},
        {"one-off", {0.02, 0, 0.1}, {0.001, 0, 0.003}, "Open:9 other:1", 0},
        {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 1000, sites), NULL), NULL);
    cr_expect(figures->call[0].site_count == 1 &&
              statistics_is_exact(figures->call[0].site[0].bytes));
    figures_free(figures);
}

/* It may be full, or half empty: from half of its rate to twice. */
Test(figures, a_container_is_never_exact_nor_is_its_call)
{
    const struct made_site sites[] = {{"growing", {4, 3, 5}, {0.01, 0.01, 0.01}, "Open:9", 0},
                                      {"leak", EXACTLY(48), EXACTLY(1), "Open:10", 0},
                                      {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 1000, sites), NULL), NULL);
    const struct figures_call *call = &figures->call[0];
    cr_expect_float_eq(call->site[0].bytes.rate, 48, 1e-9);
    cr_expect_float_eq(call->site[1].bytes.low, 2, 1e-9);
    cr_expect_float_eq(call->site[1].bytes.high, 8, 1e-9);
    cr_expect_float_eq(call->bytes.rate, 52, 1e-9);
    cr_expect_float_eq(call->bytes.low, 51 - 2, 1e-9);
    cr_expect_float_eq(call->bytes.high, 53 + 4, 1e-9);
    figures_free(figures);
}

Test(figures, what_is_left_out_is_not_summed_up)
{
    const struct made_site sites[] = {{"leak", EXACTLY(48), EXACTLY(1), "a:1 Open:9", 0},
                                      {"leak", EXACTLY(16), EXACTLY(2), "b:1 Open:9", 0},
                                      {"warming", EXACTLY(4), EXACTLY(1), "c:1 Open:9", 0},
                                      {0}};
    struct figures *figures =
        made_figures(made_report("/bin/a", 1, made_call("Open", 1000, sites), NULL), NULL);
    const struct figures_call *call = &figures->call[0];
    cr_expect_eq(figures_bytes(call, NULL).rate, 64);
    cr_expect_eq(figures_things(call, NULL).rate, 3);
    cr_expect_eq(figures_bytes(call, (bool[]){true, false, false}).rate, 16);
    cr_expect_eq(figures_things(call, (bool[]){true, false, false}).rate, 2);
    cr_expect_eq(figures_bytes(call, (bool[]){false, false, true}).rate, 64);
    figures_free(figures);
}

static void refused(json_t *report, const char *why)
{
    struct figures_storage *storage = calloc(1, sizeof *storage);
    struct figures figures;
    char problem[300] = "";
    storage->reports = json_array();
    json_array_append_new(storage->reports, report);
    cr_expect(!figures_read(storage, report, "made.json", &figures, problem, sizeof problem), "%s",
              why);
    cr_expect(strstr(problem, why), "%s, not %s", problem, why);
    figures_give_back(storage);
}

Test(figures, what_is_no_report_is_refused)
{
    refused(json_pack("{ss}", "schema", "other/1"), "other/1");
    refused(json_object(), "not given");
    refused(json_pack("{ss}", "schema", "residue-report/1"), "missing");
    const struct made_site bad[] = {{"unheard-of", EXACTLY(1), EXACTLY(1), "Open:9", 0}, {0}};
    refused(made_report("/bin/a", 1, made_call("Open", 1, bad), NULL), "verdict");
    const struct made_site negative[] = {{"leak", EXACTLY(-1), EXACTLY(1), "Open:9", 0}, {0}};
    refused(made_report("/bin/a", 1, made_call("Open", 1, negative), NULL), "bytes_per_call");
    json_t *call = made_call("Open", 1, none);
    json_object_set_new(call, "count", json_string("many"));
    refused(made_report("/bin/a", 1, call, NULL), "count");
}
