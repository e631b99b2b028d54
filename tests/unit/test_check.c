/* The gate's judgement and the files it goes by. */
#include "analyzer/check_output.h"
#include "tests/unit/figures_made.h"

#define EXACTLY(n)                                                                                 \
    {                                                                                              \
        n, n, n                                                                                    \
    }

/* A share of 2,000 calls that leave one block of `size`. */
static struct made_site some(double share, double size, const char *stack)
{
    struct interval interval = statistics_wilson((uint64_t)(share * 2000 + 0.5), 2000);
    return (struct made_site){"leak",
                              {share * size, interval.low * size, interval.high * size},
                              {share, interval.low, interval.high},
                              stack,
                              false};
}

static struct figures *run_of(const struct made_site *sites)
{
    return made_figures(made_report("/bin/a", 1, made_call("Open", 2000, sites), NULL), NULL);
}

/* The rules of the problems that fail, in order, joined by blanks. */
static const char *judged(const struct made_site *before, const struct made_site *after)
{
    static char rules[200];
    struct figures *then = before ? run_of(before) : NULL, *now = run_of(after);
    struct check check = {.now = now, .before = then, .chance = 0.0001};
    *rules = 0;
    check_judge(&check);
    for (size_t i = 0; i < check.count; i++)
        sprintf(rules + strlen(rules), "%s%s", i ? " " : "",
                check_rule_name(check.problem[i].rule));
    check_free(&check);
    figures_free(now);
    figures_free(then);
    return rules;
}

#define JUDGED(expected, before, after) cr_expect_str_eq(judged(before, after), expected)
#define SITES(...)                                                                                 \
    (const struct made_site[])                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

Test(check, nothing_may_leak)
{
    JUDGED("", NULL, SITES({"bounded", {3, 2, 4}, {1, 0.5, 2}, "Open:9", 1}));
    JUDGED("leak", NULL, SITES(some(0.1, 32, "Open:9")));
    JUDGED("leak", NULL, SITES(some(0.1, 32, "Open:9"), some(0.1, 16, "Open:8")));
    JUDGED("leak", NULL, SITES({"growing", {4, 2, 6}, {0.01, 0.01, 0.01}, "Open:9", 0}));
}

Test(check, what_is_as_before_passes)
{
    JUDGED("", SITES(some(0.1, 32, "Open:9")), SITES(some(0.1, 32, "Open:9")));
    JUDGED("", SITES(some(0.09, 32, "Open:9")), SITES(some(0.115, 32, "Open:9")));
    JUDGED("", SITES(some(0.1, 32, "Open:9")), SITES(some(0.01, 32, "Open:9")));
    /* The code was changed: other lines, another function, the same leak. */
    JUDGED("", SITES(some(0.1, 32, "Open:9")), SITES(some(0.11, 32, "Open:17")));
    JUDGED("", SITES(some(0.1, 32, "get:2 Open:9")), SITES(some(0.11, 32, "take:8 Open:17")));
    /* At other lines and rarer. */
    JUDGED("", SITES(some(0.5, 32, "Open:9")), SITES(some(0.1, 32, "Open:17")));
}

Test(check, what_is_worse_fails)
{
    JUDGED("worse-leak", SITES({"leak", EXACTLY(48), EXACTLY(1), "Open:9", 0}),
           SITES({"leak", EXACTLY(48.004), EXACTLY(1), "Open:9", 0}));
    JUDGED("worse-leak", SITES(some(0.1, 32, "Open:9")), SITES(some(0.2, 32, "Open:9")));
    /* 8 bytes more each time, though no more often: not noise. */
    JUDGED("worse-leak", SITES(some(0.105, 32, "Open:9")), SITES(some(0.1, 40, "Open:9")));
    JUDGED("", SITES(some(0.1, 40, "Open:9")), SITES(some(0.1, 32, "Open:9")));
    JUDGED("worse-leak", SITES(some(0.1, 32, "Open:9")),
           SITES({"leak", EXACTLY(32), EXACTLY(1), "Open:17", 0}));
}

