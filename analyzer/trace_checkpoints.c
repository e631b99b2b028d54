/* Checkpoints with their summaries. A checkpoint whose summaries are not all there is left out: it
 * would say that sites had no survivors. */
#include "analyzer/array.h"
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

bool trace_summary_take(struct trace_records *records, const struct residue_summary *from)
{
    struct trace_summary *summary = trace_records_room(records, trace_summary_size(from));
    struct trace_summary **grown = array_grow(records->summary, sizeof *records->summary,
                                              records->summary_count, &records->summary_room, 1);
    if (grown)
        records->summary = grown;
    if (!summary || !grown)
        return false;
    trace_summary_pack(from, summary);
    records->summary[records->summary_count++] = summary;
    return true;
}

static bool usable(const struct trace_records *records, const struct trace *trace,
                   const struct trace_summary *summary, uint32_t highest)
{
    return summary->checkpoint && summary->checkpoint <= highest &&
           summary->site <= trace->own_site_count && records->site_known[summary->site];
}

/* Brings the summaries into the order of their checkpoints: those of checkpoint `id` begin at
 * first[id] and end before first[id + 1]. */
static bool sort_summaries(struct trace_records *records, const struct trace *trace, size_t *first,
                           uint32_t highest)
{
    struct trace_summary **from = records->summary, **to = NULL;
    size_t count = records->summary_count;
    to = calloc(count + 1, sizeof *to);
    if (!to)
        return false;
    for (size_t i = 0; i < count; i++)
        if (usable(records, trace, from[i], highest))
            first[from[i]->checkpoint + 2]++;
    for (uint64_t id = 2; id <= (uint64_t)highest + 2; id++)
        first[id] += first[id - 1];
    /* Now first[id + 1] is where those of `id` begin, and moves to where they end. */
    for (size_t i = 0; i < count; i++)
        if (usable(records, trace, from[i], highest))
            to[first[from[i]->checkpoint + 1]++] = from[i];
    free(from);
    records->summary = to;
    return true;
}

/* The writer sets the number of summaries last. A checkpoint that has none is complete, for its
 * figures of memory, unless it was still being written. */
static bool complete(const struct residue_checkpoint *checkpoint, size_t summaries,
                     const struct trace *trace, bool last)
{
    if (checkpoint->summaries || summaries)
        return checkpoint->summaries == summaries;
    bool may_grow = last && trace->header.state == RESIDUE_STATE_RUNNING &&
                    !(trace->header.flags & RESIDUE_FLAG_COMPACT);
    return !may_grow || !checkpoint->tracked_count;
}

static void keep(struct trace_records *records, struct trace *trace,
                 const struct residue_checkpoint *from, size_t first, size_t count)
{
    trace->checkpoints[trace->checkpoint_count++] = (struct trace_checkpoint){
        .reason = from->reason,
        .path = from->path <= trace->path_count ? from->path : 0,
        .time_ns = from->time_ns,
        .private_bytes = from->private_bytes,
        .tracked_bytes = from->tracked_bytes,
        .tracked_count = from->tracked_count,
        .summaries = (const struct trace_summary *const *)records->summary + first,
        .summary_count = (uint32_t)count,
    };
}

bool trace_checkpoints_finish(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_CHECKPOINT];
    uint32_t highest;
    const struct residue_checkpoint **by_id = trace_array_for(list, sizeof *by_id, &highest);
    size_t *first = calloc((size_t)highest + 3, sizeof *first);
    trace->checkpoints = calloc((size_t)highest + 1, sizeof *trace->checkpoints);
    bool fine =
        by_id && first && trace->checkpoints && sort_summaries(records, trace, first, highest);
    for (size_t i = 0; fine && i < list->count; i++) {
        uint32_t id = trace_record_id(list->record[i]);
        if (id <= highest)
            by_id[id] = (const void *)list->record[i];
    }
    size_t counted = trace_counts_of_checkpoints(records, highest);
    for (uint32_t id = 1; fine && id <= counted; id++)
        if (by_id[id] && complete(by_id[id], first[id + 1] - first[id], trace, id == highest))
            keep(records, trace, by_id[id], first[id], first[id + 1] - first[id]);
    free(by_id);
    free(first);
    return fine;
}
