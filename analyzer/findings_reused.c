#include "analyzer/findings_reused.h"
#include <string.h>

/* ---- who holds what ---- */

/* How many of the objects opened at `opened` that ended well were released at `site`; `site` 0: how
 * many there were. */
static uint64_t tally_of(const struct trace *trace, uint32_t opened, uint32_t site)
{
    uint32_t kind = site ? RESIDUE_EVENT_RELEASE : 0;
    size_t low = 0, high = trace->tally_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct residue_tally *tally = &trace->tallies[middle];
        bool before = tally->opened != opened ? tally->opened < opened
                      : tally->site != site   ? tally->site < site
                                              : tally->kind < kind;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    const struct residue_tally *tally = &trace->tallies[low];
    bool found = low < trace->tally_count && tally->opened == opened && tally->site == site &&
                 tally->kind == kind;
    return found ? tally->count : 0;
}

/* One function, called from one place: what it takes it also gives back. */
static bool same_holder(const struct trace *trace, uint32_t one, uint32_t other)
{
    const struct trace_stack *a = &trace->stacks[trace->sites[one].stack],
                             *b = &trace->stacks[trace->sites[other].stack];
    return a->depth > 1 && a->depth == b->depth &&
           !memcmp(a->frame + 1, b->frame + 1, (a->depth - 1) * sizeof *a->frame);
}

static bool takes(const struct residue_event *event)
{
    return event->kind <= RESIDUE_EVENT_ADDREF && event->site;
}

/* A Release at `site` is by one who holds the object: who took a reference, or who releases others
 * like it. */
static bool holds(const struct trace *trace, const struct trace_object *object, uint32_t site,
                  uint64_t dirty)
{
    if (tally_of(trace, object->site, site) > dirty || same_holder(trace, object->site, site))
        return true;
    for (uint32_t i = 0; i < object->event_count; i++)
        if (takes(&object->event[i]) && same_holder(trace, object->event[i].site, site))
            return true;
    return false;
}

/* It gives back what the same function took beside the opening. */
static bool answers(const struct trace *trace, const struct trace_object *object, uint32_t event)
{
    uint32_t site = object->event[event].site, taken = 0;
    for (uint32_t i = 0; i < event; i++) {
        const struct residue_event *at = &object->event[i];
        if (at->kind == RESIDUE_EVENT_OPEN || !at->site || !same_holder(trace, at->site, site))
            continue;
        taken += takes(at);
        taken -= at->kind == RESIDUE_EVENT_RELEASE && taken;
    }
    return taken;
}

/* ---- the Release that stands out ---- */

struct standing_out {
    uint32_t first, last, count; /* events from 1 */
};

static void stands_out(struct standing_out *these, uint32_t event)
{
    these->first = these->count ? these->first : event + 1;
    these->last = event + 1;
    these->count++;
}

/* What those of the same place that ended well have never seen; nothing where none did. */
static struct standing_out unlike_others(const struct trace *trace,
                                         const struct trace_object *object, uint64_t dirty)
{
    struct standing_out unlike = {0};
    uint32_t alike = 0;
    for (uint32_t i = 0; i < object->event_count; i++) {
        const struct residue_event *event = &object->event[i];
        if (event->kind != RESIDUE_EVENT_RELEASE)
            continue;
        if (event->site && tally_of(trace, object->site, event->site) > dirty)
            alike++;
        else
            stands_out(&unlike, i);
    }
    return tally_of(trace, object->site, 0) > dirty && alike ? unlike : (struct standing_out){0};
}

struct reused reused_of(const struct trace *trace, const struct trace_object *object,
                        uint64_t dirty)
{
    enum { EVENTS = 2000 }; /* beyond that each is compared with all others for too long */
    struct reused reused = {.before = trace_object_of(trace, object->before)};
    if (!reused.before || object->event_count > EVENTS || reused.before->event_count > EVENTS)
        return reused;
    struct standing_out foreign = {0}, strange = {0};
    for (uint32_t i = 0; i < object->event_count; i++) {
        uint32_t site = object->event[i].site;
        if (object->event[i].kind != RESIDUE_EVENT_RELEASE || (site && answers(trace, object, i)))
            continue;
        bool its_own = site && holds(trace, object, site, dirty),
             of_other = site && holds(trace, reused.before, site, 0);
        if (of_other && !its_own)
            stands_out(&foreign, i);
        if (of_other || !its_own)
            stands_out(&strange, i);
    }
    struct standing_out unlike = unlike_others(trace, object, dirty), told = strange;
    if (foreign.count == 1) {
        told = foreign;
        reused.release = REUSED_FOREIGN;
    } else if (unlike.count == 1) {
        told = unlike;
        reused.release = REUSED_STRANGE;
    } else if (strange.count) {
        bool one = strange.count == 1 &&
                   !holds(trace, object, object->event[strange.first - 1].site, dirty);
        reused.release = one ? REUSED_STRANGE : REUSED_UNDECIDED;
    }
    reused.event = told.first;
    reused.other = reused.release == REUSED_UNDECIDED && told.count > 1 ? told.last : 0;
    return reused;
}
