/* Things that are acquired and never released, by what they are called: connections, counted
 * initialisation, handles. */
#include "analyzer/analysis_sites.h"
#include "analyzer/array.h"
#include "analyzer/findings_make.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

static const char connection[] = "advise connection";

/* What calls of one path left of one kind. */
struct left {
    uint32_t path, kind;
    struct finding_things things;
    const struct analysis_site *most;
};

static bool wanted(const struct trace *trace, const struct analysis_site *site)
{
    const struct trace_kind *kind = &trace->kinds[trace->sites[site->site].kind];
    return site->survivors && kind->class == RESIDUE_CLASS_OTHER &&
           (kind->release || !strcmp(kind->name, connection));
}

static struct left left_of(const struct findings_context *context, const struct analysis_call *call,
                           uint32_t kind)
{
    struct left left = {.path = call->path, .kind = kind};
    for (uint32_t i = 0; i < call->site_count; i++) {
        const struct analysis_site *site = &call->sites[i];
        if (context->trace->sites[site->site].kind != kind)
            continue;
        for (size_t j = 0; j < site->entries; j++)
            for (uint32_t k = 0; k < site->survivor[j].count; k++)
                if (!findings_told(context, call->path, site->survivor[j].ordinal))
                    finding_thing(&left.things, site->survivor[j].ordinal, 0);
        if (!left.most || site->survivors > left.most->survivors)
            left.most = site;
    }
    return left;
}

/* ---- counted by thread ---- */

/* What is counted by thread: on how many, 0 for what is not, and on which one most of it. */
struct on_threads {
    uint32_t count, most;
    bool alike; /* as much on each */
};

static struct on_threads threads_of(const struct trace *trace, const struct analysis_call *call,
                                    uint32_t kind)
{
    uint32_t *threads = analysis_take(trace->resource_count, sizeof *threads);
    struct on_threads on = {0};
    size_t count = 0, found, longest = 0;
    for (uint32_t i = 0; i < call->site_count; i++) {
        if (trace->sites[call->sites[i].site].kind != kind)
            continue;
        const struct trace_resource *resource =
            trace_resources_of(trace, call->sites[i].site, &found);
        for (size_t j = 0; resource && j < found; j++)
            if (resource[j].thread)
                threads[count++] = resource[j].thread;
    }
    qsort(threads, count, sizeof *threads, array_by_number);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && threads[end] == threads[i];)
            end++;
        on.count++;
        if (end - i > longest) {
            longest = end - i;
            on.most = threads[i];
        }
    }
    on.alike = longest * on.count == count;
    free(threads);
    return on;
}

static struct finding *add_unbalanced(struct findings *findings, const struct trace *trace,
                                      const struct left *left, struct on_threads on)
{
    const struct trace_kind *kind = &trace->kinds[left->kind];
    char where[96];
    int used = on.count == 1 ? 0
                             : snprintf(where, sizeof where, "on %s threads%s",
                                        figure_count(on.count).text, on.alike ? "" : ", most ");
    if (on.count == 1 || !on.alike)
        snprintf(where + used, sizeof where - (size_t)used, "on thread %u", on.most);
    struct finding *finding = finding_add(findings, FINDING_UNBALANCED_INITIALIZE, left->path,
                                          "%s %s time%s more than %s, %s", kind->name,
                                          figure_count(left->things.count).text,
                                          left->things.count == 1 ? "" : "s", kind->release, where);
    finding->thread = on.most;
    finding->other_threads = on.count > 1;
    return finding;
}

/* No cache counts: what is left of each call is enough, however few they are, if it is not just a
 * last one. */
static bool unbalanced(const struct trace *trace, const struct left *left, struct verdict *verdict)
{
    enum { LEAST = 12 };
    if (!left->things.count)
        return false;
    *verdict = analysis_judge(trace, left->path, left->things.thing, left->things.count, true);
    return verdict_leaks(verdict->kind) ||
           (left->things.count == trace->paths[left->path].started && left->things.count >= LEAST);
}

/* ---- connections ---- */

/* Sinks that were forgotten one by one are told as such: each was there when its session was over.
 */
static bool told_as_sinks(const struct findings *findings, const struct left *left)
{
    for (uint32_t i = 0; i < findings->count; i++)
        if (findings->finding[i].kind == FINDING_SINK_OUTLIVES_SESSION &&
            findings->finding[i].path == left->path)
            return true;
    return false;
}

/* ---- each ---- */

static struct finding *add_handle(struct findings *findings, const struct trace *trace,
                                  const struct left *left)
{
    const struct trace_kind *kind = &trace->kinds[left->kind];
    const char *call = finding_call(trace, left->path);
    if (!strcmp(kind->name, connection))
        return finding_add(findings, FINDING_ADVISE, left->path, "%s without Unadvise", call);
    if (!strcmp(kind->name, call)) /* a pair without a word for what it is about */
        return finding_add(findings, FINDING_HANDLE, left->path, "%s without %s", call,
                           kind->release);
    return finding_add(findings, FINDING_HANDLE, left->path, "%s: %s without %s", kind->name, call,
                       kind->release);
}

static void tell(struct findings *findings, const struct findings_context *context,
                 const struct analysis_call *call, uint32_t kind)
{
    const struct trace *trace = context->trace;
    struct left left = left_of(context, call, kind);
    struct verdict verdict;
    struct on_threads on = threads_of(trace, call, kind);
    bool sinks = !strcmp(trace->kinds[kind].name, connection) && told_as_sinks(findings, &left);
    bool systematic = finding_systematic(trace, left.path, &left.things, &verdict);
    if (on.count && !systematic)
        systematic = unbalanced(trace, &left, &verdict);
    if (systematic && !sinks) {
        struct finding *finding = on.count ? add_unbalanced(findings, trace, &left, on)
                                           : add_handle(findings, trace, &left);
        finding_rate_of(finding, &verdict, &left.things);
        finding_stack(finding, "acquired", left.most->site, left.most->survivors);
    }
    finding_things_free(&left.things);
}

void find_handles(struct findings *findings, const struct findings_context *context)
{
    const struct analysis *analysis = context->analysis;
    const struct trace *trace = context->trace;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        for (uint32_t j = 0; j < call->site_count; j++) {
            uint32_t kind = trace->sites[call->sites[j].site].kind;
            bool first = wanted(trace, &call->sites[j]);
            for (uint32_t k = 0; k < j && first; k++)
                first = trace->sites[call->sites[k].site].kind != kind || !call->sites[k].survivors;
            if (first)
                tell(findings, context, call, kind);
        }
    }
}