Test(check, what_is_new_fails)
{
    JUDGED("new-leak", SITES({"clean", EXACTLY(0), EXACTLY(0), "Open:9", 0}),
           SITES(some(0.1, 8, "Open:9")));
    JUDGED("new-leak", SITES(some(0.1, 32, "Open:9")),
           SITES(some(0.1, 32, "Open:9"), some(0.1, 8, "Open:10")));
    /* One is mended and another made, in the same function: a smaller leak, and a new one. */
    JUDGED("new-leak",
           SITES({"leak", EXACTLY(96), EXACTLY(1), "use:5 Open:9", 0},
                 {"leak", EXACTLY(40), EXACTLY(1), "use:5 Open:10", 0}),
           SITES({"leak", EXACTLY(56), EXACTLY(1), "use:5 Open:11", 0}));
    /* By chance called no leak. */
    JUDGED("new-leak", SITES(some(0.1, 32, "Open:9")),
           SITES(some(0.1, 32, "Open:9"),
                 {"warming", {0.8, 0.7, 0.9}, {0.1, 0.0875, 0.1125}, "Open:10", 1}));
    /* A cache is no leak. */
    JUDGED("", SITES(some(0.1, 32, "Open:9")),
           SITES(some(0.1, 32, "Open:9"),
                 {"warming", {0.8, 0.7, 0.9}, {0.1, 0.0875, 0.1125}, "Open:10", 0}));
    /* Of few calls one can't say: 4 of 2,000 where there were none. */
    JUDGED("", SITES(some(0.1, 32, "Open:9")),
           SITES(some(0.1, 32, "Open:9"), some(0.002, 8, "Open:10")));
}

/* A verdict that is otherwise by chance: what it leaves is what counts. */
Test(check, a_verdict_that_changes_by_chance_is_no_new_leak)
{
    JUDGED("", SITES({"warming", {3.3, 2.9, 3.8}, {0.103, 0.09, 0.118}, "Open:9", 0}),
           SITES(some(0.1, 32, "Open:9")));
    JUDGED("new-leak", SITES({"warming", {1.6, 1.3, 2}, {0.05, 0.04, 0.062}, "Open:9", 0}),
           SITES({"leak", EXACTLY(32), EXACTLY(1), "Open:9", 0}));
}

/* Each of forty places a little worse, none of them beyond chance: all of them together are. */
Test(check, a_call_whose_places_are_all_a_little_worse)
{
    struct made_site before[41] = {{0}}, after[41] = {{0}};
    static char stacks[40][20];
    for (int i = 0; i < 40; i++) {
        sprintf(stacks[i], "f%d:1 Open:9", i);
        before[i] = some(0.1, 32, stacks[i]);
        after[i] = some(0.115, 32, stacks[i]);
    }
    JUDGED("worse-call", before, after);
    after[1] = (struct made_site){0};
    before[1] = after[1];
    JUDGED("", before, after);
}

