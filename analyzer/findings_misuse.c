/* What was done that never is right, as the shim saw it: one finding for what was done to the
 * things of one call. */
#include "analyzer/findings_make.h"
#include "analyzer/report_text_write.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Misuse of one kind, of the things that one call acquired; or where that is not known, at one
 * place. */
struct kind_of_misuse {
    const struct residue_misuse **record; /* most frequent first */
    size_t count;
    uint64_t sum;
    uint32_t path; /* of the acquiring call, else of where it was done */
};

static uint32_t path_of(const struct trace *trace, const struct residue_misuse *misuse)
{
    uint32_t path = trace->sites[misuse->acquired_site].path;
    return path ? path : trace->sites[misuse->site].path;
}

static const struct trace *sorted_trace; /* qsort has no closure; the analyzer no threads */

/* What makes two records one finding; the name of what was wrongly called belongs to it. */
static int by_cause(const struct residue_misuse *a, const struct residue_misuse *b)
{
    const struct trace *trace = sorted_trace;
    uint32_t p = path_of(trace, a), q = path_of(trace, b);
    if (a->misuse != b->misuse)
        return a->misuse < b->misuse ? -1 : 1;
    if (a->resource_kind != b->resource_kind)
        return a->resource_kind < b->resource_kind ? -1 : 1;
    if (a->interface != b->interface)
        return a->interface < b->interface ? -1 : 1;
    return (p > q) - (p < q);
}

static int by_cause_and_count(const void *one, const void *other)
{
    const struct residue_misuse *a = *(const struct residue_misuse *const *)one,
                                *b = *(const struct residue_misuse *const *)other;
    int order = by_cause(a, b);
    if (order)
        return order;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return (a->site > b->site) - (a->site < b->site);
}

/* ---- what is told elsewhere ---- */

/* An object that is never released was open at the logoff, and when its parent was released: that
 * is the same missing Release. */
static bool is_of_leak(const struct findings *findings, const struct kind_of_misuse *kind,
                       const char *interface)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        if ((finding->kind != FINDING_REFERENCE_LEAK &&
             finding->kind != FINDING_LOGGED_OFF_NOT_RELEASED) ||
            finding->count < kind->sum)
            continue;
        if (finding->path == kind->path)
            return true;
        for (uint32_t j = 0; j < finding->kept_count; j++)
            if (finding->kept[j].path == kind->path &&
                !strcmp(finding->kept[j].interface, interface))
                return true;
    }
    return false;
}

/* What was open at the logoff may have been let go by its parent, too, before: that is told once.
 */
static bool is_of_logoff(const struct trace *trace, const struct kind_of_misuse *kind)
{
    const struct residue_misuse *misuse = kind->record[0];
    uint64_t logoff = 0;
    for (size_t i = 0; i < trace->misuse_count; i++) {
        const struct residue_misuse *other = &trace->misuses[i];
        if (other->misuse == RESIDUE_MISUSE_OPEN_AT_LOGOFF &&
            other->interface == misuse->interface && path_of(trace, other) == kind->path)
            logoff += other->count;
    }
    return misuse->misuse == RESIDUE_MISUSE_PARENT_FIRST && logoff >= kind->sum;
}

/* ---- messages ---- */

struct told {
    enum finding_kind kind;
    char message[1024];
    uint32_t thread;
    bool other_threads;
};

static const char *resource_of(const struct trace *trace, const struct residue_misuse *misuse)
{
    return misuse->resource_kind ? trace->kinds[misuse->resource_kind].name : "thing";
}

static const char *release_of(const struct trace *trace, const struct residue_misuse *misuse)
{
    const char *release = trace->kinds[misuse->resource_kind].release;
    return release ? release : "what belongs to it";
}

/* Several sinks for each session that ended are a call without its counterpart, which is told by
 * what is left of it (findings_handles.c). */
static bool is_of_advise(const struct trace *trace, const struct kind_of_misuse *kind)
{
    uint64_t ends = 0;
    for (size_t i = 0; i < kind->count; i++)
        ends += trace->paths[trace->sites[kind->record[i]->site].path].started;
    return kind->record[0]->misuse == RESIDUE_MISUSE_SINK_OUTLIVES && kind->sum >= 2 * ends;
}

static const char *interface_of(const struct trace *trace, const struct residue_misuse *misuse)
{
    return misuse->interface ? trace->names[misuse->interface].text : "object";
}

/* " of IMAPITable::QueryRows", or nothing when it came from no call. */
struct origin {
    char text[256];
};

static struct origin origin_of(const struct trace *trace, const struct residue_misuse *misuse)
{
    struct origin origin = {""};
    uint32_t path = trace->sites[misuse->acquired_site].path;
    if (misuse->acquired_site && path)
        snprintf(origin.text, sizeof origin.text, " of %s", finding_call(trace, path));
    return origin;
}

