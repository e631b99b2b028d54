#include "analyzer/objects.h"
#include "analyzer/analysis.h"
#include "analyzer/trace_references.h"
#include <stdlib.h>
#include <string.h>

uint32_t objects_path(const struct trace *trace, const struct trace_object *object)
{
    return trace->sites[object->site].path;
}

const char *objects_interface(const struct trace *trace, const struct trace_object *object)
{
    return object->interface ? trace->names[object->interface].text : "object";
}

const struct trace_object *objects_parent(const struct trace *trace,
                                          const struct trace_object *object)
{
    do /* a parent's identity is the lower one */
        object = trace_object_of(trace, object->parent);
    while (object && !object->live);
    return object;
}

/* ---- by the call that opened them ---- */

/* Indices with what they are sorted by beside them. */
struct keyed {
    uint64_t major, minor;
    size_t index;
};

static int by_key(const void *one, const void *other)
{
    const struct keyed *a = one, *b = other;
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static void index_by_call(struct objects *objects)
{
    const struct trace *trace = objects->trace;
    struct keyed *keyed = analysis_take(trace->object_count, sizeof *keyed);
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        if (object->live)
            keyed[objects->live++] =
                (struct keyed){objects_path(trace, object), object->ordinal, i};
    }
    qsort(keyed, objects->live, sizeof *keyed, by_key);
    objects->by_call = analysis_take(objects->live, sizeof *objects->by_call);
    for (size_t i = 0; i < objects->live; i++)
        objects->by_call[i] = keyed[i].index;
    free(keyed);
}

size_t objects_opened_by(const struct objects *objects, uint32_t path, uint32_t ordinal)
{
    const struct trace *trace = objects->trace;
    size_t low = 0, high = objects->live;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct trace_object *object = &trace->objects[objects->by_call[middle]];
        uint32_t its = objects_path(trace, object);
        if (its < path || (its == path && object->ordinal < ordinal))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == objects->live)
        return OBJECTS_NONE;
    const struct trace_object *object = &trace->objects[objects->by_call[low]];
    return objects_path(trace, object) == path && object->ordinal == ordinal ? objects->by_call[low]
                                                                             : OBJECTS_NONE;
}

/* ---- who keeps whom ---- */

/* Objects by the call that opened them, the thread and the moment: to find the one in whose opening
 * something happened. */
struct openings {
    struct keyed *keyed;
    size_t count;
};

static uint64_t opening_key(uint32_t path, uint32_t thread)
{
    return (uint64_t)path << 32 | thread;
}

static struct openings openings_of(const struct trace *trace)
{
    struct openings openings = {.keyed = analysis_take(trace->object_count, sizeof(struct keyed))};
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        const struct residue_event *first = object->event;
        if (object->live && object->event_count && first->kind == RESIDUE_EVENT_OPEN)
            openings.keyed[openings.count++] = (struct keyed){
                opening_key(objects_path(trace, object), first->thread), first->sequence, i};
    }
    qsort(openings.keyed, openings.count, sizeof *openings.keyed, by_key);
    return openings;
}

/* The object that was opened next on the same thread by `path`. */
static size_t opened_next(const struct openings *openings, uint32_t path,
                          const struct residue_event *event)
{
    uint64_t key = opening_key(path, event->thread);
    size_t low = 0, high = openings->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct keyed *at = &openings->keyed[middle];
        if (at->major < key || (at->major == key && at->minor <= event->sequence))
            low = middle + 1;
        else
            high = middle;
    }
    return low < openings->count && openings->keyed[low].major == key ? openings->keyed[low].index
                                                                      : OBJECTS_NONE;
}

/* A provider's reference is taken inside the call that opens what needs it. */
static size_t needed_by(const struct trace *trace, const struct openings *openings, size_t index)
{
    const struct trace_object *object = &trace->objects[index];
    uint32_t *unanswered = analysis_take(object->event_count, sizeof *unanswered);
    uint32_t count = trace_unanswered(trace, object, true, unanswered);
    size_t found = OBJECTS_NONE;
    for (uint32_t i = 0; i < count && found == OBJECTS_NONE; i++) {
        const struct residue_event *event = &object->event[unanswered[i]];
        uint32_t path = event->site ? trace->sites[event->site].path : 0;
        for (; path && found == OBJECTS_NONE; path = trace->paths[path].parent) {
            size_t next = opened_next(openings, path, event);
            if (next != OBJECTS_NONE && next > index) /* opened later: no two keep each other */
                found = next;
        }
    }
    free(unanswered);
    return found;
}

/* From the last opened to the first, so that who keeps an object is known before the object is
 * come to: of several the one that was opened first. */
static void find_keepers(struct objects *objects)
{
    const struct trace *trace = objects->trace;
    struct openings openings = openings_of(trace);
    for (size_t i = 0; i < trace->object_count; i++)
        objects->state[i].keeper = OBJECTS_NONE;
    for (size_t i = trace->object_count; i-- > 0;) {
        const struct trace_object *object = &trace->objects[i];
        struct objects_state *state = &objects->state[i];
        if (!object->live)
            continue;
        if (object->held) {
            state->keeper = i;
        } else if (state->keeper == OBJECTS_NONE) {
            size_t next = needed_by(trace, &openings, i);
            state->provider = next == OBJECTS_NONE;
            state->keeper = state->provider ? i : objects->state[next].keeper;
        }
        const struct trace_object *parent = objects_parent(trace, object);
        struct objects_state *above = parent ? &objects->state[parent - trace->objects] : NULL;
        if (above && (above->keeper == OBJECTS_NONE || state->keeper < above->keeper))
            above->keeper = state->keeper;
    }
    free(openings.keyed);
}

static bool logged_off(const struct trace_object *object)
{
    for (uint32_t i = object->event_count; i-- > 0;)
        if (object->event[i].kind == RESIDUE_EVENT_LOGOFF &&
            !(object->event[i].flags & RESIDUE_EVENT_INNER))
            return true;
    return false;
}

/* ---- what they hold ---- */

static void count_blocks(struct objects *objects)
{
    const struct trace *trace = objects->trace;
    bool *opens = analysis_take(trace->path_count + 1, sizeof *opens);
    for (size_t i = 0; i < objects->live; i++)
        opens[objects_path(trace, &trace->objects[objects->by_call[i]])] = true;
    opens[0] = false;
    for (size_t i = 0; i < trace->survivor_count; i++) {
        const struct trace_survivor *survivor = &trace->survivors[i];
        uint32_t path = trace->sites[survivor->site].path;
        if (!opens[path] || !survivor->size) /* Windows' critical sections have bytes, too */
            continue;
        size_t index = objects_opened_by(objects, path, survivor->ordinal);
        if (index == OBJECTS_NONE)
            continue;
        objects->state[index].blocks += survivor->count;
        objects->state[index].bytes += survivor->count * (uint64_t)survivor->size;
    }
    free(opens);
}

struct objects objects_of(const struct trace *trace)
{
    struct objects objects = {.trace = trace};
    objects.state = analysis_take(trace->object_count, sizeof *objects.state);
    index_by_call(&objects);
    find_keepers(&objects);
    count_blocks(&objects);
    for (size_t i = 0; i < trace->object_count; i++)
        objects.state[i].logged_off = logged_off(&trace->objects[i]);
    return objects;
}

void objects_free(struct objects *objects)
{
    free(objects->state);
    free(objects->by_call);
    *objects = (struct objects){0};
}
