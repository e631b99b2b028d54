#include "analyzer/trace_records.h"
#include "analyzer/array.h"

#include <stdlib.h>
#include <string.h>

struct trace_records *trace_records_new(void)
{
    return calloc(1, sizeof(struct trace_records));
}

void *trace_records_room(struct trace_records *records, size_t size)
{
    enum { BLOCK = 1 << 16 };
    size = (size + 7) & ~(size_t)7;
    if (records->free_left < size) {
        size_t block_size = size < BLOCK ? BLOCK : size;
        void **grown = array_grow(records->blocks, sizeof *grown, records->block_count,
                                  &records->block_room, 1);
        void *block = grown ? malloc(block_size) : NULL;
        if (grown)
            records->blocks = grown;
        if (!block)
            return NULL;
        records->blocks[records->block_count++] = block;
        records->free = block;
        records->free_left = block_size;
    }
    void *room = records->free;
    records->free += size;
    records->free_left -= size;
    return room;
}

char *trace_records_text(struct trace_records *records, const char *text, size_t length)
{
    char *copy = trace_records_room(records, length + 1);
    if (!copy)
        return NULL;
    for (size_t i = 0; i < length; i++)
        copy[i] = text[i] ? text[i] : '?'; /* a text ends where it says it ends */
    copy[length] = 0;
    return copy;
}

static bool list_copy(struct trace_records *records, const struct residue_record *record)
{
    struct trace_list *list = &records->list[record->kind];
    void *grown = array_grow(list->record, sizeof *list->record, list->count, &list->room, 1);
    if (grown)
        list->record = grown;
    void *copy = grown ? trace_records_room(records, record->size) : NULL;
    if (!copy)
        return false;
    list->record[list->count++] = memcpy(copy, record, record->size);
    return true;
}

/* ---- one record: is it long enough for what it says? ---- */

/* `head` bytes and then `count` things of `each` bytes. */
static bool fits(const struct residue_record *record, size_t head, uint64_t count, size_t each)
{
    return count <= (record->size - head) / each;
}

static bool well_formed(const struct residue_record *record)
{
    static const uint16_t head[TRACE_KINDS] = {
        [RESIDUE_RECORD_MODULE] = sizeof(struct residue_module),
        [RESIDUE_RECORD_NAME] = sizeof(struct residue_name),
        [RESIDUE_RECORD_PATH] = sizeof(struct residue_path),
        [RESIDUE_RECORD_STACK] = sizeof(struct residue_stack),
        [RESIDUE_RECORD_RESOURCE_KIND] = sizeof(struct residue_resource_kind),
        [RESIDUE_RECORD_SITE] = sizeof(struct residue_site),
        [RESIDUE_RECORD_RESOURCE] = sizeof(struct residue_resource),
        [RESIDUE_RECORD_CHECKPOINT] = sizeof(struct residue_checkpoint),
        [RESIDUE_RECORD_SUMMARY] = sizeof(struct residue_summary),
        [RESIDUE_RECORD_SURVIVORS] = sizeof(struct residue_survivors),
        [RESIDUE_RECORD_ARGUMENT] = sizeof(struct residue_argument),
        [RESIDUE_RECORD_RELOAD] = sizeof(struct residue_reload),
        [RESIDUE_RECORD_OBJECT] = sizeof(struct residue_object),
        [RESIDUE_RECORD_TALLY] = sizeof(struct residue_tally),
        [RESIDUE_RECORD_MISUSE] = sizeof(struct residue_misuse),
        [RESIDUE_RECORD_FAULT] = sizeof(struct residue_fault),
        [RESIDUE_RECORD_BUDGET] = sizeof(struct residue_budget),
    };
    if (record->kind >= TRACE_KINDS || !head[record->kind] || record->size < head[record->kind])
        return false;
    const void *at = record;
    size_t led = head[record->kind];
    switch (record->kind) {
    case RESIDUE_RECORD_MODULE: {
        const struct residue_module *module = at;
        return fits(record, led, (uint64_t)module->path_length + module->build_id_length, 1);
    }
    case RESIDUE_RECORD_NAME:
        return fits(record, led, ((const struct residue_name *)at)->length, 1);
    case RESIDUE_RECORD_STACK:
        return fits(record, led, ((const struct residue_stack *)at)->depth,
                    sizeof(struct residue_frame));
    case RESIDUE_RECORD_RESOURCE_KIND: {
        const struct residue_resource_kind *kind = at;
        return fits(record, led, (uint64_t)kind->length + kind->release_length, 1);
    }
    case RESIDUE_RECORD_SURVIVORS: {
        const struct residue_survivors *survivors = at;
        return fits(record, led, survivors->count,
                    trace_survivors_columns(survivors) * sizeof(uint32_t));
    }
    case RESIDUE_RECORD_ARGUMENT:
        return fits(record, led, ((const struct residue_argument *)at)->length, 1);
    case RESIDUE_RECORD_RELOAD:
        return fits(record, led, ((const struct residue_reload *)at)->paths, sizeof(uint32_t));
    case RESIDUE_RECORD_OBJECT:
        return fits(record, led, ((const struct residue_object *)at)->count,
                    sizeof(struct residue_event));
    case RESIDUE_RECORD_BUDGET: {
        const struct residue_budget *budget = at;
        return fits(record, led, (uint64_t)budget->interface_length + budget->text_length, 1);
    }
    default:
        return true;
    }
}

