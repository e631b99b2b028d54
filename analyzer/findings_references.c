/* References on objects that are not leaked themselves, taken beside that of the opening call; and
 * objects that a last teardown alone released. */
#include "analyzer/findings_make.h"
#include "analyzer/trace_references.h"
#include <stdio.h>
#include <stdlib.h>

/* A reference on an object that is not leaked itself. */
struct further {
    uint32_t path, site, ordinal;
};

static int by_place(const void *one, const void *other)
{
    const struct further *a = one, *b = other;
    if (a->path != b->path)
        return a->path < b->path ? -1 : 1;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

static struct further *list_further(const struct findings_context *context, size_t *count)
{
    const struct trace *trace = context->trace;
    struct further *list = NULL;
    size_t room = 0;
    *count = 0;
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        if (!object->live || context->consequence[i] || object->held < 2)
            continue;
        uint32_t *events = analysis_take(object->event_count, sizeof *events);
        uint32_t further = trace_further(trace, object, object->held, events);
        for (uint32_t j = 0; j < further; j++) {
            const struct residue_event *event = &object->event[events[j]];
            list = analysis_grow(list, sizeof *list, *count, &room);
            list[(*count)++] =
                (struct further){trace->sites[event->site].path, event->site, event->ordinal};
        }
        free(events);
    }
    if (*count)
        qsort(list, *count, sizeof *list, by_place);
    return list;
}

/* References that calls of one path took. */
static void tell_further(struct findings *findings, const struct findings_context *context,
                         const struct further *further, size_t count)
{
    const struct trace *trace = context->trace;
    uint32_t path = further->path;
    enum residue_role role = trace->names[trace->paths[path].name].role;
    struct finding_things things = {0};
    struct verdict verdict;
    char place[64] = "";
    for (size_t i = 0; i < count; i++)
        finding_thing(&things, further[i].ordinal, 0);
    if (further[0].site == further[count - 1].site)
        snprintf(place, sizeof place, " at %s", finding_place(further->site).text);
    if (finding_systematic(trace, path, &things, &verdict)) {
        struct finding *finding =
            finding_add(findings, FINDING_REFERENCE_LEAK, path,
                        role == RESIDUE_ROLE_ADDREF || role == RESIDUE_ROLE_QI
                            ? "the reference that %s takes%s is never released"
                            : "the reference that %s hands out%s, to an object that is open "
                              "already, is never released",
                        finding_call(trace, path), place);
        finding_rate_of(finding, &verdict, &things);
        for (size_t i = 0, end; i < count; i = end) {
            for (end = i; end < count && further[end].site == further[i].site;)
                end++;
            finding_stack(finding, "reference taken", further[i].site, end - i);
        }
    }
    finding_things_free(&things);
}

static void find_further_references(struct findings *findings,
                                    const struct findings_context *context)
{
    size_t count;
    struct further *further = list_further(context, &count);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && further[end].path == further[i].path;)
            end++;
        tell_further(findings, context, &further[i], end - i);
    }
    free(further);
}

/* What was released by a last teardown only: nothing of it is there at the end. */
static void find_released_by_teardown(struct findings *findings,
                                      const struct findings_context *context)
{
    const struct analysis *analysis = context->analysis;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        for (uint32_t j = 0; j < call->site_count; j++) {
            const struct analysis_site *site = &call->sites[j];
            if (analysis_class(context->trace, site->site) != RESIDUE_CLASS_INTERFACE_REFERENCE ||
                !site->verdict.from_checkpoint || !verdict_leaks(site->verdict.kind) ||
                site->survivors)
                continue;
            struct finding *finding =
                finding_add(findings, FINDING_REFERENCE_LEAK, call->path,
                            "what %s opened at %s is not released before the last teardown",
                            call->name, finding_place(site->site).text);
            finding_rate(finding, &site->verdict,
                         (uint64_t)(site->verdict.per_call * (double)call->count + 0.5));
            finding_stack(finding, "opened", site->site, finding->count);
        }
    }
}

void find_references(struct findings *findings, const struct findings_context *context)
{
    find_further_references(findings, context);
    find_released_by_teardown(findings, context);
}
