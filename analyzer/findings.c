#include "analyzer/findings.h"
#include "analyzer/findings_make.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *finding_severity(const struct finding *finding)
{
    return finding->remark ? "remark" : "error";
}

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[FINDING_KINDS] = {
        [FINDING_SECTION_IN_FREED_MEMORY] = "critical-section-in-freed-memory",
        [FINDING_ORPHANED_BY_UNLOAD] = "orphaned-by-unload",
        [FINDING_UNBALANCED_LOADS] = "unbalanced-loads",
        [FINDING_PRIVATE_HEAP] = "private-heap-never-destroyed",
        [FINDING_REFERENCE_LEAK] = "reference-leak",
        [FINDING_LOGGED_OFF_NOT_RELEASED] = "logged-off-not-released",
        [FINDING_OVER_RELEASED] = "over-released",
        [FINDING_LINKED_BUFFER_FREED] = "linked-buffer-freed",
        [FINDING_WRONG_FUNCTION] = "freed-by-wrong-function",
        [FINDING_WRONG_ALLOCATOR] = "wrong-allocator",
        [FINDING_DOUBLE_FREE] = "double-free",
        [FINDING_UNBALANCED_RELEASE] = "unbalanced-release",
        [FINDING_SESSION_NOT_LOGGED_OFF] = "session-not-logged-off",
        [FINDING_STORE_NOT_LOGGED_OFF] = "store-not-logged-off",
        [FINDING_LOGGED_OFF_WITH_OBJECTS_OPEN] = "logged-off-with-objects-open",
        [FINDING_WRONG_ORDER] = "released-in-wrong-order",
        [FINDING_SINK_OUTLIVES_SESSION] = "sink-outlives-session",
        [FINDING_RETURNED_BUFFER] = "returned-buffer-never-freed",
        [FINDING_LINKED_BUFFERS] = "linked-buffers-never-freed",
        [FINDING_MAPI_BUFFER] = "mapi-buffer-never-freed",
        [FINDING_ROWS_LOST] = "rows-lost",
        [FINDING_ADVISE] = "advise-without-unadvise",
        [FINDING_UNBALANCED_INITIALIZE] = "unbalanced-initialize",
        [FINDING_HANDLE] = "handle-never-closed",
    };
    return names[kind];
}

/* `before` and what is said now, as one text. */
__attribute__((format(printf, 2, 0))) static char *sentence(const char *before, const char *format,
                                                            va_list arguments)
{
    char text[2048];
    int used = before ? snprintf(text, sizeof text, "%s ", before) : 0;
    if (used < (int)sizeof text)
        vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    char *copy = analysis_take(strlen(text) + 1, 1);
    return strcpy(copy, text);
}

struct finding *finding_add(struct findings *findings, enum finding_kind kind, uint32_t path,
                            const char *format, ...)
{
    struct finding *grown = analysis_take(findings->count + 1, sizeof *grown);
    if (findings->count)
        memcpy(grown, findings->finding, findings->count * sizeof *grown);
    free(findings->finding);
    findings->finding = grown;
    struct finding *finding = &grown[findings->count++];
    finding->kind = kind;
    finding->path = path;
    finding->per = FINDING_PER_NOTHING;
    va_list arguments;
    va_start(arguments, format);
    finding->message = sentence(NULL, format, arguments);
    va_end(arguments);
    return finding;
}

void finding_detail(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *detail = sentence(finding->detail, format, arguments);
    va_end(arguments);
    free(finding->detail);
    finding->detail = detail;
}

void finding_rate(struct finding *finding, const struct verdict *verdict, uint64_t count)
{
    finding->count = count;
    finding->per = FINDING_PER_CALL;
    finding->per_call = verdict->per_call;
    finding->bytes_per_call = verdict->bytes_per_call;
}

void finding_stack(struct finding *finding, const char *role, uint32_t site, uint64_t count)
{
    if (site && finding->stack_count < FINDING_STACKS)
        finding->stacks[finding->stack_count++] = (struct finding_stack){role, site, count};
}

const char *finding_call(const struct trace *trace, uint32_t path)
{
    return path ? trace->names[trace->paths[path].name].text : "the program";
}

/* ---- places ---- */

/* No text of a trace has these bytes in it that is printed as it is. */
enum { PLACE_BEGINS = 2, PLACE_ENDS = 3 };

struct finding_place finding_place(uint32_t site)
{
    struct finding_place place;
    snprintf(place.text, sizeof place.text, "%c%u%c", PLACE_BEGINS, site, PLACE_ENDS);
    return place;
}

