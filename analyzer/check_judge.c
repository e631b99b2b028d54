#include "analyzer/check_judge.h"
#include "analyzer/check_fingerprint.h"
#include "analyzer/report_text_words.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *check_rule_name(enum check_rule rule)
{
    static const char *const names[CHECK_RULES] = {
        [CHECK_LEAK] = "leak",
        [CHECK_NEW_LEAK] = "new-leak",
        [CHECK_WORSE_LEAK] = "worse-leak",
        [CHECK_WORSE_CALL] = "worse-call",
        [CHECK_OVER_LIMIT] = "over-limit",
        [CHECK_FINDING] = "finding",
        [CHECK_NEW_FINDING] = "new-finding",
        [CHECK_WORSE_FINDING] = "worse-finding",
    };
    return names[rule];
}

const char *check_rule_meaning(enum check_rule rule)
{
    static const char *const meanings[CHECK_RULES] = {
        [CHECK_LEAK] = "A call leaves something behind, again and again.",
        [CHECK_NEW_LEAK] = "A call leaks at a place where it did not in the baseline.",
        [CHECK_WORSE_LEAK] = "A call leaves more behind at a place than in the baseline.",
        [CHECK_WORSE_CALL] = "A call leaves more behind than in the baseline.",
        [CHECK_OVER_LIMIT] = "A call leaves more behind than its limit allows.",
        [CHECK_FINDING] = "A resource is lost or misused in a way that is known by name.",
        [CHECK_NEW_FINDING] = "A resource is lost or misused as it was not in the baseline.",
        [CHECK_WORSE_FINDING] = "A resource is lost or misused more often than in the baseline.",
    };
    return meanings[rule];
}

/* ---- problems ---- */

struct check_problem *check_add(struct check *check, enum check_rule rule,
                                const struct figures_call *call, const char *format, ...)
{
    struct check_problem *grown =
        realloc(check->problem, (check->count + 1) * sizeof *check->problem);
    va_list arguments;
    if (!grown)
        analysis_no_memory();
    check->problem = grown;
    struct check_problem *problem = &grown[check->count++];
    *problem = (struct check_problem){.rule = rule,
                                      .call = call ? call->name : NULL,
                                      .within = call ? call->within : "",
                                      .figures = call};
    va_start(arguments, format);
    if (vasprintf(&problem->message, format, arguments) < 0)
        analysis_no_memory();
    va_end(arguments);
    return problem;
}

struct figure check_rate_text(struct estimate bytes, struct estimate things, const char *resource)
{
    struct figure text;
    if (bytes.rate > 0)
        snprintf(text.text, sizeof text.text,
                 statistics_is_exact(bytes) ? "%s per call, exactly" : "%s per call, 95%% CI %s",
                 figure_rate_bytes(bytes.rate).text,
                 figure_interval(bytes.low, bytes.high, bytes.rate).text);
    else
        snprintf(text.text, sizeof text.text, "%.48s per call",
                 words_things(things.rate, *resource ? resource : "thing").text);
    return text;
}

const struct figures_site *check_worst_site(const struct figures_call *call, const bool *left_out)
{
    const struct figures_site *worst = NULL;
    for (size_t i = 0; i < call->site_count; i++) {
        const struct figures_site *site = &call->site[i];
        if (!verdict_leaks(site->verdict) || (left_out && left_out[i]))
            continue;
        if (!worst || site->bytes.rate > worst->bytes.rate ||
            (!(site->bytes.rate < worst->bytes.rate) && site->things.rate > worst->things.rate))
            worst = site;
    }
    return worst;
}

/* ---- suppressions ---- */

static void suppress(struct check *check, const struct figures_call *call,
                     const struct figures_site *site, struct check_suppression *by)
{
    struct check_problem *problem =
        check_add(check, CHECK_LEAK, call, "leaves %s",
                  check_rate_text(site->bytes, site->things, site->resource).text);
    problem->now = site->bytes;
    problem->stack = &site->stack;
    problem->by = by;
    by->used++;
}

bool *check_left_out(struct check *check, const struct figures_call *call, bool quietly)
{
    bool *left_out = analysis_take(call->site_count + 1, sizeof *left_out);
    for (size_t i = 0; i < call->site_count; i++) {
        const struct figures_site *site = &call->site[i];
        struct check_suppression *by =
            check_suppression_of(check->suppressions, call->name, NULL, &site->stack, 1);
        left_out[i] = by;
        if (by && !quietly && verdict_leaks(site->verdict))
            suppress(check, call, site, by);
    }
    return left_out;
}

/* ---- nothing may leak, or so much ---- */

