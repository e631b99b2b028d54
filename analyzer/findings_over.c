/* Objects that ended under somebody who still used them: a Release too many. */
#include "analyzer/findings_fault.h"
#include "analyzer/findings_make.h"
#include "analyzer/findings_reused.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

/* Objects of one interface that one call opened. */
struct over {
    uint32_t path, interface;
    const struct trace_object *object;   /* that shows it best; NULL when none is in the trace */
    unsigned shows;                      /* how well */
    uint64_t objects, uses;              /* that are in the trace; of one kind at most */
    const struct residue_misuse *misuse; /* the most frequent one */
    bool faulted;
    struct reused reused;
};

struct overs {
    struct over *over;
    size_t count, room;
};

static struct over *over_at(struct overs *overs, uint32_t path, uint32_t interface)
{
    for (size_t i = 0; i < overs->count; i++)
        if (overs->over[i].path == path && overs->over[i].interface == interface)
            return &overs->over[i];
    overs->over = analysis_grow(overs->over, sizeof *overs->over, overs->count, &overs->room);
    overs->over[overs->count] = (struct over){.path = path, .interface = interface};
    return &overs->over[overs->count++];
}

/* The event that should not be, from 1: the first Release after the end, else the one that was it.
 */
static uint32_t one_too_many(const struct trace_object *object)
{
    for (uint32_t i = 0; i < object->event_count; i++)
        if (object->event[i].kind == RESIDUE_EVENT_RELEASE &&
            object->event[i].flags & RESIDUE_EVENT_AFTER_END)
            return i + 1;
    for (uint32_t i = 0; i < object->event_count; i++)
        if (object->event[i].kind == RESIDUE_EVENT_RELEASE &&
            object->event[i].flags & RESIDUE_EVENT_ENDED_IT)
            return i + 1;
    return 0;
}

/* The event that ended it, from 1; 0: none did. */
static uint32_t end_of(const struct trace_object *object)
{
    for (uint32_t i = 0; i < object->event_count; i++)
        if (object->event[i].flags & RESIDUE_EVENT_ENDED_IT && object->event[i].site)
            return i + 1;
    return 0;
}

static bool released_after_end(const struct trace_object *object)
{
    uint32_t event = one_too_many(object);
    return event && object->event[event - 1].flags & RESIDUE_EVENT_AFTER_END;
}

/* Best the one that the process died of; one at an address that was no other's, for then nobody's
 * Release but its own holders' can have met it; one with the Release too many. */
static void add_object(struct overs *overs, const struct trace *trace,
                       const struct trace_object *object)
{
    bool fault = trace->fault && trace->fault->object == object->id;
    if (!(object->flags & RESIDUE_OBJECT_USED_AFTER_END) && !fault)
        return;
    struct over *over = over_at(overs, objects_path(trace, object), object->interface);
    unsigned shows = 1 + 4u * fault + 2u * !object->before + released_after_end(object);
    over->objects++;
    if (shows > over->shows) {
        over->object = object;
        over->shows = shows;
    }
    over->faulted = over->faulted || fault;
}

static void add_misuse(struct overs *overs, const struct trace *trace,
                       const struct residue_misuse *misuse)
{
    if (misuse->misuse != RESIDUE_MISUSE_USED_AFTER_END)
        return;
    struct over *over = over_at(overs, trace->sites[misuse->acquired_site].path, misuse->interface);
    if (over->uses < misuse->count) {
        over->uses = misuse->count;
        over->misuse = misuse;
    }
}

/* ---- telling ---- */

static void count_references(const struct trace_object *object, uint64_t *taken, uint64_t *released)
{
    *taken = *released = object->unlisted / 2;
    for (uint32_t i = 0; i < object->event_count; i++) {
        uint8_t kind = object->event[i].kind;
        *taken += kind == RESIDUE_EVENT_OPEN || kind == RESIDUE_EVENT_QUERY ||
                  kind == RESIDUE_EVENT_ADDREF;
        *released += kind == RESIDUE_EVENT_RELEASE;
    }
}

/* The first event after the end that is not the Release too many. */
static const struct residue_event *used_after(const struct trace_object *object, uint32_t besides)
{
    for (uint32_t i = 0; i < object->event_count; i++)
        if (object->event[i].flags & RESIDUE_EVENT_AFTER_END && i + 1 != besides &&
            object->event[i].kind != RESIDUE_EVENT_FAULT)
            return &object->event[i];
    return NULL;
}

static void tell_use(struct finding *finding, const struct trace *trace, const struct over *over,
                     const struct residue_event *use)
{
    if (!use || !use->site)
        return;
    finding_detail(finding, "%s is called on it afterwards, at %s.",
                   finding_call(trace, trace->sites[use->site].path),
                   finding_place(use->site).text);
    finding_stack(finding, "used afterwards", use->site, over->objects);
}

