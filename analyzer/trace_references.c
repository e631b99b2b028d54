/*
 * Which references on a live object nobody gave back. A Release says that a reference is given
 * back, not which: it answers one that was taken by the same holder, as far as their stacks tell
 * (code of the same module, called from the same place, as deep), of several the last.
 */
#include "analyzer/trace_references.h"
#include "analyzer/array.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_BACK = 64 }; /* references not given back that a Release is compared with */

/* How many of the outermost frames two stacks share. */
static uint32_t shared_frames(const struct trace_stack *one, const struct trace_stack *other)
{
    uint32_t shared = 0;
    while (shared < one->depth && shared < other->depth &&
           one->frame[one->depth - 1 - shared] == other->frame[other->depth - 1 - shared])
        shared++;
    return shared;
}

static uint32_t innermost_module(const struct trace *trace, const struct trace_stack *stack)
{
    return stack->depth ? trace->frames[stack->frame[0]].module : 0;
}

/* How likely the holder that released at one site is the one that took a reference at the other. */
static uint64_t likeness(const struct trace *trace, uint32_t taken, uint32_t released)
{
    const struct trace_stack *one = &trace->stacks[trace->sites[taken].stack],
                             *other = &trace->stacks[trace->sites[released].stack];
    uint64_t module = innermost_module(trace, one) == innermost_module(trace, other);
    uint32_t apart =
        one->depth > other->depth ? one->depth - other->depth : other->depth - one->depth;
    return module << 40 | (uint64_t)shared_frames(one, other) << 8 |
           (apart < 255 ? 255 - apart : 0);
}

static bool takes(const struct residue_event *event)
{
    return event->kind == RESIDUE_EVENT_OPEN || event->kind == RESIDUE_EVENT_QUERY ||
           event->kind == RESIDUE_EVENT_ADDREF;
}

static void give_back(const struct trace *trace, const struct trace_object *object,
                      uint32_t *unanswered, uint32_t *count, uint32_t released)
{
    uint32_t best = *count, oldest = *count > LOOK_BACK ? *count - LOOK_BACK : 0;
    uint64_t most = 0;
    for (uint32_t i = *count; i-- > 0;) {
        if (i < oldest)
            i = 0; /* and the first: that of the opening, as a rule */
        uint64_t alike = likeness(trace, object->event[unanswered[i]].site, released);
        if (best == *count || alike > most) {
            best = i;
            most = alike;
        }
    }
    if (best == *count)
        return;
    memmove(&unanswered[best], &unanswered[best + 1], (*count - best - 1) * sizeof *unanswered);
    (*count)--;
}

uint32_t trace_unanswered(const struct trace *trace, const struct trace_object *object, bool inner,
                          uint32_t *unanswered)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < object->event_count; i++) {
        const struct residue_event *event = &object->event[i];
        if (!(event->flags & RESIDUE_EVENT_INNER) == inner)
            continue;
        if (takes(event))
            unanswered[count++] = i;
        else if (event->kind == RESIDUE_EVENT_RELEASE)
            give_back(trace, object, unanswered, &count, event->site);
    }
    return count;
}

/* ---- as survivors ---- */

struct gathered {
    const struct trace *trace;
    struct trace_references *out;
    size_t survivor_room, site_room;
    uint32_t *added; /* by site of an event: the site that was added for it; 0 = none */
    uint32_t *unanswered;
    size_t unanswered_room;
};

static bool add_survivor(struct gathered *gathered, uint32_t site, uint32_t ordinal)
{
    struct trace_references *out = gathered->out;
    struct trace_survivor *survivors = array_grow(out->survivors, sizeof *survivors,
                                                  out->survivor_count, &gathered->survivor_room, 1);
    if (!survivors)
        return false;
    out->survivors = survivors;
    out->survivors[out->survivor_count++] =
        (struct trace_survivor){.site = site, .ordinal = ordinal, .count = 1};
    return true;
}

/* The site of an event, or one like it of the kind that objects are. 0: memory is short. */
static uint32_t added_site(struct gathered *gathered, uint32_t site, uint32_t kind)
{
    struct trace_references *out = gathered->out;
    const struct trace *trace = gathered->trace;
    if (trace->kinds[trace->sites[site].kind].class == RESIDUE_CLASS_INTERFACE_REFERENCE)
        return site;
    if (gathered->added[site])
        return gathered->added[site];
    struct trace_site *sites =
        array_grow(out->sites, sizeof *sites, out->site_count, &gathered->site_room, 1);
    if (!sites)
        return 0;
    out->sites = sites;
    struct trace_site like = trace->sites[site];
    like.kind = kind;
    out->sites[out->site_count++] = like;
    return gathered->added[site] = trace->site_count + out->site_count;
}

static bool has_room(struct gathered *gathered, uint32_t events)
{
    if (gathered->unanswered_room > events)
        return true;
    free(gathered->unanswered);
    gathered->unanswered = malloc((events + (size_t)1) * sizeof *gathered->unanswered);
    gathered->unanswered_room = gathered->unanswered ? events + (size_t)1 : 0;
    return gathered->unanswered;
}

uint32_t trace_further(const struct trace *trace, const struct trace_object *object, uint32_t most,
                       uint32_t *events)
{
    uint32_t own = trace->sites[object->site].path, further = 0;
    if (!object->event_count)
        return 0;
    uint32_t count = trace_unanswered(trace, object, false, events);
    for (uint32_t i = 0; i < count; i++) {
        const struct residue_event *event = &object->event[events[i]];
        if (event->site &&
            (trace->sites[event->site].path != own || event->ordinal != object->ordinal))
            events[further++] = events[i];
    }
    uint32_t first = further > most ? further - most : 0;
    memmove(events, events + first, (further - first) * sizeof *events);
    return further - first;
}

/* One of the references that the client holds is the object's own survivor. */
static bool add_further(struct gathered *gathered, const struct trace_object *object)
{
    const struct trace *trace = gathered->trace;
    if (object->held < 2)
        return true;
    if (!has_room(gathered, object->event_count))
        return false;
    uint32_t count = trace_further(trace, object, object->held - 1, gathered->unanswered);
    for (uint32_t i = 0; i < count; i++) {
        const struct residue_event *event = &object->event[gathered->unanswered[i]];
        uint32_t site = added_site(gathered, event->site, trace->sites[object->site].kind);
        if (!site || !add_survivor(gathered, site, event->ordinal))
            return false;
    }
    return true;
}

bool trace_references_of(const struct trace *trace, struct trace_references *references)
{
    *references = (struct trace_references){0};
    struct gathered gathered = {.trace = trace, .out = references};
    gathered.added = calloc(trace->site_count + (size_t)1, sizeof *gathered.added);
    bool fine = gathered.added;
    for (size_t i = 0; fine && i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        if (object->live)
            fine = add_survivor(&gathered, object->site, object->ordinal) &&
                   add_further(&gathered, object);
    }
    if (references->survivor_count)
        qsort(references->survivors, references->survivor_count, sizeof *references->survivors,
              trace_survivors_order);
    free(gathered.added);
    free(gathered.unanswered);
    return fine;
}
