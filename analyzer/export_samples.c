/* The sites of a report one after the other, and the names that exports give to things. */
#include "analyzer/export.h"
#include "analyzer/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- samples ---- */

bool export_next(const struct export *export, struct export_sample *sample)
{
    const struct analysis *analysis = export->report->analysis;
    for (; sample->calls < analysis->call_count; sample->calls++, sample->sites = 0) {
        sample->call = &analysis->calls[sample->calls];
        if (sample->sites < sample->call->site_count) {
            sample->site = &sample->call->sites[sample->sites++];
            return true;
        }
    }
    sample->call = NULL;
    if (sample->sites == analysis->outside_count)
        return false;
    sample->site = &analysis->outside[sample->sites++];
    return true;
}

double export_weight_of(const struct export_sample *sample, enum export_weight weight)
{
    const struct verdict *verdict = &sample->site->verdict;
    bool leaks = sample->call && verdict_leaks(verdict->kind);
    switch (weight) {
    case EXPORT_RATE:
        return leaks ? verdict->bytes_per_call : 0;
    case EXPORT_THINGS:
        return leaks ? verdict->per_call : 0;
    case EXPORT_BYTES:
        return (double)sample->site->bytes;
    default:
        return (double)sample->site->survivors;
    }
}

/* ---- stacks ---- */

const uint32_t *export_stack_of(const struct export *export, const struct export_sample *sample,
                                uint32_t *depth)
{
    const struct trace *trace = export->report->trace;
    uint32_t id = trace->sites[sample->site->site].stack;
    *depth = id ? trace->stacks[id].depth : 0;
    return id ? trace->stacks[id].frame : NULL;
}

const struct report_stack *export_frame_of(struct export *export, uint32_t frame)
{
    if (!export->frames)
        export->frames = analysis_take(export->report->trace->frame_count, sizeof *export->frames);
    if (!export->frames[frame].count)
        export->frames[frame] = report_frame_of(export->report, frame);
    return &export->frames[frame];
}

void export_done(struct export *export)
{
    for (uint32_t i = 0; export->frames && i < export->report->trace->frame_count; i++)
        report_stack_free(&export->frames[i]);
    free(export->frames);
    export->frames = NULL;
}

/* ---- names ---- */

char *export_text(const char *bytes)
{
    char *copy = utf8_copy(bytes);
    if (!copy)
        analysis_no_memory();
    return copy;
}

/* `outer`, and `last` unless that is NULL. */
static char *joined(const char *const *outer, uint32_t count, const char *last)
{
    size_t size = 1 + (last ? strlen(last) : 0);
    for (uint32_t i = 0; i < count; i++)
        size += strlen(outer[i]) + strlen(EXPORT_INSIDE);
    char *bytes = analysis_take(size, 1);
    for (uint32_t i = 0; i < count + !!last; i++) {
        strcat(bytes, i ? EXPORT_INSIDE : "");
        strcat(bytes, i < count ? outer[i] : last);
    }
    char *text = export_text(bytes);
    free(bytes);
    return text;
}

char *export_outer_of(const struct analysis_call *call)
{
    return joined(call ? call->outer : NULL, call ? call->outer_count : 0, NULL);
}

char *export_path_of(const struct analysis_call *call)
{
    return call ? joined(call->outer, call->outer_count, call->name) : export_text(EXPORT_OUTSIDE);
}

char *export_name_of(const struct report_frame *frame)
{
    if (frame->function && *frame->function)
        return export_text(frame->function);
    const char *module = frame->module ? frame->module : "";
    for (const char *byte = module; *byte; byte++)
        if (*byte == '/' || *byte == '\\')
            module = byte + 1;
    size_t size = strlen(module) + 32;
    char *bytes = analysis_take(size, 1);
    snprintf(bytes, size, "%s%s0x%" PRIx64, module, *module ? "+" : "", frame->offset);
    char *text = export_text(bytes);
    free(bytes);
    return text;
}

const char *export_kind_of(const struct export *export, const struct export_sample *sample)
{
    const struct trace *trace = export->report->trace;
    return trace->kinds[trace->sites[sample->site->site].kind].name;
}

void export_build_id(const struct trace_module *module, char *digits, size_t size)
{
    *digits = 0;
    for (uint32_t i = 0; module->build_id && i < module->build_id_length && 2 * i + 2 < size; i++)
        snprintf(digits + 2 * i, 3, "%02x", module->build_id[i]);
}
