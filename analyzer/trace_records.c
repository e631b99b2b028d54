#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

/* Records by kind, as pointers into the rooms. */
struct list {
    const struct residue_record **record;
    size_t count, room;
};

enum { KINDS = RESIDUE_RECORD_ARGUMENT + 1 };

struct room {
    struct room *next;
    uint64_t align;
    char bytes[];
};

struct trace_records {
    struct room *rooms;
    struct list list[KINDS];
    struct trace_survivor *survivors;
    size_t survivor_count, survivor_room;
};

struct trace_records *trace_records_new(void)
{
    return calloc(1, sizeof(struct trace_records));
}

void *trace_records_room(struct trace_records *records, size_t size)
{
    struct room *room = malloc(sizeof *room + size);
    if (!room)
        return NULL;
    room->next = records->rooms;
    records->rooms = room;
    return room->bytes;
}

static bool list_add(struct list *list, const struct residue_record *record)
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

static bool survivor_add(struct trace_records *records, const struct trace_survivor *survivor)
{
    if (records->survivor_count == records->survivor_room) {
        size_t room = records->survivor_room ? 2 * records->survivor_room : 1024;
        struct trace_survivor *grown = realloc(records->survivors, room * sizeof *grown);
        if (!grown)
            return false;
        records->survivors = grown;
        records->survivor_room = room;
    }
    records->survivors[records->survivor_count++] = *survivor;
    return true;
}

/* ---- one record: is it long enough for what it says? ---- */

static bool text_fits(const struct residue_record *record, size_t head, uint64_t length)
{
    return record->size >= head && length <= record->size - head;
}

static bool well_formed(const struct residue_record *record)
{
    const void *at = record;
    switch (record->kind) {
    case RESIDUE_RECORD_MODULE: {
        const struct residue_module *module = at;
        return record->size >= sizeof *module &&
               text_fits(record, sizeof *module,
                         (uint64_t)module->path_length + module->build_id_length);
    }
    case RESIDUE_RECORD_NAME: {
        const struct residue_name *name = at;
        return record->size >= sizeof *name && text_fits(record, sizeof *name, name->length);
    }
    case RESIDUE_RECORD_PATH:
        return record->size >= sizeof(struct residue_path);
    case RESIDUE_RECORD_STACK: {
        const struct residue_stack *stack = at;
        return record->size >= sizeof *stack &&
               text_fits(record, sizeof *stack, (uint64_t)stack->depth * sizeof *stack->frame);
    }
    case RESIDUE_RECORD_RESOURCE_KIND: {
        const struct residue_resource_kind *kind = at;
        return record->size >= sizeof *kind && text_fits(record, sizeof *kind, kind->length);
    }
    case RESIDUE_RECORD_SITE:
        return record->size >= sizeof(struct residue_site);
    case RESIDUE_RECORD_RESOURCE:
        return record->size >= sizeof(struct residue_resource);
    case RESIDUE_RECORD_CHECKPOINT:
        return record->size >= sizeof(struct residue_checkpoint);
    case RESIDUE_RECORD_SUMMARY:
        return record->size >= sizeof(struct residue_summary);
    case RESIDUE_RECORD_SURVIVORS: {
        const struct residue_survivors *survivors = at;
        return record->size >= sizeof *survivors &&
               survivors->count <= (record->size - sizeof *survivors) / sizeof *survivors->survivor;
    }
    case RESIDUE_RECORD_ARGUMENT: {
        const struct residue_argument *argument = at;
        return record->size >= sizeof *argument &&
               text_fits(record, sizeof *argument, argument->length);
    }
    default:
        return false;
    }
}

bool trace_records_add(struct trace_records *records, const void *bytes, size_t size)
{
    const char *at = bytes;
    for (size_t left = size; left >= sizeof(struct residue_record);) {
        const struct residue_record *record = (const void *)at;
        if (record->size < sizeof *record || record->size % 8 || record->size > left)
            break; /* what follows can't be told apart any more */
        if (record->kind < KINDS && well_formed(record) &&
            !list_add(&records->list[record->kind], record))
            return false;
        at += record->size;
        left -= record->size;
    }
    return true;
}

