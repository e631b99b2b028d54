/* Objects of a trace, what was done wrong with them and others, and how many may be open: checked,
 * so that every index in them is one that can be followed. */
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

static bool site_known(const struct trace_records *records, const struct trace *trace,
                       uint32_t site)
{
    return site && site <= trace->site_count && records->site_known[site];
}

static uint32_t site_or_none(const struct trace_records *records, const struct trace *trace,
                             uint32_t site)
{
    return site_known(records, trace, site) ? site : 0;
}

/* An array for all of a list's records; never NULL for want of any. */
static void *array_for(const struct trace_list *list, size_t element)
{
    return calloc(list->count + 1, element);
}

/* The fault that the process died of; NULL: it did not. Windows tells of every fault, and a client
 * may deal with its own. */
static const struct residue_fault *last_fault(const struct trace_records *records,
                                              const struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_FAULT];
    const struct residue_fault *last =
        list->count ? (const void *)list->record[list->count - 1] : NULL;
    const struct residue_header *header = &trace->header;
    bool exited = header->exit_kind == RESIDUE_EXIT_EXITED;
    if (!last || !last->code)
        return NULL;
    bool died =
        header->os == RESIDUE_OS_WINDOWS ? exited && header->exit_status == last->code : !exited;
    return died ? last : NULL;
}

/* ---- objects ---- */

/* Events that say nothing are left out, and such of unknown places; and faults that were none. */
static bool take_events(struct trace_records *records, const struct trace *trace,
                        const struct residue_object *from, struct trace_object *to)
{
    struct residue_event *events =
        trace_records_room(records, (from->count + (size_t)1) * sizeof *events);
    if (!events)
        return false;
    bool used = false, fault = last_fault(records, trace);
    for (uint32_t i = 0; i < from->count; i++) {
        const struct residue_event *event = &from->event[i];
        if (event->kind < RESIDUE_EVENT_OPEN || event->kind > RESIDUE_EVENT_FAULT ||
            (event->kind == RESIDUE_EVENT_FAULT && !fault) ||
            (event->site && !site_known(records, trace, event->site)))
            continue;
        used |= event->flags & RESIDUE_EVENT_AFTER_END;
        events[to->event_count++] = *event;
    }
    if (!used)
        to->flags &= ~RESIDUE_OBJECT_USED_AFTER_END;
    to->event = events;
    return true;
}

static int by_id(const void *one, const void *other)
{
    const struct trace_object *a = one, *b = other;
    return (a->id > b->id) - (a->id < b->id);
}

/* An object's slot is used again while a live trace is read: the same identity is not there twice.
 */
static void sort_objects(struct trace *trace)
{
    size_t kept = 0;
    qsort(trace->objects, trace->object_count, sizeof *trace->objects, by_id);
    for (size_t i = 0; i < trace->object_count; i++)
        if (!kept || trace->objects[kept - 1].id != trace->objects[i].id)
            trace->objects[kept++] = trace->objects[i];
    trace->object_count = kept;
}

static bool live_state(uint32_t state)
{
    return state == RESIDUE_OBJECT_LIVE || state == RESIDUE_OBJECT_ENDED;
}

bool trace_objects_finish(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_OBJECT];
    trace->own_site_count = trace->site_count;
    trace->objects = array_for(list, sizeof *trace->objects);
    if (!trace->objects)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_object *from = (const void *)list->record[i];
        if (!from->id || !live_state(from->state) || !site_known(records, trace, from->site))
            continue;
        struct trace_object *to = &trace->objects[trace->object_count];
        *to = (struct trace_object){.id = from->id,
                                    .live = from->state == RESIDUE_OBJECT_LIVE,
                                    .parent = from->parent < from->id ? from->parent : 0,
                                    .before = from->before < from->id ? from->before : 0,
                                    .interface =
                                        from->interface <= trace->name_count ? from->interface : 0,
                                    .site = from->site,
                                    .ordinal = from->ordinal,
                                    .flags = from->flags,
                                    .held = from->held,
                                    .unlisted = from->unlisted,
                                    .address = from->address};
        if (!take_events(records, trace, from, to))
            return false;
        trace->object_count++;
    }
    if (trace->object_count)
        sort_objects(trace);
    return true;
}

const struct trace_object *trace_object_of(const struct trace *trace, uint32_t id)
{
    const struct trace_object key = {.id = id};
    return id && trace->object_count
               ? bsearch(&key, trace->objects, trace->object_count, sizeof key, by_id)
               : NULL;
}

/* ---- what objects that ended well had in common ---- */

static int by_opened(const void *one, const void *other)
{
    const struct residue_tally *a = one, *b = other;
    if (a->opened != b->opened)
        return a->opened < b->opened ? -1 : 1;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

static bool finish_tallies(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_TALLY];
    trace->tallies = array_for(list, sizeof *trace->tallies);
    if (!trace->tallies)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_tally *from = (const void *)list->record[i];
        if (from->count && site_known(records, trace, from->opened) &&
            (from->site ? site_known(records, trace, from->site) : !from->kind))
            trace->tallies[trace->tally_count++] = *from;
    }
    if (trace->tally_count)
        qsort(trace->tallies, trace->tally_count, sizeof *trace->tallies, by_opened);
    return true;
}

/* ---- what never is right ---- */

static bool finish_misuses(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_MISUSE];
    trace->misuses = array_for(list, sizeof *trace->misuses);
    if (!trace->misuses)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_misuse *from = (const void *)list->record[i];
        if (!from->count || from->misuse < RESIDUE_MISUSE_LINKED_FREED ||
            from->misuse > RESIDUE_MISUSE_SINK_OUTLIVES)
            continue;
        struct residue_misuse *to = &trace->misuses[trace->misuse_count++];
        *to = *from;
        to->resource_kind = from->resource_kind <= trace->kind_count ? from->resource_kind : 0;
        to->interface = from->interface <= trace->name_count ? from->interface : 0;
        to->site = site_or_none(records, trace, from->site);
        to->acquired_site = site_or_none(records, trace, from->acquired_site);
        to->released_site = site_or_none(records, trace, from->released_site);
    }
    return true;
}

static bool finish_fault(struct trace_records *records, struct trace *trace)
{
    const struct residue_fault *last = last_fault(records, trace);
    if (!last)
        return true;
    trace->fault = malloc(sizeof *trace->fault);
    if (!trace->fault)
        return false;
    *trace->fault = *last;
    trace->fault->site = site_or_none(records, trace, last->site);
    return true;
}

static bool finish_budgets(struct trace_records *records, struct trace *trace)
{
    const struct trace_list *list = &records->list[RESIDUE_RECORD_BUDGET];
    trace->budgets = array_for(list, sizeof *trace->budgets);
    if (!trace->budgets)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct residue_budget *from = (const void *)list->record[i];
        if (!from->most || !from->interface_length ||
            (from->per != RESIDUE_BUDGET_SESSION && from->per != RESIDUE_BUDGET_PROCESS))
            continue;
        struct trace_budget *to = &trace->budgets[trace->budget_count++];
        to->most = from->most;
        to->per = (enum residue_budget_per)from->per;
        to->interface = trace_records_text(records, from->text, from->interface_length);
        to->text =
            trace_records_text(records, from->text + from->interface_length, from->text_length);
        if (!to->interface || !to->text)
            return false;
    }
    return true;
}

bool trace_misuses_finish(struct trace_records *records, struct trace *trace)
{
    return finish_tallies(records, trace) && finish_misuses(records, trace) &&
           finish_fault(records, trace) && finish_budgets(records, trace);
}