/* What is lost when a container is freed as if it were its memory. */
static const char *lost_with(const char *release)
{
    return !strcmp(release, "FreeProws")      ? ": its rows are lost"
           : !strcmp(release, "FreePadrlist") ? ": its entries are lost"
                                              : "";
}

/* It is those who called that differ. */
static bool same_place(const struct trace *trace, uint32_t one, uint32_t other)
{
    const struct trace_stack *a = &trace->stacks[trace->sites[one].stack],
                             *b = &trace->stacks[trace->sites[other].stack];
    return a->depth && b->depth && a->frame[0] == b->frame[0];
}

/* What is counted by thread has been released on one that had acquired none. */
static void tell_not_held(struct told *told, const struct trace *trace,
                          const struct kind_of_misuse *kind)
{
    const struct residue_misuse *misuse = kind->record[0];
    char where[64] = "";
    told->kind = FINDING_UNBALANCED_RELEASE;
    told->thread = misuse->thread;
    for (size_t i = 0; i < kind->count; i++)
        told->other_threads |=
            kind->record[i]->other_threads || kind->record[i]->thread != told->thread;
    if (told->thread)
        snprintf(where, sizeof where, " on thread %u%s", told->thread,
                 told->other_threads ? " and others" : "");
    snprintf(told->message, sizeof told->message, "%s %s time%s more than %s%s, at %s",
             release_of(trace, misuse), figure_count(kind->sum).text, kind->sum == 1 ? "" : "s",
             resource_of(trace, misuse), where, finding_place(misuse->site).text);
}

static struct told tell_resource(const struct trace *trace, const struct kind_of_misuse *kind)
{
    const struct residue_misuse *misuse = kind->record[0];
    struct told told = {0};
    const char *what = resource_of(trace, misuse), *release = release_of(trace, misuse),
               *done = finding_call(trace, trace->sites[misuse->site].path);
    struct origin origin = origin_of(trace, misuse);
    switch (misuse->misuse) {
    case RESIDUE_MISUSE_LINKED_FREED:
        told.kind = FINDING_LINKED_BUFFER_FREED;
        snprintf(told.message, sizeof told.message,
                 "%s%s that is linked to another (MAPIAllocateMore) is freed by itself, at %s",
                 what, origin.text, finding_place(misuse->site).text);
        break;
    case RESIDUE_MISUSE_WRONG_FUNCTION:
        told.kind = FINDING_WRONG_FUNCTION;
        snprintf(told.message, sizeof told.message, "%s%s freed by %s, not %s%s", what, origin.text,
                 done, release, lost_with(release));
        break;
    case RESIDUE_MISUSE_WRONG_ALLOCATOR:
        told.kind = FINDING_WRONG_ALLOCATOR;
        snprintf(told.message, sizeof told.message,
                 trace->kinds[misuse->resource_kind].class == RESIDUE_CLASS_BLOCK
                     ? "%s%s, of another allocator, given to %s at %s"
                     : "%s%s given to the C library's free, or the like, not to %s, at %s",
                 what, origin.text,
                 trace->kinds[misuse->resource_kind].class == RESIDUE_CLASS_BLOCK ? done : release,
                 finding_place(misuse->site).text);
        break;
    case RESIDUE_MISUSE_DOUBLE_FREE:
        told.kind = FINDING_DOUBLE_FREE;
        if (same_place(trace, misuse->site, misuse->released_site))
            snprintf(told.message, sizeof told.message, "%s%s freed twice, both times at %s", what,
                     origin.text, finding_place(misuse->site).text);
        else
            snprintf(told.message, sizeof told.message, "%s%s freed twice: at %s, after %s", what,
                     origin.text, finding_place(misuse->site).text,
                     misuse->released_site ? finding_place(misuse->released_site).text
                                           : "it was freed already");
        break;
    default:
        tell_not_held(&told, trace, kind);
    }
    return told;
}

static bool is_session(const struct trace *trace, const struct residue_misuse *misuse)
{
    return strcmp(interface_of(trace, misuse), "IMsgStore") != 0;
}

/* They live, and the client still holds them. */
static bool never_released(const struct trace *trace, const struct kind_of_misuse *kind)
{
    uint64_t held = 0;
    for (size_t i = 0; i < trace->object_count; i++) {
        const struct trace_object *object = &trace->objects[i];
        held += object->live && object->held && object->interface == kind->record[0]->interface &&
                trace->sites[object->site].path == kind->path;
    }
    return held >= kind->sum;
}