static char *placed(char *text, void (*place)(const void *, uint32_t, char *, size_t),
                    const void *closure)
{
    char out[4096], name[512];
    size_t used = 0;
    for (const char *at = text; *at && used < sizeof out - 1;) {
        char *end;
        if (*at != PLACE_BEGINS) {
            out[used++] = *at++;
            continue;
        }
        uint32_t site = (uint32_t)strtoul(at + 1, &end, 10);
        if (*end == PLACE_ENDS) {
            place(closure, site, name, sizeof name);
            size_t length = strlen(name), left = sizeof out - 1 - used;
            memcpy(out + used, name, length < left ? length : left);
            used += length < left ? length : left;
        }
        at = *end == PLACE_ENDS ? end + 1 : at + 1;
    }
    out[used] = 0;
    free(text);
    return strcpy(analysis_take(used + 1, 1), out);
}

void findings_place(struct findings *findings,
                    void (*place)(const void *closure, uint32_t site, char *text, size_t size),
                    const void *closure)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->finding[i];
        finding->message = placed(finding->message, place, closure);
        if (finding->detail)
            finding->detail = placed(finding->detail, place, closure);
    }
}

/* ---- all of them ---- */

bool findings_told(const struct findings_context *context, uint32_t path, uint32_t ordinal)
{
    size_t index = path ? objects_opened_by(&context->objects, path, ordinal) : OBJECTS_NONE;
    return index != OBJECTS_NONE && context->consequence[index];
}

/* The sites of a call, less the verdict on those whose survivors belong to objects that a finding
 * tells of: a private heap of a session that is leaked, say, is no leak of its own. */
static struct analysis_site *without_told(const struct findings_context *context,
                                          const struct analysis_call *call)
{
    struct analysis_site *sites = analysis_take(call->site_count, sizeof *sites);
    for (uint32_t i = 0; i < call->site_count; i++) {
        struct analysis_site *site = &sites[i];
        *site = call->sites[i];
        enum residue_class class = analysis_class(context->trace, site->site);
        bool told = site->entries && (class == RESIDUE_CLASS_PRIVATE_HEAP ||
                                      class == RESIDUE_CLASS_MODULE_REFERENCE);
        for (size_t j = 0; told && j < site->entries; j++)
            told = findings_told(context, call->path, site->survivor[j].ordinal);
        if (told)
            site->verdict.kind = VERDICT_CLEAN;
    }
    return sites;
}

static void remarks_last(struct findings *findings)
{
    struct finding *sorted = analysis_take(findings->count, sizeof *sorted);
    uint32_t used = 0;
    for (int remarks = 0; remarks < 2; remarks++)
        for (uint32_t i = 0; i < findings->count; i++)
            if (findings->finding[i].remark == remarks)
                sorted[used++] = findings->finding[i];
    free(findings->finding);
    findings->finding = sorted;
}

struct findings findings_of(const struct analysis *analysis)
{
    struct findings findings = {0};
    const struct trace *trace = analysis->trace;
    struct findings_context context = {analysis, trace, objects_of(trace),
                                       analysis_take(trace->object_count, sizeof(bool))};
    find_object_leaks(&findings, &context);
    find_references(&findings, &context);
    find_over_released(&findings, &context);
    find_misuse(&findings, &context);
    find_buffers(&findings, &context);
    find_handles(&findings, &context);
    const struct finding_sites outside = {0, analysis->outside, analysis->outside_count};
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        struct analysis_site *left = without_told(&context, call);
        const struct finding_sites sites = {call->path, left, call->site_count};
        find_lost_sections(&findings, trace, &sites);
        find_never_released(&findings, trace, &sites, RESIDUE_CLASS_MODULE_REFERENCE);
        find_never_released(&findings, trace, &sites, RESIDUE_CLASS_PRIVATE_HEAP);
        find_orphans(&findings, trace, &sites);
        free(left);
    }
    find_lost_sections(&findings, trace, &outside);
    find_held_modules(&findings, trace, &outside);
    find_orphans(&findings, trace, &outside);
    remarks_last(&findings);
    objects_free(&context.objects);
    free(context.consequence);
    return findings;
}

void findings_free(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++)
        free(findings->finding[i].message), free(findings->finding[i].detail),
            free(findings->finding[i].kept), free(findings->finding[i].made);
    free(findings->finding);
    *findings = (struct findings){0};
}