bool trace_records_entries(struct trace_records *records, const struct residue_entry *entries,
                           size_t count, uint64_t address)
{
    for (size_t i = 0; i < count; i++, address += RESIDUE_GRANULE) {
        if (!entries[i].site)
            continue;
        struct trace_survivor survivor = {.site = entries[i].site,
                                          .ordinal = entries[i].ordinal,
                                          .size = entries[i].extent >> 8,
                                          .handle = address + (entries[i].extent & 0xff)};
        if (!survivor_add(records, &survivor))
            return false;
    }
    return true;
}

/* ---- arrays ---- */

/* Identities are dense: an array of `count + 1` elements holds them, and one beyond is not
 * believed. */
static void *array_for(const struct list *list, size_t element, uint32_t *count)
{
    *count = (uint32_t)list->count;
    return calloc(list->count + 1, element);
}

static char *own_text(struct trace_records *records, const char *text, size_t length)
{
    char *copy = trace_records_room(records, length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = 0;
        for (size_t i = 0; i < length; i++)
            if (!copy[i])
                copy[i] = '?';
    }
    return copy;
}

static bool finish_modules(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_MODULE];
    trace->modules = array_for(list, sizeof *trace->modules, &trace->module_count);
    for (size_t i = 0; trace->modules && i < list->count; i++) {
        const struct residue_module *module = (const void *)list->record[i];
        if (!module->id || module->id > trace->module_count)
            continue;
        struct trace_module *out = &trace->modules[module->id];
        out->path = own_text(records, module->text, module->path_length);
        if (!out->path)
            return false;
        out->build_id = (const uint8_t *)module->text + module->path_length;
        out->build_id_length = module->build_id_length;
        out->loads = module->loads;
        out->unloads = module->unloads;
        out->bias = module->bias;
        out->gone = module->loads && module->unloads >= module->loads;
    }
    for (uint32_t id = 0; trace->modules && id <= trace->module_count; id++)
        if (!trace->modules[id].path)
            trace->modules[id].path = "";
    return trace->modules != NULL;
}

static bool finish_names(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_NAME];
    trace->names = array_for(list, sizeof *trace->names, &trace->name_count);
    for (size_t i = 0; trace->names && i < list->count; i++) {
        const struct residue_name *name = (const void *)list->record[i];
        if (!name->id || name->id > trace->name_count)
            continue;
        trace->names[name->id].text = own_text(records, name->text, name->length);
        trace->names[name->id].role = (enum residue_role)name->role;
        if (!trace->names[name->id].text)
            return false;
    }
    for (uint32_t id = 0; trace->names && id <= trace->name_count; id++)
        if (!trace->names[id].text)
            trace->names[id].text = "?";
    return trace->names != NULL;
}

static bool finish_paths(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_PATH];
    trace->paths = array_for(list, sizeof *trace->paths, &trace->path_count);
    for (size_t i = 0; trace->paths && i < list->count; i++) {
        const struct residue_path *path = (const void *)list->record[i];
        if (!path->id || path->id > trace->path_count || path->name > trace->name_count ||
            path->parent >=
                path->id) /* a parent comes first, so that no path is its own ancestor */
            continue;
        trace->paths[path->id] = (struct trace_path){.parent = path->parent,
                                                     .name = path->name,
                                                     .depth = path->depth,
                                                     .started = path->started,
                                                     .finished = path->finished};
    }
    return trace->paths != NULL;
}

