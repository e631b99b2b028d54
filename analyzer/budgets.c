#include "analyzer/budgets.h"
#include "analyzer/analysis_sites.h"
#include "analyzer/objects.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An open object of the budget's interface. */
struct open {
    uint32_t root; /* id of the outermost it was opened from that is known */
    uint32_t path, ordinal;
};

static int by_root(const void *one, const void *other)
{
    const struct open *a = one, *b = other;
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    if (a->path != b->path)
        return a->path < b->path ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* The object of no parent that it was opened from. One that is gone still tells by its identity
 * that they belong together. */
static uint32_t root_of(const struct trace *trace, const struct trace_object *object)
{
    uint32_t root = object->id;
    while (object && object->parent) {
        root = object->parent;
        object = trace_object_of(trace, object->parent);
    }
    return root;
}

static struct open *list_open(const struct trace *trace, const struct trace_budget *budget,
                              size_t *count)
{
    struct open *open = analysis_take(trace->object_count, sizeof *open);
    *count = 0;
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        if (object->live && !strcmp(trace->names[object->interface].text, budget->interface) &&
            object->interface)
            open[(*count)++] =
                (struct open){budget->per == RESIDUE_BUDGET_SESSION ? root_of(trace, object) : 0,
                              objects_path(trace, object), object->ordinal};
    }
    qsort(open, *count, sizeof *open, by_root);
    return open;
}

/* ---- how they grow ---- */

/* Whether a verdict says that calls go on leaving some: a leak; or too few calls to tell it from a
 * cache, which would use the budget up as well, if each call left as many. */
static bool grows(const struct verdict *verdict, size_t count)
{
    enum { FEW = 8 };
    return verdict_leaks(verdict->kind) ||
           (verdict->kind == VERDICT_TOO_FEW_CALLS && verdict->exact && count >= FEW);
}

/* The distance of calls at which objects were opened since the warm-up, when it is always the same;
 * else 0. */
static uint32_t gap_of(const struct open *open, size_t count, uint32_t first)
{
    uint32_t gap = 0;
    for (size_t i = 1; i < count; i++) {
        uint32_t here = open[i].ordinal - open[i - 1].ordinal;
        if (open[i - 1].ordinal < first)
            continue;
        if (!here || (gap && here != gap))
            return 0;
        gap = here;
    }
    return gap;
}

/* `open`: what one path opened and is open, in order. */
static bool judge(const struct trace *trace, const struct open *open, size_t count,
                  uint64_t missing, struct budget *budget)
{
    uint32_t path = open->path, calls = trace->paths[path].started;
    struct trace_survivor *survivors = analysis_take(count, sizeof *survivors);
    for (size_t i = 0; i < count; i++)
        survivors[i] = (struct trace_survivor){.ordinal = open[i].ordinal, .count = 1};
    struct verdict verdict = analysis_judge(trace, path, survivors, count, false);
    free(survivors);
    uint32_t since = open->ordinal, last = open[count - 1].ordinal;
    uint32_t gap = gap_of(open, count, verdict.first ? verdict.first : since);
    double rate = verdict.per_call;
    if (!grows(&verdict, count) || rate <= 0)
        return false;
    budget->path = path;
    budget->per_call = rate;
    /* Regular, and still at it. */
    budget->exact = gap && calls - last < gap;
    uint64_t reached = budget->exact ? last + missing * gap : 0;
    budget->calls_left = budget->exact ? (reached > calls ? reached - calls : 0)
                                       : (uint64_t)ceil((double)missing / rate);
    return true;
}

/* Of all paths that opened some, the one whose calls will reach the budget first. */
static bool judge_paths(const struct trace *trace, const struct open *open, size_t count,
                        struct budget *budget)
{
    uint64_t missing = count < budget->about->most ? budget->about->most - count : 0;
    bool any = false;
    for (size_t i = 0, end; i < count; i = end) {
        struct budget one = {.about = budget->about, .open = count};
        for (end = i; end < count && open[end].path == open[i].path;)
            end++;
        if (!open[i].path || !judge(trace, &open[i], end - i, missing, &one))
            continue;
        if (!any || one.calls_left < budget->calls_left)
            *budget = one;
        any = true;
    }
    return any;
}

static bool of_objects(const struct trace *trace, struct budget *budget)
{
    size_t count, most = 0, at = 0;
    struct open *open = list_open(trace, budget->about, &count);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && open[end].root == open[i].root;)
            end++;
        if (end - i >= most) { /* of several that have as many, the last: it may still grow */
            most = end - i;
            at = i;
        }
    }
    budget->open = most;
    bool any = most && judge_paths(trace, &open[at], most, budget);
    free(open);
    return any;
}

/* A call whose executions are counted, of a process: each brings it nearer. One that was executed
 * more often showed that it has no such limit here. */
static bool of_calls(const struct trace *trace, struct budget *budget)
{
    uint32_t path = 0;
    for (uint32_t i = 1; i <= trace->path_count; i++)
        if (!strcmp(trace->names[trace->paths[i].name].text, budget->about->interface)) {
            budget->open += trace->paths[i].started;
            if (!path || trace->paths[i].started > trace->paths[path].started)
                path = i;
        }
    budget->path = path;
    budget->per_call = 1;
    budget->exact = true;
    budget->calls_left = budget->about->most - budget->open;
    return path && budget->open < budget->about->most;
}

static int worst_first(const void *one, const void *other)
{
    const struct budget *a = one, *b = other;
    if (a->calls_left != b->calls_left)
        return a->calls_left < b->calls_left ? -1 : 1;
    return (a->about > b->about) - (a->about < b->about);
}

struct budgets budgets_of(const struct analysis *analysis)
{
    const struct trace *trace = analysis->trace;
    struct budgets budgets = {.budget = analysis_take(trace->budget_count, sizeof *budgets.budget)};
    for (size_t i = 0; i < trace->budget_count; i++) {
        struct budget budget = {.about = &trace->budgets[i]};
        bool call = strstr(budget.about->interface, "::");
        if (call ? of_calls(trace, &budget) : of_objects(trace, &budget))
            budgets.budget[budgets.count++] = budget;
    }
    if (budgets.count)
        qsort(budgets.budget, budgets.count, sizeof *budgets.budget, worst_first);
    return budgets;
}

void budgets_free(struct budgets *budgets)
{
    free(budgets->budget);
    *budgets = (struct budgets){0};
}