static void judge_leak(struct check *check, const struct figures_call *call, const bool *left_out)
{
    const struct figures_site *worst = check_worst_site(call, left_out);
    if (!worst && (call->site_count || !verdict_leaks(call->verdict)))
        return;
    struct estimate bytes = figures_bytes(call, left_out);
    struct check_problem *problem = check_add(
        check, CHECK_LEAK, call, "leaves %s",
        check_rate_text(bytes, figures_things(call, left_out), worst ? worst->resource : "").text);
    problem->now = bytes;
    problem->stack = worst ? &worst->stack : NULL;
}

/* The most that a call's verdict is when some sites don't count. */
static enum verdict_kind verdict_without(const struct figures_call *call, const bool *left_out)
{
    enum verdict_kind kind = VERDICT_CLEAN;
    for (size_t i = 0; i < call->site_count; i++)
        if (!left_out[i] && verdict_rank(call->site[i].verdict) > verdict_rank(kind))
            kind = call->site[i].verdict;
    return call->site_count ? kind : call->verdict;
}

/* Of the sites with that verdict the one that left most, as observed; NULL when none is known. */
static const struct figures_site *most_of(const struct figures_call *call, const bool *left_out,
                                          enum verdict_kind verdict)
{
    const struct figures_site *most = NULL;
    for (size_t i = 0; i < call->site_count; i++)
        if (!left_out[i] && call->site[i].verdict == verdict &&
            (!most || call->site[i].bytes.rate > most->bytes.rate))
            most = &call->site[i];
    return most;
}

static struct figure rate_seen(const struct figures_site *site)
{
    struct figure text;
    snprintf(text.text, sizeof text.text, "%.48s per call",
             site->bytes.rate > 0 ? figure_rate_bytes(site->bytes.rate).text
                                  : words_things(site->things.rate, site->resource).text);
    return text;
}

/* It has a verdict that its limits don't allow: what does not leak is told of as it was seen. */
static struct check_problem *wrong_verdict(struct check *check, const struct figures_call *call,
                                           const bool *left_out, enum verdict_kind kind)
{
    static const char limits[] = "its limits don't allow the verdict";
    const struct figures_site *worst = check_worst_site(call, left_out),
                              *most = most_of(call, left_out, kind);
    struct check_problem *problem;
    if (worst)
        problem = check_add(check, CHECK_OVER_LIMIT, call, "leaves %s; %s '%s'",
                            check_rate_text(figures_bytes(call, left_out),
                                            figures_things(call, left_out), worst->resource)
                                .text,
                            limits, verdict_name(kind));
    else if (most)
        problem = check_add(check, CHECK_OVER_LIMIT, call, "left %s, as observed; %s '%s'",
                            rate_seen(most).text, limits, verdict_name(kind));
    else
        problem = check_add(check, CHECK_OVER_LIMIT, call, "%s '%s'", limits, verdict_name(kind));
    problem->stack = most ? &most->stack : NULL;
    return problem;
}

static void judge_limit(struct check *check, const struct figures_call *call, const bool *left_out)
{
    const struct check_limit *limit = check_limit_of(check->limits, call->name, call->key);
    struct estimate bytes = figures_bytes(call, left_out), things = figures_things(call, left_out);
    enum verdict_kind kind = verdict_without(call, left_out);
    const struct figures_site *worst = check_worst_site(call, left_out);
    const char *resource = worst ? worst->resource : "";
    struct check_problem *problem = NULL;
    if (limit->has_bytes && statistics_surely(bytes, check->chance) > limit->bytes * (1 + 1e-9))
        problem = check_add(check, CHECK_OVER_LIMIT, call, "leaves %s; its limit is %s",
                            check_rate_text(bytes, things, resource).text,
                            figure_rate_bytes(limit->bytes).text);
    else if (limit->has_things &&
             statistics_surely(things, check->chance) > limit->things * (1 + 1e-9))
        problem = check_add(check, CHECK_OVER_LIMIT, call, "leaves %s per call; its limit is %s",
                            words_things(things.rate, *resource ? resource : "thing").text,
                            figure_rate(limit->things).text);
    else if (!check_limit_allows_verdict(limit, kind))
        problem = wrong_verdict(check, call, left_out, kind);
    if (!problem)
        return;
    problem->now = bytes;
    problem->stack = worst ? &worst->stack : problem->stack;
}

static void judge_calls(struct check *check)
{
    for (size_t i = 0; i < check->now->call_count; i++) {
        const struct figures_call *call = &check->now->call[i];
        bool *left_out = check_left_out(check, call, false);
        check->untold += verdict_without(call, left_out) == VERDICT_TOO_FEW_CALLS;
        if (check->limits)
            judge_limit(check, call, left_out);
        else if (!check->before)
            judge_leak(check, call, left_out);
        free(left_out);
    }
}

/* ---- findings ---- */