static bool finish_stacks(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_STACK];
    trace->stacks = array_for(list, sizeof *trace->stacks, &trace->stack_count);
    for (size_t i = 0; trace->stacks && i < list->count; i++) {
        struct residue_stack *stack = (void *)(uintptr_t)list->record[i]; /* our own copy */
        if (!stack->id || stack->id > trace->stack_count)
            continue;
        for (uint32_t frame = 0; frame < stack->depth; frame++)
            if (stack->frame[frame].module > trace->module_count)
                stack->frame[frame].module = 0;
        trace->stacks[stack->id] = (struct trace_stack){stack->depth, stack->flags, stack->frame};
    }
    return trace->stacks != NULL;
}

static bool finish_kinds(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_RESOURCE_KIND];
    trace->kinds = array_for(list, sizeof *trace->kinds, &trace->kind_count);
    for (size_t i = 0; trace->kinds && i < list->count; i++) {
        const struct residue_resource_kind *kind = (const void *)list->record[i];
        if (!kind->id || kind->id > trace->kind_count)
            continue;
        trace->kinds[kind->id].class =
            kind->class >= RESIDUE_CLASS_BLOCK && kind->class <= RESIDUE_CLASS_OTHER
                ? (enum residue_class)kind->class
                : RESIDUE_CLASS_OTHER;
        trace->kinds[kind->id].name = own_text(records, kind->text, kind->length);
        if (!trace->kinds[kind->id].name)
            return false;
    }
    for (uint32_t id = 0; trace->kinds && id <= trace->kind_count; id++) {
        if (!trace->kinds[id].name)
            trace->kinds[id] = (struct trace_kind){RESIDUE_CLASS_OTHER, "?"};
    }
    return trace->kinds != NULL;
}

static bool finish_sites(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_SITE];
    trace->sites = array_for(list, sizeof *trace->sites, &trace->site_count);
    for (size_t i = 0; trace->sites && i < list->count; i++) {
        const struct residue_site *site = (const void *)list->record[i];
        if (!site->id || site->id > trace->site_count || site->path > trace->path_count ||
            site->stack > trace->stack_count || site->kind > trace->kind_count)
            continue;
        trace->sites[site->id] = (struct trace_site){site->path, site->stack, site->kind};
    }
    return trace->sites != NULL;
}

/* ---- survivors ---- */

static uint32_t known_site(const struct trace *trace, uint32_t site)
{
    return site <= trace->site_count ? site : 0;
}

static bool collect_resources(struct trace_records *records, const struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_RESOURCE];
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_resource *resource = (const void *)list->record[i];
        if (resource->state != RESIDUE_RESOURCE_LIVE)
            continue;
        struct trace_survivor survivor = {.site = resource->site,
                                          .ordinal = resource->ordinal,
                                          .size = resource->size,
                                          .handle = resource->handle,
                                          .freed_site = known_site(trace, resource->freed_site),
                                          .freed_block_site =
                                              known_site(trace, resource->freed_block_site),
                                          .freed_ordinal = resource->freed_ordinal};
        if (!survivor_add(records, &survivor))
            return false;
    }
    list = &records->list[RESIDUE_RECORD_SURVIVORS];
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_survivors *packed = (const void *)list->record[i];
        for (uint64_t k = 0; k < packed->count; k++) {
            struct trace_survivor survivor = {.site = packed->survivor[k].site,
                                              .ordinal = packed->survivor[k].ordinal,
                                              .size = packed->survivor[k].size,
                                              .handle = packed->survivor[k].address};
            if (!survivor_add(records, &survivor))
                return false;
        }
    }
    return true;
}