Test(check, findings)
{
    static const struct made_site clean[] = {{0}};
    struct figures *none = run_of(clean);
    struct figures *some_finding =
        made_figures(made_report("/bin/a", 1, made_call("Open", 2000, clean),
                                 made_finding("over-released", "Open", 200, 0.1)),
                     NULL);
    struct figures *more =
        made_figures(made_report("/bin/a", 1, made_call("Open", 2000, clean),
                                 made_finding("over-released", "Open", 400, 0.2)),
                     NULL);
    const struct {
        struct figures *before, *now;
        const char *rule;
    } cases[] = {{NULL, some_finding, "finding"},
                 {none, some_finding, "new-finding"},
                 {some_finding, some_finding, NULL},
                 {more, some_finding, NULL},
                 {some_finding, more, "worse-finding"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct check check = {.now = cases[i].now, .before = cases[i].before, .chance = 0.0001};
        check_judge(&check);
        cr_assert_eq(check.count, cases[i].rule != NULL, "case %zu: %zu", i, check.count);
        if (cases[i].rule) {
            cr_expect_str_eq(check_rule_name(check.problem[0].rule), cases[i].rule);
            cr_expect_str_eq(check.problem[0].finding, "over-released");
        }
        check_free(&check);
    }
    /* A remark is worth knowing, and nothing wrong. */
    some_finding->finding[0].remark = true;
    struct check check = {.now = some_finding, .chance = 0.0001};
    check_judge(&check);
    cr_expect_eq(check.count, 0);
    check_free(&check);
    figures_free(none);
    figures_free(some_finding);
    figures_free(more);
}

/* ---- fingerprints ---- */

static void fingerprint_of(const struct made_site *sites, char *fingerprint)
{
    struct figures *now = run_of(sites);
    struct check check = {.now = now, .chance = 0.0001};
    check_judge(&check);
    cr_assert_eq(check.count, 1);
    strcpy(fingerprint, check.problem[0].fingerprint);
    check_free(&check);
    figures_free(now);
}

Test(check, a_fingerprint_outlives_lines_and_rates)
{
    char one[40], moved[40], other[40];
    fingerprint_of(SITES(some(0.1, 32, "get:2 Open:9")), one);
    fingerprint_of(SITES(some(0.4, 64, "get:20 Open:99")), moved);
    fingerprint_of(SITES(some(0.1, 32, "take:2 Open:9")), other);
    cr_expect_str_eq(one, moved);
    cr_expect_str_neq(one, other);
    cr_expect_eq(strspn(one, "0123456789abcdef"), 32);
}

/* ---- files ---- */

static const char *written(const char *text)
{
    static char name[64];
    snprintf(name, sizeof name, "/tmp/test_check.XXXXXX");
    FILE *file = fdopen(mkstemp(name), "w");
    fputs(text, file);
    fclose(file);
    return name;
}

Test(check, limits)
{
    struct check_limits limits = {0};
    char problem[300];
    const char *file = written("# what may be\r\n"
                               "IMAPISession::*  bytes=1.5K things=2 findings=critical-*,x\n"
                               "\"Outer > Inner\" bytes=1\n"
                               "Inner verdicts=none\n"
                               "outside findings=*\n"
                               "default bytes=8 # all others");
    cr_assert(check_limits_read(&limits, file, problem, sizeof problem), "%s", problem);
    remove(file);
    const struct check_limit *limit =
        check_limit_of(&limits, "IMAPISession::OpenMsgStore", "IMAPISession::OpenMsgStore");
    cr_expect(limit->has_bytes && limit->bytes == 1536 && limit->things == 2);
    cr_expect(check_limit_allows_finding(limit, "critical-section-in-freed-memory"));
    cr_expect(check_limit_allows_finding(limit, "x") && !check_limit_allows_finding(limit, "y"));
    cr_expect(check_limit_allows_verdict(limit, VERDICT_LEAK), "it has a limit");
    cr_expect_eq(check_limit_of(&limits, "Inner", "Outer > Inner")->bytes, 1);
    limit = check_limit_of(&limits, "Inner", "Inner");
    cr_expect(!check_limit_allows_verdict(limit, VERDICT_WARMING) &&
              check_limit_allows_verdict(limit, VERDICT_CLEAN));
    cr_expect(check_limit_allows_finding(check_limit_of(&limits, NULL, NULL), "any"));
    cr_expect_eq(check_limit_of(&limits, "Other", "Other")->bytes, 8);
    check_limits_free(&limits);
    limit = check_limit_of(&limits, "Other", "Other");
    cr_expect(!check_limit_allows_verdict(limit, VERDICT_LEAK) &&
              check_limit_allows_verdict(limit, VERDICT_WARMING));
}

/* 2027-03-01 12:00 in any time zone's calendar is the first of March or a day beside it. */
Test(check, suppressions_expire)
{
    struct check_suppressions all = {0};
    char problem[300];
    const char *file = written("call=A until=2027-02-25 reason=old\n"
                               "call=A until=2027-03-05 reason=\"for now\"\n");
    struct tm noon = {.tm_year = 127, .tm_mon = 2, .tm_mday = 1, .tm_hour = 12, .tm_isdst = -1};
    cr_assert(check_suppressions_read(&all, file, mktime(&noon), problem, sizeof problem), "%s",
              problem);
    remove(file);
    cr_expect(all.line[0].expired && !all.line[1].expired);
    cr_expect_str_eq(check_suppression_of(&all, "A", NULL, NULL, 0)->reason, "for now");
    cr_expect_null(check_suppression_of(&all, "B", NULL, NULL, 0));
    check_suppressions_free(&all);
    /* The last day itself. */
    file = written("call=A until=2027-03-01 reason=x\n");
    cr_assert(check_suppressions_read(&all, file, mktime(&noon), problem, sizeof problem));
    remove(file);
    cr_expect(!all.line[0].expired);
    check_suppressions_free(&all);
}

Test(check, suppressions_look_at_the_stack)
{
    struct check_suppressions all = {0};
    char problem[300];
    struct figures_frame frames[] = {{.module = "/usr/lib/libprovider.so.1", .function = "get"},
                                     {.function = "ns::Open(int)"},
                                     {0}};
    struct figures_stack stack = {.frame = frames, .count = 3};
    const struct {
        const char *line;
        bool leak, finding;
    } cases[] = {{"module=libprovider.so*", true, true},
                 {"module=/usr/lib/libprovider.so.1", false, false},
                 {"function=get", true, true},
                 {"function=*Open*", true, true},
                 {"function=Open", false, false},
                 {"call=IStore::Open function=get", true, true},
                 {"call=Other function=get", false, false},
                 {"finding=over-*", false, true},
                 {"finding=over-* function=get", false, true},
                 {"finding=under-*", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s until=2999-01-01 reason=x\n", cases[i].line);
        const char *file = written(line);
        cr_assert(check_suppressions_read(&all, file, time(NULL), problem, sizeof problem));
        remove(file);
        cr_expect_eq(!!check_suppression_of(&all, "IStore::Open", NULL, &stack, 1), cases[i].leak,
                     "%s", line);
        cr_expect_eq(!!check_suppression_of(&all, "IStore::Open", "over-released", &stack, 1),
                     cases[i].finding, "%s", line);
        check_suppressions_free(&all);
    }
}
