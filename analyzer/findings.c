#include "analyzer/findings.h"
#include "analyzer/findings_make.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {"critical-section-in-freed-memory", "orphaned-by-unload",
                                        "unbalanced-loads", "private-heap-never-destroyed"};
    return names[kind];
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
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finding->message = analysis_take(strlen(message) + 1, 1);
    strcpy(finding->message, message);
    return finding;
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

struct findings findings_of(const struct analysis *analysis)
{
    struct findings findings = {0};
    const struct trace *trace = analysis->trace;
    const struct finding_sites outside = {0, analysis->outside, analysis->outside_count};
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        const struct finding_sites sites = {call->path, call->sites, call->site_count};
        find_lost_sections(&findings, trace, &sites);
        find_never_released(&findings, trace, &sites, RESIDUE_CLASS_MODULE_REFERENCE);
        find_never_released(&findings, trace, &sites, RESIDUE_CLASS_PRIVATE_HEAP);
        find_orphans(&findings, trace, &sites);
    }
    find_lost_sections(&findings, trace, &outside);
    find_held_modules(&findings, trace, &outside);
    find_orphans(&findings, trace, &outside);
    return findings;
}

void findings_free(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++)
        free(findings->finding[i].message);
    free(findings->finding);
    *findings = (struct findings){0};
}