/* By 11 bits at a time, least significant first: ordinals, then sites. */
static bool sort_survivors(struct trace_survivor *survivors, size_t count)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    struct trace_survivor *other = malloc((count ? count : 1) * sizeof *other);
    size_t *place = malloc(BUCKETS * sizeof *place);
    if (!other || !place) {
        free(other);
        free(place);
        return false;
    }
    struct trace_survivor *from = survivors, *to = other;
    for (unsigned pass = 0; pass < 6; pass++) {
        unsigned shift = pass % 3 * BITS;
        memset(place, 0, BUCKETS * sizeof *place);
        for (size_t i = 0; i < count; i++)
            place[(pass < 3 ? from[i].ordinal : from[i].site) >> shift & (BUCKETS - 1)]++;
        size_t sum = 0, largest = 0;
        for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
            size_t here = place[bucket];
            largest = here > largest ? here : largest;
            place[bucket] = sum;
            sum += here;
        }
        if (largest == count)
            continue; /* all alike in these bits */
        for (size_t i = 0; i < count; i++) {
            uint32_t key = (pass < 3 ? from[i].ordinal : from[i].site) >> shift & (BUCKETS - 1);
            to[place[key]++] = from[i];
        }
        struct trace_survivor *swap = from;
        from = to;
        to = swap;
    }
    if (from != survivors)
        memcpy(survivors, from, count * sizeof *survivors);
    free(other);
    free(place);
    return true;
}

static bool finish_survivors(struct trace_records *records, struct trace *trace)
{
    if (!collect_resources(records, trace))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < records->survivor_count; i++) {
        const struct trace_survivor *survivor = &records->survivors[i];
        if (survivor->site && survivor->site <= trace->site_count)
            records->survivors[kept++] = *survivor;
    }
    records->survivor_count = kept;
    if (!sort_survivors(records->survivors, kept))
        return false;
    trace->survivors = records->survivors;
    trace->survivor_count = kept;
    return true;
}

/* ---- checkpoints ---- */

static bool finish_checkpoints(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_CHECKPOINT];
    const struct list *summaries = &records->list[RESIDUE_RECORD_SUMMARY];
    trace->checkpoints = calloc(list->count + 1, sizeof *trace->checkpoints);
    if (!trace->checkpoints)
        return false;
    size_t next = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_checkpoint *checkpoint = (const void *)list->record[i];
        const struct residue_summary **mine = (void *)&summaries->record[next];
        size_t count = 0;
        while (
            next < summaries->count &&
            ((const struct residue_summary *)(const void *)summaries->record[next])->checkpoint ==
                checkpoint->id)
            next++, count++;
        if (count < checkpoint->summaries)
            count = 0; /* cut off */
        if (count > checkpoint->summaries)
            count = checkpoint->summaries; /* it was being written */
        trace->checkpoints[trace->checkpoint_count++] =
            (struct trace_checkpoint){.reason = checkpoint->reason,
                                      .path = checkpoint->path,
                                      .time_ns = checkpoint->time_ns,
                                      .private_bytes = checkpoint->private_bytes,
                                      .tracked_bytes = checkpoint->tracked_bytes,
                                      .tracked_count = checkpoint->tracked_count,
                                      .summaries = mine,
                                      .summary_count = (uint32_t)count};
    }
    return true;
}

static bool finish_arguments(struct trace_records *records, struct trace *trace)
{
    const struct list *list = &records->list[RESIDUE_RECORD_ARGUMENT];
    trace->arguments = calloc(list->count + 1, sizeof *trace->arguments);
    for (size_t i = 0; trace->arguments && i < list->count; i++) {
        const struct residue_argument *argument = (const void *)list->record[i];
        trace->arguments[i] = own_text(records, argument->text, argument->length);
        if (!trace->arguments[i])
            return false;
        trace->argument_count++;
    }
    return trace->arguments != NULL;
}

bool trace_records_finish(struct trace_records *records, struct trace *trace)
{
    return finish_modules(records, trace) && finish_names(records, trace) &&
           finish_paths(records, trace) && finish_stacks(records, trace) &&
           finish_kinds(records, trace) && finish_sites(records, trace) &&
           finish_survivors(records, trace) && finish_checkpoints(records, trace) &&
           finish_arguments(records, trace);
}

void trace_records_free(struct trace_records *records, struct trace *trace)
{
    if (records) {
        while (records->rooms) {
            struct room *next = records->rooms->next;
            free(records->rooms);
            records->rooms = next;
        }
        for (size_t kind = 0; kind < KINDS; kind++)
            free(records->list[kind].record);
        free(records->survivors);
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
