/* Things of one cause, and whether it is systematic. */
#include "analyzer/analysis_sites.h"
#include "analyzer/findings_make.h"
#include <stdlib.h>
#include <string.h>

void finding_thing(struct finding_things *things, uint32_t ordinal, uint64_t bytes)
{
    things->thing =
        analysis_grow(things->thing, sizeof *things->thing, things->count, &things->room);
    things->thing[things->count++] = (struct trace_survivor){
        .ordinal = ordinal,
        .size = bytes < TRACE_SIZE_MOST ? bytes & TRACE_SIZE_MOST : TRACE_SIZE_MOST,
        .count = 1};
}

void finding_things_free(struct finding_things *things)
{
    free(things->thing);
    *things = (struct finding_things){0};
}

bool finding_systematic(const struct trace *trace, uint32_t path, struct finding_things *things,
                        struct verdict *verdict)
{
    *verdict = (struct verdict){0};
    if (things->count)
        qsort(things->thing, things->count, sizeof *things->thing, trace_survivors_order);
    if (!path)
        return things->count >= FINDING_OUTSIDE_LEAST;
    if (!things->count)
        return false;
    *verdict = analysis_judge(trace, path, things->thing, things->count, things->dead);
    return verdict_leaks(verdict->kind);
}

void finding_rate_of(struct finding *finding, const struct verdict *verdict,
                     const struct finding_things *things)
{
    finding->count = things->count;
    if (finding->path)
        finding_rate(finding, verdict, things->count);
}
