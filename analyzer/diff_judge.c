#include "analyzer/diff.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *diff_kind_name(enum diff_kind kind)
{
    static const char *const names[DIFF_KINDS] = {
        [DIFF_SAME] = "same", [DIFF_WORSE] = "worse", [DIFF_BETTER] = "better",
        [DIFF_NEW] = "new",   [DIFF_GONE] = "gone",   [DIFF_MOVED] = "moved",
    };
    return names[kind];
}

/* ---- calls of both sides ---- */

static void add_call(struct diff *diff, const struct figures_call *before,
                     const struct figures_call *after)
{
    const struct figures_call *either = after ? after : before;
    struct diff_call *call = &diff->call[diff->count++];
    *call = (struct diff_call){.key = either->key, .name = either->name, .within = either->within};
    call->compared = compare_calls(before, NULL, after, NULL, diff->level);
    call->site = analysis_take(call->compared.count + 1, sizeof *call->site);
    for (size_t i = 0; i < call->compared.count; i++)
        call->site[i].compared = &call->compared.site[i];
}

/* Both are sorted by key. */
static void gather_calls(struct diff *diff)
{
    const struct figures *before = diff->before, *after = diff->after;
    size_t i = 0, k = 0;
    diff->call = analysis_take(before->call_count + after->call_count + 1, sizeof *diff->call);
    while (i < before->call_count || k < after->call_count) {
        int order = i == before->call_count  ? 1
                    : k == after->call_count ? -1
                                             : strcmp(before->call[i].key, after->call[k].key);
        add_call(diff, order <= 0 ? &before->call[i] : NULL, order >= 0 ? &after->call[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
}

/* ---- what differs ---- */

static enum diff_kind kind_of_site(const struct compared_site *site)
{
    switch (site->as) {
    case COMPARED_NEW:
        return DIFF_NEW;
    case COMPARED_GONE:
        return DIFF_GONE;
    default:
        break;
    }
    if (!verdict_leaks(site->before->verdict))
        return DIFF_NEW;
    if (!verdict_leaks(site->after->verdict))
        return DIFF_GONE;
    if (site->sizes_differ && !(site->bytes.change * site->size_change < 0))
        return site->size_change > 0 ? DIFF_WORSE : DIFF_BETTER;
    double change =
        site->bytes.chance <= site->things.chance ? site->bytes.change : site->things.change;
    return change > 0 ? DIFF_WORSE : DIFF_BETTER;
}

/* Sites of all calls and the calls' sums are one family of tests; what leaks on neither side is
 * none.
 */
static size_t tests_of(const struct diff_call *call)
{
    return call->compared.count ? call->compared.count + 1 : 0;
}

static size_t count_tests(const struct diff *diff)
{
    size_t tests = 0;
    for (size_t i = 0; i < diff->count; i++)
        tests += tests_of(&diff->call[i]);
    return tests;
}

static void judge_call(struct diff_call *call, const bool *differs, bool sum_differs)
{
    bool any = false;
    for (size_t i = 0; i < call->compared.count; i++) {
        const struct compared_site *site = &call->compared.site[i];
        call->site[i].kind = differs[i]                   ? kind_of_site(site)
                             : site->as == COMPARED_MOVED ? DIFF_MOVED
                                                          : DIFF_SAME;
        any = any || differs[i];
    }
    if (!any && !sum_differs)
        return;
    if (!call->compared.before || !call->compared.after)
        call->kind = call->compared.after ? DIFF_NEW : DIFF_GONE;
    else if (call->compared.bytes.change > 0 || call->compared.bytes.change < 0)
        call->kind = call->compared.bytes.change > 0 ? DIFF_WORSE : DIFF_BETTER;
    else /* as many bytes, of other things */
        for (size_t i = 0; i < call->compared.count && call->kind == DIFF_SAME; i++)
            call->kind = call->site[i].kind == DIFF_GONE || call->site[i].kind == DIFF_BETTER
                             ? DIFF_BETTER
                         : call->site[i].kind == DIFF_MOVED ? DIFF_SAME
                         : call->site[i].kind == DIFF_SAME  ? DIFF_SAME
                                                            : DIFF_WORSE;
}

static void judge_calls(struct diff *diff)
{
    size_t tests = count_tests(diff), at = 0;
    double *chances = analysis_take(tests + 1, sizeof *chances);
    bool *differs = analysis_take(tests + 1, sizeof *differs);
    for (size_t i = 0; i < diff->count; i++) {
        struct diff_call *call = &diff->call[i];
        for (size_t k = 0; k < call->compared.count; k++)
            chances[at++] = call->site[k].chance = compare_chance(&call->compared.site[k]);
        call->chance = call->compared.bytes.chance;
        if (call->compared.count)
            chances[at++] = call->chance;
    }
    statistics_holm(chances, tests, diff->level, differs);
    at = 0;
    for (size_t i = 0; i < diff->count; i++) {
        if (tests_of(&diff->call[i]))
            judge_call(&diff->call[i], differs + at, differs[at + diff->call[i].compared.count]);
        at += tests_of(&diff->call[i]);
        diff->different += diff->call[i].kind != DIFF_SAME;
    }
    free(chances);
    free(differs);
}

/* ---- findings ---- */

static void add_finding(struct diff *diff, enum diff_kind kind,
                        const struct figures_finding *before, const struct figures_finding *after)
{
    diff->finding[diff->finding_count++] = (struct diff_finding){kind, before, after};
}

static void judge_findings(struct diff *diff)
{
    const struct figures *before = diff->before, *after = diff->after;
    double level = diff->level / (double)(before->finding_count + after->finding_count + 1);
    diff->finding =
        analysis_take(before->finding_count + after->finding_count + 1, sizeof *diff->finding);
    for (size_t i = 0; i < after->finding_count; i++) {
        const struct figures_finding *now = &after->finding[i];
        const struct figures_finding *then = figures_finding(before, now->key);
        struct difference difference = {0};
        if (then)
            difference = statistics_difference(then->rate, now->rate);
        add_finding(diff,
                    !then                       ? DIFF_NEW
                    : difference.chance > level ? DIFF_SAME
                    : difference.change > 0     ? DIFF_WORSE
                                                : DIFF_BETTER,
                    then, now);
    }
    for (size_t i = 0; i < before->finding_count; i++)
        if (!figures_finding(after, before->finding[i].key))
            add_finding(diff, DIFF_GONE, &before->finding[i], NULL);
}

/* ---- all of it ---- */

static int most_changed_call(const void *one, const void *other)
{
    const struct diff_call *a = one, *b = other;
    if ((a->kind != DIFF_SAME) != (b->kind != DIFF_SAME))
        return a->kind != DIFF_SAME ? -1 : 1;
    double x = fabs(a->compared.bytes.change), y = fabs(b->compared.bytes.change);
    if (x < y || x > y)
        return x < y ? 1 : -1;
    return strcmp(a->key, b->key);
}

static double change_of(const struct diff_site *site)
{
    return fabs(site->compared->bytes.change);
}

static int most_changed_site(const void *one, const void *other)
{
    const struct diff_site *a = one, *b = other;
    double x = change_of(a), y = change_of(b);
    if (x < y || x > y)
        return x < y ? 1 : -1;
    return (a->compared > b->compared) - (a->compared < b->compared);
}

void diff_judge(struct diff *diff)
{
    gather_calls(diff);
    judge_calls(diff);
    judge_findings(diff);
    for (size_t i = 0; i < diff->count; i++)
        if (diff->call[i].compared.count)
            qsort(diff->call[i].site, diff->call[i].compared.count, sizeof *diff->call[i].site,
                  most_changed_site);
    if (diff->count)
        qsort(diff->call, diff->count, sizeof *diff->call, most_changed_call);
}

void diff_free(struct diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        compare_free(&diff->call[i].compared);
        free(diff->call[i].site);
    }
    free(diff->call);
    free(diff->finding);
    diff->call = NULL;
    diff->finding = NULL;
    diff->count = diff->different = diff->finding_count = 0;
}
