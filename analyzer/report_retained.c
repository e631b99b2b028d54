#include "analyzer/report_retained.h"
#include <stdlib.h>

struct series {
    struct retained_point *point;
    size_t count, room;
};

struct retained {
    const struct trace *trace;
    struct series *series;                    /* by path */
    const struct trace_summary **at_teardown; /* by site: at the last one that saw it */
};

enum listed { NOT_LISTED, LISTED, LISTED_LEAK };

static struct retained_point *point_at(struct series *series, uint32_t checkpoint, uint64_t calls)
{
    if (series->count && series->point[series->count - 1].checkpoint == checkpoint)
        return &series->point[series->count - 1];
    series->point =
        analysis_grow(series->point, sizeof *series->point, series->count, &series->room);
    series->point[series->count] =
        (struct retained_point){.checkpoint = checkpoint, .calls = calls};
    return &series->point[series->count++];
}

static void add(struct retained_point *point, uint64_t bytes, uint64_t things, bool leaks)
{
    point->bytes += bytes;
    point->things += things;
    point->leaking_bytes += leaks ? bytes : 0;
    point->leaking_things += leaks ? things : 0;
}

static void add_checkpoints(struct retained *retained, const enum listed *listed)
{
    const struct trace *trace = retained->trace;
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        const struct trace_checkpoint *checkpoint = &trace->checkpoints[i];
        for (uint32_t j = 0; j < checkpoint->summary_count; j++) {
            const struct trace_summary *summary = checkpoint->summaries[j];
            uint32_t path = trace->sites[summary->site].path;
            if (!path || listed[summary->site] == NOT_LISTED)
                continue;
            if (checkpoint->reason == RESIDUE_CHECKPOINT_TEARDOWN)
                retained->at_teardown[summary->site] = summary;
            add(point_at(&retained->series[path], i, summary->calls), summary->bytes,
                summary->survivors, listed[summary->site] == LISTED_LEAK);
        }
    }
}

static void add_end(struct retained *retained, const struct analysis_call *call)
{
    struct retained_point *end =
        point_at(&retained->series[call->path], retained->trace->checkpoint_count, call->count);
    for (uint32_t i = 0; i < call->site_count; i++)
        add(end, call->sites[i].bytes, call->sites[i].survivors,
            verdict_leaks(call->sites[i].verdict.kind));
}

struct retained *retained_of(const struct report *report)
{
    const struct trace *trace = report->trace;
    const struct analysis *analysis = report->analysis;
    struct retained *retained = analysis_take(1, sizeof *retained);
    enum listed *listed = analysis_take(trace->site_count + 1, sizeof *listed);
    retained->trace = trace;
    retained->series = analysis_take(trace->path_count + 1, sizeof *retained->series);
    retained->at_teardown = analysis_take(trace->site_count + 1, sizeof(void *));
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        for (uint32_t j = 0; j < call->site_count; j++)
            listed[call->sites[j].site] =
                verdict_leaks(call->sites[j].verdict.kind) ? LISTED_LEAK : LISTED;
    }
    add_checkpoints(retained, listed);
    for (uint32_t i = 0; i < analysis->call_count; i++)
        if (analysis->calls[i].site_count)
            add_end(retained, &analysis->calls[i]);
    free(listed);
    return retained;
}

void retained_free(struct retained *retained)
{
    for (uint32_t path = 0; path <= retained->trace->path_count; path++)
        free(retained->series[path].point);
    free(retained->series);
    free(retained->at_teardown);
    free(retained);
}

const struct retained_point *retained_points(const struct retained *retained, uint32_t path,
                                             size_t *count)
{
    *count = retained->series[path].count;
    return retained->series[path].point;
}

static void of_summary(struct retained_ordinals *ordinals, const struct trace_summary *packed)
{
    struct residue_summary summary;
    trace_summary_unpack(packed, &summary);
    ordinals->before_teardown = true;
    ordinals->width = summary.bucket_width ? summary.bucket_width : 1;
    ordinals->count = RESIDUE_BUCKETS;
    while (ordinals->count > 1 && (ordinals->count - 1) * ordinals->width >= summary.calls)
        ordinals->count--;
    for (uint32_t i = 0; i < RESIDUE_BUCKETS; i++)
        ordinals->survivors[i < ordinals->count ? i : ordinals->count - 1] +=
            summary.bucket_survivors[i];
}

struct retained_ordinals retained_ordinals(const struct retained *retained,
                                           const struct analysis_site *site)
{
    struct retained_ordinals ordinals = {0};
    const struct trace *trace = retained->trace;
    uint64_t calls = trace->paths[trace->sites[site->site].path].started;
    const struct trace_summary *before = retained->at_teardown[site->site];
    if (site->verdict.from_checkpoint && before) {
        of_summary(&ordinals, before);
        return ordinals;
    }
    ordinals.width = calls > RETAINED_BUCKETS ? (calls - 1) / RETAINED_BUCKETS + 1 : 1;
    ordinals.count = calls ? (uint32_t)((calls - 1) / ordinals.width) + 1 : 1;
    for (size_t i = 0; i < site->entries; i++) {
        const struct trace_survivor *survivor = &site->survivor[i];
        uint64_t bucket = survivor->ordinal ? (survivor->ordinal - 1) / ordinals.width : 0;
        ordinals.survivors[bucket < ordinals.count ? bucket : ordinals.count - 1] +=
            survivor->count;
    }
    return ordinals;
}