/* Whether it is there again, and no more often than chance would have it. */
static bool was_there(const struct check *check, const struct figures_finding *finding,
                      struct check_problem *problem)
{
    const struct figures_finding *before = figures_finding(check->before, finding->key);
    if (!before) {
        problem->rule = CHECK_NEW_FINDING;
        return false;
    }
    struct estimate now = finding->rate, then = before->rate;
    if (!finding->per_call) {
        now = statistics_count_of((double)finding->count, 1);
        then = statistics_count_of((double)before->count, 1);
    }
    problem->rule = CHECK_WORSE_FINDING;
    problem->before = before->rate;
    problem->compared = true;
    struct difference difference = statistics_difference(then, now);
    return !(difference.change > 0 &&
             difference.chance / 2 < check->chance / (double)check->now->finding_count);
}

static void judge_finding(struct check *check, const struct figures_finding *finding)
{
    struct check_problem about = {.rule = CHECK_FINDING};
    const struct figures_call *call = NULL;
    for (size_t i = 0; finding->call && i < check->now->call_count && !call; i++)
        if (!strcmp(check->now->call[i].name, finding->call) &&
            !strcmp(check->now->call[i].within, finding->within))
            call = &check->now->call[i];
    struct check_suppression *by = check_suppression_of(
        check->suppressions, finding->call, finding->kind, finding->stack, finding->stack_count);
    bool allowed = finding->remark;
    if (check->limits && !allowed)
        allowed = check_limit_allows_finding(
            check_limit_of(check->limits, finding->call, call ? call->key : NULL), finding->kind);
    /* Of both limits and a baseline each must allow it. */
    if (check->before && (allowed || !check->limits) && !finding->remark)
        allowed = was_there(check, finding, &about);
    if (allowed && !by)
        return;
    if (by)
        by->used++;
    struct check_problem *problem =
        check_add(check, about.rule, call, "%s: %s time%s", finding->message,
                  figure_count(finding->count).text, words_plural(finding->count));
    problem->call = finding->call;
    problem->within = finding->within;
    problem->finding = finding->kind;
    problem->process = finding->process;
    problem->now = finding->rate;
    problem->before = about.before;
    problem->compared = about.compared;
    problem->stack = finding->stack_count ? &finding->stack[0] : NULL;
    problem->by = by;
}

/* ---- all of it ---- */

/* Whether it is so because of another call, which a finding tells of. */
static bool is_consequence(const struct check_problem *problem)
{
    return !problem->finding && problem->figures && problem->figures->kept_by;
}

static int worst_first(const void *one, const void *other)
{
    const struct check_problem *a = one, *b = other;
    if (!a->by != !b->by)
        return a->by ? 1 : -1;
    if (is_consequence(a) != is_consequence(b))
        return is_consequence(a) ? 1 : -1;
    if (!a->finding != !b->finding)
        return a->finding ? 1 : -1;
    if (a->now.rate < b->now.rate || a->now.rate > b->now.rate)
        return a->now.rate < b->now.rate ? 1 : -1;
    return strcmp(a->fingerprint, b->fingerprint);
}

/* Problems come in an order that does not depend on rates. */
static void fingerprint(struct check *check, size_t index)
{
    struct check_problem *problem = &check->problem[index];
    unsigned again = 0;
    check_fingerprint(problem, again);
    for (size_t i = 0; i < index; i++) {
        if (!strcmp(check->problem[i].fingerprint, problem->fingerprint)) {
            check_fingerprint(problem, ++again);
            i = (size_t)-1;
        }
    }
}

static void tell_cause(struct check_problem *problem)
{
    char *message;
    if (!is_consequence(problem))
        return;
    if (asprintf(&message, "%s: kept alive by what %s opens and is never released",
                 problem->message, words_name(problem->figures->kept_by).text) < 0)
        analysis_no_memory();
    free(problem->message);
    problem->message = message;
}

void check_judge(struct check *check)
{
    struct check_suppressions none = {0};
    struct check_suppressions *given = check->suppressions;
    if (!given)
        check->suppressions = &none;
    judge_calls(check);
    if (check->before)
        check_compare(check);
    for (size_t i = 0; i < check->now->finding_count; i++)
        judge_finding(check, &check->now->finding[i]);
    for (size_t i = 0; i < check->count; i++) {
        fingerprint(check, i);
        tell_cause(&check->problem[i]);
        check->failing += !check->problem[i].by;
    }
    if (check->count)
        qsort(check->problem, check->count, sizeof *check->problem, worst_first);
    check->suppressions = given;
}

bool check_passes(const struct check *check)
{
    return !check->failing;
}

void check_free(struct check *check)
{
    for (size_t i = 0; i < check->count; i++)
        free(check->problem[i].message);
    free(check->problem);
    check->problem = NULL;
    check->count = check->failing = 0;
}
