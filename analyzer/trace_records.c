#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

struct trace_records *trace_records_new(void)
{
    return calloc(1, sizeof(struct trace_records));
}

/* Owns `block` from now on, also when it fails. */
static bool keep_block(struct trace_records *records, void *block)
{
    if (records->block_count == records->block_room) {
        size_t room = records->block_room ? 2 * records->block_room : 16;
        void **grown = realloc(records->blocks, room * sizeof *grown);
        if (!grown) {
            free(block);
            return false;
        }
        records->blocks = grown;
        records->block_room = room;
    }
    records->blocks[records->block_count++] = block;
    return true;
}

char *trace_records_text(struct trace_records *records, const char *text, size_t length)
{
    enum { TEXTS = 4096 };
    if (records->text_left <= length) {
        size_t size = length < TEXTS ? TEXTS : length + 1;
        char *block = malloc(size);
        if (!block || !keep_block(records, block))
            return NULL;
        records->text = block;
        records->text_left = size;
    }
    char *copy = records->text;
    for (size_t i = 0; i < length; i++)
        copy[i] = text[i] ? text[i] : '?'; /* a text ends where it says it ends */
    copy[length] = 0;
    records->text += length + 1;
    records->text_left -= length + 1;
    return copy;
}

static bool list_add(struct trace_list *list, const struct residue_record *record)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        const struct residue_record **grown = realloc(list->record, room * sizeof *grown);
        if (!grown)
            return false;
        list->record = grown;
        list->room = room;
    }
    list->record[list->count++] = record;
    return true;
}

/* ---- survivors ---- */

static struct trace_survivor *survivor_room(struct trace_records *records, size_t more)
{
    if (records->survivor_room - records->survivor_count < more) {
        size_t room = 2 * records->survivor_room + more + 1024;
        struct trace_survivor *grown = realloc(records->survivors, room * sizeof *grown);
        if (!grown)
            return NULL;
        records->survivors = grown;
        records->survivor_room = room;
    }
    return records->survivors + records->survivor_count;
}

bool trace_records_entries(struct trace_records *records, const struct residue_entry *entries,
                           size_t count, uint64_t address)
{
    struct trace_survivor *first = survivor_room(records, count), *out = first;
    if (!first)
        return false;
    for (size_t i = 0; i < count; i++, address += RESIDUE_GRANULE)
        if (entries[i].site)
            *out++ = (struct trace_survivor){.site = entries[i].site,
                                             .ordinal = entries[i].ordinal,
                                             .size = entries[i].extent >> 8,
                                             .handle = address + (entries[i].extent & 0xff)};
    records->survivor_count += (size_t)(out - first);
    return true;
}

static bool take_survivors(struct trace_records *records, const struct residue_survivors *from)
{
    struct trace_survivor *out = survivor_room(records, from->count);
    if (!out)
        return false;
    for (uint64_t i = 0; i < from->count; i++)
        out[i] = (struct trace_survivor){.site = from->survivor[i].site,
                                         .ordinal = from->survivor[i].ordinal,
                                         .size = from->survivor[i].size,
                                         .handle = from->survivor[i].address};
    records->survivor_count += from->count;
    return true;
}

static bool take_resource(struct trace_records *records, const struct residue_resource *from)
{
    if (from->state != RESIDUE_RESOURCE_LIVE)
        return true;
    struct trace_survivor *out = survivor_room(records, 1);
    if (!out)
        return false;
    *out = (struct trace_survivor){.site = from->site,
                                   .ordinal = from->ordinal,
                                   .size = from->size,
                                   .handle = from->handle,
                                   .freed_site = from->freed_site,
                                   .freed_block_site = from->freed_block_site,
                                   .freed_ordinal = from->freed_ordinal};
    records->survivor_count++;
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
    case RESIDUE_RECORD_RESOURCE_KIND:
        return fits(record, led, ((const struct residue_resource_kind *)at)->length, 1);
    case RESIDUE_RECORD_SURVIVORS:
        return fits(record, led, ((const struct residue_survivors *)at)->count,
                    sizeof(struct residue_survivor));
    case RESIDUE_RECORD_ARGUMENT:
        return fits(record, led, ((const struct residue_argument *)at)->length, 1);
    default:
        return true;
    }
}

/* `*kept`: the record's bytes are needed later. */
static bool take_record(struct trace_records *records, const struct residue_record *record,
                        unsigned which, bool *kept)
{
    bool live = record->kind == RESIDUE_RECORD_RESOURCE;
    if (!(which & (live ? TRACE_TAKE_LIVE : TRACE_TAKE_REST)) || !well_formed(record))
        return true;
    if (live)
        return take_resource(records, (const void *)record);
    if (record->kind == RESIDUE_RECORD_SURVIVORS)
        return take_survivors(records, (const void *)record);
    *kept = true;
    return list_add(&records->list[record->kind], record);
}

bool trace_records_take(struct trace_records *records, void *bytes, size_t size, unsigned which,
                        bool *whole)
{
    const char *at = bytes;
    size_t left = size;
    bool kept = false, fine = true;
    while (fine && left >= sizeof(struct residue_record)) {
        const struct residue_record *record = (const void *)at;
        if (record->size < sizeof *record || record->size % 8 || record->size > left)
            break; /* what follows can't be told apart any more */
        fine = take_record(records, record, which, &kept);
        at += record->size;
        left -= record->size;
    }
    if (left)
        *whole = false;
    if (kept)
        return keep_block(records, bytes) && fine;
    free(bytes);
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
        free(records->summaries);
        free(records->site_known);
        free(records);
    }
    free(trace->modules);
    free(trace->names);
    free(trace->paths);
    free(trace->stacks);
    free(trace->kinds);
    free(trace->sites);
    free(trace->checkpoints);
    free(trace->arguments);
}
