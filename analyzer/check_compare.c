/* The gate against a baseline: what is new, and what is worse beyond chance. All places and calls
 * are tested together, so that many calls don't make a false failure likelier (Holm). */
#include "analyzer/check_judge.h"
#include "analyzer/compare_sites.h"
#include "analyzer/report_text_write.h"
#include <math.h>
#include <stdlib.h>

/* What may be worse: a place of a call, or all of them together (site NULL). */
struct suspect {
    const struct compared_call *call;
    const struct compared_site *site;
};

struct suspects {
    struct suspect *suspect;
    double *chance; /* that it only seems worse */
    size_t count, room;
};

static void add(struct suspects *all, const struct compared_call *call,
                const struct compared_site *site, double chance)
{
    size_t room = all->room;
    all->suspect = analysis_grow(all->suspect, sizeof *all->suspect, all->count, &all->room);
    all->chance = analysis_grow(all->chance, sizeof *all->chance, all->count, &room);
    all->suspect[all->count] = (struct suspect){call, site};
    all->chance[all->count++] = chance;
}

/* Of one side: up. */
static double chance_of_more(struct difference difference)
{
    return difference.change > 0 ? difference.chance / 2 : 1;
}

static double chance_of_worse(const struct compared_site *site, double level)
{
    bool less = site->bytes.change < 0 && site->bytes.chance / 2 < level;
    if (site->sizes_differ && site->size_change > 0 && !less)
        return 0;
    return fmin(1, 2 * fmin(chance_of_more(site->bytes), chance_of_more(site->things)));
}

static void suspect_call(struct check *check, const struct compared_call *call,
                         struct suspects *suspects)
{
    for (size_t i = 0; i < call->count; i++) {
        const struct compared_site *site = &call->site[i];
        check->moved += site->as == COMPARED_MOVED;
        check->gone += site->as == COMPARED_GONE;
        if (site->as != COMPARED_GONE && compare_leaks(site->after))
            add(suspects, call, site, chance_of_worse(site, check->chance));
    }
    if (call->count) /* what leaks on neither side is not asked about */
        add(suspects, call, NULL, chance_of_more(call->bytes));
}

/* ---- what is said of it ---- */

static void say_site(struct check *check, const struct suspect *suspect)
{
    const struct figures_site *before = suspect->site->before, *after = suspect->site->after;
    struct figure rate = check_rate_text(after->bytes, after->things, after->resource);
    struct check_problem *problem;
    bool fresh = !before || !verdict_leaks(before->verdict);
    if (fresh)
        problem =
            check_add(check, CHECK_NEW_LEAK, suspect->call->after, "new: leaves %s", rate.text);
    else
        problem = check_add(check, CHECK_WORSE_LEAK, suspect->call->after,
                            "worse: leaves %s; it was %s", rate.text,
                            check_rate_text(before->bytes, before->things, before->resource).text);
    problem->now = after->bytes;
    problem->before = before ? before->bytes : (struct estimate){0};
    problem->compared = true;
    problem->stack = &after->stack;
}

static void say_call(struct check *check, const struct compared_call *call)
{
    const struct figures_site *worst = check_worst_site(call->after, NULL);
    struct figure rate = check_rate_text(call->bytes_after, (struct estimate){0}, "");
    struct check_problem *problem =
        check_add(check, CHECK_WORSE_CALL, call->after, "worse: leaves %s; it was %s", rate.text,
                  check_rate_text(call->bytes_before, (struct estimate){0}, "").text);
    problem->now = call->bytes_after;
    problem->before = call->bytes_before;
    problem->compared = true;
    problem->stack = worst ? &worst->stack : NULL;
}

/* A call whose places were told of need not be told of again. */
static void say(struct check *check, const struct suspects *suspects, const bool *worse)
{
    const struct compared_call *told = NULL;
    for (size_t i = 0; i < suspects->count; i++) {
        const struct suspect *suspect = &suspects->suspect[i];
        if (!worse[i])
            continue;
        if (suspect->site)
            say_site(check, suspect);
        else if (suspect->call != told)
            say_call(check, suspect->call);
        told = suspect->call;
    }
}

void check_compare(struct check *check)
{
    size_t count = check->now->call_count;
    struct compared_call *calls = analysis_take(count + 1, sizeof *calls);
    struct suspects suspects = {0};
    for (size_t i = 0; i < count; i++) {
        const struct figures_call *after = &check->now->call[i];
        const struct figures_call *before = figures_call(check->before, after->key);
        bool *before_left_out = before ? check_left_out(check, before, true) : NULL;
        bool *after_left_out = check_left_out(check, after, true);
        calls[i] = compare_calls(before, before_left_out, after, after_left_out, check->chance);
        suspect_call(check, &calls[i], &suspects);
        free(before_left_out);
        free(after_left_out);
    }
    bool *worse = analysis_take(suspects.count + 1, sizeof *worse);
    statistics_holm(suspects.chance, suspects.count, check->chance, worse);
    say(check, &suspects, worse);
    for (size_t i = 0; i < count; i++)
        compare_free(&calls[i]);
    free(worse);
    free(calls);
    free(suspects.suspect);
    free(suspects.chance);
}