static struct finding *tell_release(struct findings *findings, const struct trace *trace,
                                    const struct over *over, uint32_t too_many, const char *what,
                                    const char *how)
{
    const struct trace_object *object = over->object;
    const struct residue_event *release = &object->event[too_many - 1];
    uint64_t taken, released;
    count_references(object, &taken, &released);
    struct finding *finding =
        finding_add(findings, FINDING_OVER_RELEASED, over->path,
                    "%s %s: the Release at %s %s (%s reference%s taken, %s released)",
                    objects_interface(trace, object), what, finding_place(release->site).text, how,
                    figure_count(taken).text, taken == 1 ? "" : "s", figure_count(released).text);
    finding->one_too_many = too_many;
    finding_stack(finding, "one Release too many", release->site, over->objects);
    return finding;
}

static struct finding *tell_object(struct findings *findings, const struct trace *trace,
                                   const struct over *over)
{
    const struct trace_object *object = over->object;
    uint32_t too_many = one_too_many(object);
    bool late = released_after_end(object);
    struct finding *finding;
    if (too_many && object->event[too_many - 1].site)
        finding = tell_release(findings, trace, over, too_many,
                               late ? "over-released" : "used after its end",
                               late ? "is one too many" : "came too early");
    else
        finding = finding_add(findings, FINDING_OVER_RELEASED, over->path,
                              "%s used after its end: its memory is gone",
                              objects_interface(trace, object));
    finding->object = object;
    tell_use(finding, trace, over, used_after(object, too_many));
    return finding;
}

/* ---- where the address was another's before ---- */

static void say_before(struct finding *finding, const struct trace *trace,
                       const struct reused *reused, const char *what, const char *whose)
{
    const struct trace_object *before = reused->before;
    uint32_t end = end_of(before);
    char ended[64] = "";
    if (end)
        snprintf(ended, sizeof ended, " and ended at %s",
                 finding_place(before->event[end - 1].site).text);
    finding_detail(finding,
                   "%s another %s's before, opened at %s%s: %s residue run --quarantine tells the "
                   "two apart.",
                   what, objects_interface(trace, before), finding_place(before->site).text, ended,
                   whose);
    finding->before = before;
}

/* It is by none who holds this one, but whom it was meant for is not known. */
static struct finding *tell_strange(struct findings *findings, const struct trace *trace,
                                    const struct over *over, const struct reused *reused)
{
    bool died_first = over->faulted && !released_after_end(over->object);
    struct finding *finding = tell_release(findings, trace, over, reused->event,
                                           died_first ? "used after its end" : "over-released",
                                           died_first ? "came too early" : "is one too many");
    finding->object = over->object;
    say_before(finding, trace, reused,
               "It is by code that neither opened it nor took a reference. The address was",
               "the Release may be meant for that one.");
    tell_use(finding, trace, over, used_after(over->object, reused->event));
    return finding;
}

/* One of several, and none of them is to be blamed for the others. */
static struct finding *tell_undecided(struct findings *findings, const struct trace *trace,
                                      const struct over *over, const struct reused *reused)
{
    const struct trace_object *object = over->object;
    uint32_t one = object->event[reused->event - 1].site,
             other = reused->other ? object->event[reused->other - 1].site : 0;
    uint64_t taken, released;
    count_references(object, &taken, &released);
    struct finding *finding = finding_add(
        findings, FINDING_OVER_RELEASED, over->path,
        "%s over-released: one Release too many, %sat %s%s%s (%s reference%s taken, %s released)",
        objects_interface(trace, object), other ? "" : "perhaps ", finding_place(one).text,
        other ? " or at " : "", other ? finding_place(other).text : "", figure_count(taken).text,
        taken == 1 ? "" : "s", figure_count(released).text);
    finding->object = object;
    say_before(finding, trace, reused, "The address was",
               "a holder of that one may have released this one.");
    finding_stack(finding, "perhaps one too many", one, over->objects);
    finding_stack(finding, "perhaps one too many", other, over->objects);
    return finding;
}

/* The one before with the Release that it was meant for: it is that one's history. */
static struct trace_object *with_release(const struct trace_object *before,
                                         const struct residue_event *release)
{
    size_t events = (before->event_count + 1) * sizeof *release;
    struct trace_object *object = analysis_take(1, sizeof *object + events);
    struct residue_event *event = (struct residue_event *)(object + 1);
    *object = *before;
    memcpy(event, before->event, before->event_count * sizeof *event);
    event[object->event_count] = *release;
    event[object->event_count].flags |= RESIDUE_EVENT_AFTER_END;
    event[object->event_count++].flags &= (uint8_t)~RESIDUE_EVENT_ENDED_IT;
    object->event = event;
    return object;
}

