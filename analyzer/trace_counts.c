/*
 * Of a trace that is being written a reader sees whole things, but not all at one moment: by the
 * time the last of a million blocks was read, the client has made more calls. So how many there
 * were is read first of all, and what came later is left out: else the last calls would seem to
 * leave nothing, as a cache does that is full.
 */
#include "analyzer/array.h"
#include "analyzer/trace_records.h"

bool trace_counts_take(struct trace_records *records, const struct residue_record *record,
                       unsigned which)
{
    records->counted = true;
    if (which == TRACE_COUNT_CHECKPOINTS && record->kind == RESIDUE_RECORD_CHECKPOINT)
        records->checkpoints_counted++;
    if (which != TRACE_COUNT_CALLS || record->kind != RESIDUE_RECORD_PATH)
        return true;
    void *grown = array_grow(records->path_counts, sizeof *records->path_counts,
                             records->path_count, &records->path_room, 1);
    if (!grown)
        return false;
    records->path_counts = grown;
    const struct residue_path *path = (const void *)record;
    records->path_counts[records->path_count++] =
        (struct trace_path_count){path->id, path->started, path->finished};
    return true;
}

void trace_counts_of_paths(const struct trace_records *records, struct trace *trace)
{
    if (!records->counted)
        return;
    for (uint32_t id = 1; id <= trace->path_count; id++)
        trace->paths[id].started = trace->paths[id].finished = 0;
    for (size_t i = 0; i < records->path_count; i++) {
        const struct trace_path_count *count = &records->path_counts[i];
        if (!count->path || count->path > trace->path_count)
            continue;
        trace->paths[count->path].started = count->started;
        trace->paths[count->path].finished = count->finished;
    }
}

/* Outside of calls, what stands for the ordinal is none. */
static bool came_later(const struct trace *trace, uint32_t site, uint32_t ordinal)
{
    uint32_t path = trace->sites[site].path;
    return path && ordinal > trace->paths[path].started;
}

void trace_counts_of_survivors(struct trace_records *records, const struct trace *trace)
{
    if (!records->counted)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < records->survivor_count; i++) {
        const struct trace_survivor *survivor = &records->survivors[i];
        if (!came_later(trace, survivor->site, survivor->ordinal))
            records->survivors[kept++] = *survivor;
    }
    records->survivor_count = kept;
    kept = 0;
    for (size_t i = 0; i < records->resource_count; i++) {
        const struct trace_resource *resource = &records->resources[i];
        if (!came_later(trace, resource->site, resource->ordinal))
            records->resources[kept++] = *resource;
    }
    records->resource_count = kept;
}

/* A checkpoint of later calls would have seen more of them than there are. */
size_t trace_counts_of_checkpoints(const struct trace_records *records, size_t count)
{
    return records->counted && records->checkpoints_counted < count ? records->checkpoints_counted
                                                                    : count;
}