static struct told tell_object(const struct trace *trace, const struct kind_of_misuse *kind)
{
    const struct residue_misuse *misuse = kind->record[0];
    struct told told = {0};
    const char *what = interface_of(trace, misuse);
    struct origin origin = origin_of(trace, misuse);
    struct finding_place place = finding_place(misuse->site);
    switch (misuse->misuse) {
    case RESIDUE_MISUSE_NOT_LOGGED_OFF:
        told.kind = is_session(trace, misuse) ? FINDING_SESSION_NOT_LOGGED_OFF
                                              : FINDING_STORE_NOT_LOGGED_OFF;
        snprintf(told.message, sizeof told.message, "%s%s released at %s without %s", what,
                 origin.text, place.text, is_session(trace, misuse) ? "Logoff" : "StoreLogoff");
        break;
    case RESIDUE_MISUSE_OPEN_AT_LOGOFF:
        told.kind = FINDING_LOGGED_OFF_WITH_OBJECTS_OPEN;
        snprintf(told.message, sizeof told.message,
                 "%s%s still open when its session was logged off at %s%s", what, origin.text,
                 place.text, never_released(trace, kind) ? ", and never released" : "");
        break;
    case RESIDUE_MISUSE_PARENT_FIRST:
        told.kind = FINDING_WRONG_ORDER;
        snprintf(told.message, sizeof told.message,
                 "%s%s still open when what it was opened from was released at %s%s", what,
                 origin.text, place.text,
                 never_released(trace, kind) ? ", and never released" : "");
        break;
    default:
        told.kind = FINDING_SINK_OUTLIVES_SESSION;
        snprintf(told.message, sizeof told.message,
                 "sink advised by %s not unadvised when its session was over, at %s",
                 finding_call(trace, trace->sites[misuse->acquired_site].path), place.text);
    }
    return told;
}

static bool is_object(const struct residue_misuse *misuse)
{
    return misuse->misuse >= RESIDUE_MISUSE_NOT_LOGGED_OFF;
}

/* ---- one kind ---- */

static void rate(struct finding *finding, const struct trace *trace,
                 const struct kind_of_misuse *kind)
{
    uint32_t calls = trace->paths[kind->path].started;
    finding->count = kind->sum;
    if (kind->path && calls) {
        finding->per = FINDING_PER_CALL;
        finding->per_call = (double)kind->sum / calls;
    }
}

static void tell(struct findings *findings, const struct findings_context *context,
                 const struct kind_of_misuse *kind)
{
    enum { RECORDS = 2 };
    const struct trace *trace = context->trace;
    const struct residue_misuse *misuse = kind->record[0];
    bool of_held = misuse->misuse == RESIDUE_MISUSE_OPEN_AT_LOGOFF ||
                   misuse->misuse == RESIDUE_MISUSE_PARENT_FIRST;
    if (of_held &&
        (is_of_leak(findings, kind, interface_of(trace, misuse)) || is_of_logoff(trace, kind)))
        return;
    if (is_of_advise(trace, kind))
        return;
    struct told told = is_object(misuse) ? tell_object(trace, kind) : tell_resource(trace, kind);
    struct finding *finding = finding_add(findings, told.kind, kind->path, "%s", told.message);
    finding->remark = told.kind == FINDING_STORE_NOT_LOGGED_OFF;
    finding->thread = told.thread;
    finding->other_threads = told.other_threads;
    rate(finding, trace, kind);
    for (size_t i = 0; i < kind->count && i < RECORDS; i++) {
        const struct residue_misuse *record = kind->record[i];
        bool of_object = is_object(record);
        const char *done = of_object                                   ? "done"
                           : record->misuse == RESIDUE_MISUSE_NOT_HELD ? "released"
                                                                       : "freed";
        finding_stack(finding, done, record->site, record->count);
        finding_stack(finding, "freed before", of_object ? 0 : record->released_site,
                      record->count);
        finding_stack(finding, of_object ? "opened" : "acquired", record->acquired_site,
                      record->count);
    }
}

void find_misuse(struct findings *findings, const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    const struct residue_misuse **records = analysis_take(trace->misuse_count, sizeof *records);
    size_t count = 0;
    for (size_t i = 0; i < trace->misuse_count; i++)
        if (trace->misuses[i].misuse != RESIDUE_MISUSE_USED_AFTER_END)
            records[count++] = &trace->misuses[i];
    sorted_trace = trace;
    qsort(records, count, sizeof *records, by_cause_and_count);
    for (size_t i = 0, end; i < count; i = end) {
        struct kind_of_misuse kind = {.record = &records[i], .path = path_of(trace, records[i])};
        for (end = i; end < count && !by_cause(records[i], records[end]); end++)
            kind.sum += records[end]->count;
        kind.count = end - i;
        tell(findings, context, &kind);
    }
    free(records);
}