static bool take_record(struct trace_records *records, const struct residue_record *record,
                        unsigned which)
{
    const void *at = record;
    bool live = record->kind == RESIDUE_RECORD_RESOURCE || record->kind == RESIDUE_RECORD_OBJECT;
    if (which & (TRACE_COUNT_CHECKPOINTS | TRACE_COUNT_CALLS))
        return !well_formed(record) || trace_counts_take(records, record, which);
    if (!(which & (live ? TRACE_TAKE_LIVE : TRACE_TAKE_REST)) || !well_formed(record))
        return true;
    switch (record->kind) {
    case RESIDUE_RECORD_RESOURCE:
        return trace_resource_take(records, at);
    case RESIDUE_RECORD_OBJECT:
        return ((const struct residue_object *)at)->state == RESIDUE_OBJECT_FREE ||
               list_copy(records, record);
    case RESIDUE_RECORD_SURVIVORS:
        return trace_survivors_take(records, at);
    case RESIDUE_RECORD_SUMMARY:
        return trace_summary_take(records, at);
    case RESIDUE_RECORD_STACK:
        return trace_stack_take(records, at);
    default:
        return list_copy(records, record);
    }
}

bool trace_records_take(struct trace_records *records, const void *bytes, size_t size,
                        unsigned which, bool *whole)
{
    const char *at = bytes;
    size_t left = size;
    bool fine = true;
    while (fine && left >= sizeof(struct residue_record)) {
        const struct residue_record *record = (const void *)at;
        if (record->size < sizeof *record || record->size % 8 || record->size > left)
            break; /* what follows can't be told apart any more */
        fine = take_record(records, record, which);
        at += record->size;
        left -= record->size;
    }
    if (left)
        *whole = false;
    return fine;
}

void trace_records_free(struct trace_records *records, struct trace *trace)
{
    if (records) {
        for (size_t i = 0; i < records->block_count; i++)
            free(records->blocks[i]);
        free(records->blocks);
        for (size_t kind = 0; kind < TRACE_KINDS; kind++)
            free(records->list[kind].record);
        free(records->survivors);
        free(records->alike);
        free(records->resources);
        free(records->summary);
        free(records->stack);
        free(records->frames);
        free(records->frame_slot);
        free(records->path_counts);
        free(records->site_known);
        free(records);
    }
    free(trace->modules);
    free(trace->names);
    free(trace->paths);
    free(trace->stacks);
    free(trace->kinds);
    free(trace->sites);
    free(trace->objects);
    free(trace->tallies);
    free(trace->misuses);
    free(trace->fault);
    free(trace->budgets);
    free(trace->references);
    free(trace->checkpoints);
    free(trace->arguments);
}