static struct finding *tell_foreign(struct findings *findings, const struct trace *trace,
                                    const struct over *over, const struct reused *reused)
{
    const struct trace_object *victim = over->object;
    struct trace_object *object = with_release(reused->before, &victim->event[reused->event - 1]);
    struct over whose = *over;
    whose.object = object;
    struct finding *finding = tell_release(findings, trace, &whose, object->event_count,
                                           "over-released", "is one too many");
    const struct residue_event *use = used_after(victim, reused->event);
    finding->object = finding->made = object;
    finding->victim = victim;
    finding_detail(finding,
                   "By then another %s was at its address, opened at %s: it is that one "
                   "that lost a reference.",
                   objects_interface(trace, victim), finding_place(victim->site).text);
    tell_use(finding, trace, &whose, use);
    finding_stack(finding, "in its place", victim->site, over->objects);
    return finding;
}

/* What was found on the victims is told of those whose holders did it. */
static void blame(struct over *over, const struct trace *trace)
{
    const struct trace_object *object = over->object;
    uint64_t dirty = over->objects;
    if (!object)
        return;
    for (size_t i = 0; i < trace->misuse_count; i++) {
        const struct residue_misuse *misuse = &trace->misuses[i];
        if (misuse->misuse == RESIDUE_MISUSE_USED_AFTER_END &&
            misuse->acquired_site == object->site && misuse->count > dirty)
            dirty = misuse->count;
    }
    over->reused = reused_of(trace, object, dirty);
    if (over->faulted && over->reused.release == REUSED_UNDECIDED)
        over->reused.release =
            REUSED_ITS_OWN; /* the fault came first: the last Release was early */
    if (over->reused.release == REUSED_FOREIGN) {
        over->path = objects_path(trace, over->reused.before);
        over->interface = over->reused.before->interface;
    }
}

/* One missing reference is one finding, whoever met the Release. */
static uint64_t times(const struct over *over)
{
    return over->uses > over->objects ? over->uses : over->objects;
}

static void join(struct over *over, const struct over *other)
{
    over->uses = times(over) + times(other);
}

static void blame_all(struct overs *overs, const struct trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < overs->count; i++)
        blame(&overs->over[i], trace);
    for (size_t i = 0; i < overs->count; i++) {
        size_t same = 0;
        while (same < kept && (overs->over[same].path != overs->over[i].path ||
                               overs->over[same].interface != overs->over[i].interface))
            same++;
        if (same < kept && overs->over[same].reused.release != REUSED_FOREIGN) {
            join(&overs->over[same], &overs->over[i]);
        } else if (same < kept) {
            join(&overs->over[i], &overs->over[same]);
            overs->over[same] = overs->over[i];
        } else {
            overs->over[kept++] = overs->over[i];
        }
    }
    overs->count = kept;
}

/* Nothing but the count is left of them. */
static struct finding *tell_misuse(struct findings *findings, const struct trace *trace,
                                   const struct over *over)
{
    const struct residue_misuse *misuse = over->misuse;
    struct finding *finding = finding_add(
        findings, FINDING_OVER_RELEASED, over->path,
        "%s over-released: %s is called at %s on one that has ended",
        over->interface ? trace->names[over->interface].text : "object",
        finding_call(trace, trace->sites[misuse->site].path), finding_place(misuse->site).text);
    finding_stack(finding, "ended", misuse->released_site, misuse->count);
    finding_stack(finding, "used afterwards", misuse->site, misuse->count);
    return finding;
}

static void tell(struct findings *findings, const struct trace *trace, const struct over *over)
{
    struct finding *finding = !over->object ? tell_misuse(findings, trace, over)
                              : over->reused.release == REUSED_FOREIGN
                                  ? tell_foreign(findings, trace, over, &over->reused)
                              : over->reused.release == REUSED_STRANGE
                                  ? tell_strange(findings, trace, over, &over->reused)
                              : over->reused.release == REUSED_UNDECIDED
                                  ? tell_undecided(findings, trace, over, &over->reused)
                                  : tell_object(findings, trace, over);
    uint32_t calls = trace->paths[over->path].started;
    finding->count = times(over);
    if (over->path && calls) {
        finding->per = FINDING_PER_CALL;
        finding->per_call = (double)finding->count / calls;
    }
    finding_stack(finding, "opened",
                  finding->object ? finding->object->site : over->misuse->acquired_site,
                  finding->count);
    if (!over->faulted)
        return;
    char what[64];
    finding_fault_name(trace, what, sizeof what);
    if (trace->fault->site)
        finding_detail(finding, "Then the client died of %s at %s.", what,
                       finding_place(trace->fault->site).text);
    else
        finding_detail(finding, "Then the client died of %s.", what);
    finding_stack(finding, "died", trace->fault->site, 1);
}

void find_over_released(struct findings *findings, const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    struct overs overs = {0};
    for (size_t i = 0; i < trace->object_count; i++)
        add_object(&overs, trace, &trace->objects[i]);
    for (size_t i = 0; i < trace->misuse_count; i++)
        add_misuse(&overs, trace, &trace->misuses[i]);
    blame_all(&overs, trace);
    for (size_t i = 0; i < overs.count; i++)
        tell(findings, trace, &overs.over[i]);
    free(overs.over);
}
