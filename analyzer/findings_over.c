/* Objects that ended under somebody who still used them: a Release too many. */
#include "analyzer/findings_fault.h"
#include "analyzer/findings_make.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

/* Objects of one interface that one call opened. */
struct over {
    uint32_t path, interface;
    const struct trace_object *object;   /* that shows it best; NULL when none is in the trace */
    uint64_t objects, uses;              /* that are in the trace; of one kind at most */
    const struct residue_misuse *misuse; /* the most frequent one */
    bool faulted;
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

static bool released_after_end(const struct trace_object *object)
{
    uint32_t event = one_too_many(object);
    return event && object->event[event - 1].flags & RESIDUE_EVENT_AFTER_END;
}

static void add_object(struct overs *overs, const struct trace *trace,
                       const struct trace_object *object)
{
    bool fault = trace->fault && trace->fault->object == object->id;
    if (!(object->flags & RESIDUE_OBJECT_USED_AFTER_END) && !fault)
        return;
    struct over *over = over_at(overs, objects_path(trace, object), object->interface);
    over->objects++;
    if (!over->object || fault ||
        (!over->faulted && !released_after_end(over->object) && released_after_end(object)))
        over->object = object;
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

static struct finding *tell_object(struct findings *findings, const struct trace *trace,
                                   const struct over *over)
{
    const struct trace_object *object = over->object;
    const char *interface = objects_interface(trace, object);
    uint32_t too_many = one_too_many(object);
    const struct residue_event *release = too_many ? &object->event[too_many - 1] : NULL,
                               *use = used_after(object, too_many);
    uint64_t taken, released;
    count_references(object, &taken, &released);
    bool late = release && release->flags & RESIDUE_EVENT_AFTER_END;
    struct finding *finding;
    if (release && release->site)
        finding = finding_add(findings, FINDING_OVER_RELEASED, over->path,
                              "%s %s: the Release at %s %s (%s reference%s taken, %s released)",
                              interface, late ? "over-released" : "used after its end",
                              finding_place(release->site).text,
                              late ? "is one too many" : "came too early", figure_count(taken).text,
                              taken == 1 ? "" : "s", figure_count(released).text);
    else
        finding = finding_add(findings, FINDING_OVER_RELEASED, over->path,
                              "%s used after its end: its memory is gone", interface);
    finding->object = object;
    finding->one_too_many = too_many;
    if (release)
        finding_stack(finding, "one Release too many", release->site, over->objects);
    if (use && use->site) {
        finding_detail(finding, "%s is called on it afterwards, at %s.",
                       finding_call(trace, trace->sites[use->site].path),
                       finding_place(use->site).text);
        finding_stack(finding, "used afterwards", use->site, over->objects);
    }
    return finding;
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
    struct finding *finding =
        over->object ? tell_object(findings, trace, over) : tell_misuse(findings, trace, over);
    uint32_t calls = trace->paths[over->path].started;
    finding->count = over->uses > over->objects ? over->uses : over->objects;
    if (over->path && calls) {
        finding->per = FINDING_PER_CALL;
        finding->per_call = (double)finding->count / calls;
    }
    finding_stack(finding, "opened",
                  over->object ? over->object->site : over->misuse->acquired_site, finding->count);
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
    for (size_t i = 0; i < overs.count; i++)
        tell(findings, trace, &overs.over[i]);
    free(overs.over);
}

/* ---- what the process died of ---- */

void finding_fault_name(const struct trace *trace, char *text, size_t size)
{
    static const struct {
        uint32_t code;
        const char *name;
    } names[] = {
        {4, "SIGILL"},
        {5, "SIGTRAP"},
        {6, "SIGABRT"},
        {7, "SIGBUS"},
        {8, "SIGFPE"},
        {11, "SIGSEGV"},
        {0xc0000005, "an access violation"},
        {0xc000001d, "an illegal instruction"},
        {0xc0000094, "a division by zero"},
        {0xc00000fd, "a stack overflow"},
        {0xc0000374, "a corrupted heap"},
    };
    uint32_t code = trace->fault->code;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code) {
            snprintf(text, size, "%s", names[i].name);
            return;
        }
    snprintf(text, size, code < 0x10000 ? "signal %u" : "exception 0x%x", code);
}
