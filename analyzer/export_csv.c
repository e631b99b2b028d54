/* CSV as RFC 4180 has it: a header line, lines that end in CR LF, quotes around what needs them. */
#include "analyzer/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct csv {
    FILE *out;
    bool begun; /* the line has something on it */
};

/* ---- cells ---- */

static void separate(struct csv *csv)
{
    if (csv->begun)
        putc(',', csv->out);
    csv->begun = true;
}

static void line_end(struct csv *csv)
{
    fputs("\r\n", csv->out);
    csv->begun = false;
}

static void put_text(struct csv *csv, const char *text)
{
    separate(csv);
    if (!text[strcspn(text, "\",\r\n")]) {
        fputs(text, csv->out);
        return;
    }
    putc('"', csv->out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', csv->out);
        putc(*text, csv->out);
    }
    putc('"', csv->out);
}

/* Texts of the trace: NULL is an empty cell. */
static void put_bytes(struct csv *csv, const char *bytes)
{
    char *text = export_text(bytes ? bytes : "");
    put_text(csv, text);
    free(text);
}

/* A text that is ours to free. */
static void put_own(struct csv *csv, char *text)
{
    put_text(csv, text);
    free(text);
}

/* As many digits as the report's JSON has; what is no number is an empty cell. */
static void put_real(struct csv *csv, double real)
{
    separate(csv);
    if (isfinite(real))
        fprintf(csv->out, "%.15g", real);
}

static void put_count(struct csv *csv, uint64_t count)
{
    separate(csv);
    fprintf(csv->out, "%" PRIu64, count);
}

static void put_interval(struct csv *csv, const double interval[2])
{
    put_real(csv, interval[0]);
    put_real(csv, interval[1]);
}

static void put_bool(struct csv *csv, bool value)
{
    put_text(csv, value ? "true" : "false");
}

static void header(struct csv *csv, const char *line)
{
    fputs(line, csv->out);
    line_end(csv);
}

/* ---- rows ---- */

static void put_call(struct csv *csv, const struct analysis_call *call)
{
    const double *things = call->per_call;
    put_bytes(csv, call->name);
    put_own(csv, export_outer_of(call));
    put_count(csv, call->count);
    put_count(csv, call->finished);
    put_text(csv, verdict_name(call->verdict));
    put_real(csv, call->bytes_per_call);
    put_interval(csv, call->ci95);
    put_bool(csv, call->exact);
    put_real(csv, call->inclusive_bytes_per_call);
    put_real(csv, call->observed_bytes_per_call);
    put_real(csv, things[RESIDUE_CLASS_BLOCK] + things[RESIDUE_CLASS_MAPPING] +
                      things[RESIDUE_CLASS_BUFFER]);
    put_real(csv, things[RESIDUE_CLASS_CRITICAL_SECTION]);
    put_real(csv, things[RESIDUE_CLASS_PRIVATE_HEAP]);
    put_real(csv, things[RESIDUE_CLASS_MODULE_REFERENCE]);
    put_real(csv, things[RESIDUE_CLASS_INTERFACE_REFERENCE]);
    put_real(csv, things[RESIDUE_CLASS_OTHER]);
    put_count(csv, call->survivors);
    put_count(csv, call->bytes);
    line_end(csv);
}

static void put_calls(struct csv *csv, const struct analysis *analysis)
{
    header(csv, "call,path,count,finished,verdict,bytes_per_call,ci95_low,ci95_high,exact,"
                "inclusive_bytes_per_call,observed_bytes_per_call,blocks_per_call,"
                "critical_sections_per_call,private_heaps_per_call,module_references_per_call,"
                "interface_references_per_call,other_things_per_call,survivors,bytes");
    for (uint32_t i = 0; i < analysis->call_count; i++)
        put_call(csv, &analysis->calls[i]);
}

/* "name (file:line)", innermost first, with "<" between: who was called by whom. */
static char *stack_text(struct export *export, const struct export_sample *sample)
{
    uint32_t depth;
    const uint32_t *stack = export_stack_of(export, sample, &depth);
    size_t size = 1, used = 0;
    for (uint32_t i = 0; i < depth; i++) {
        const struct report_stack *lines = export_frame_of(export, stack[i]);
        for (size_t k = 0; k < lines->count; k++) {
            const struct report_frame *line = &lines->frame[k];
            size += 64 + strlen(line->function ? line->function : "") +
                    strlen(line->module ? line->module : "") + strlen(line->file ? line->file : "");
        }
    }
    char *bytes = analysis_take(3 * size, 1);
    for (uint32_t i = 0; i < depth; i++) {
        const struct report_stack *lines = export_frame_of(export, stack[i]);
        for (size_t k = 0; k < lines->count; k++) {
            const struct report_frame *line = &lines->frame[k];
            char *name = export_name_of(line);
            used += (size_t)sprintf(bytes + used, "%s%s", used ? " < " : "", name);
            if (line->file)
                used += (size_t)sprintf(bytes + used, " (%s:%" PRIu32 ")", line->file, line->line);
            free(name);
        }
    }
    char *text = export_text(bytes);
    free(bytes);
    return text;
}

static void put_place(struct csv *csv, struct export *export, const struct export_sample *sample)
{
    uint32_t depth;
    const uint32_t *stack = export_stack_of(export, sample, &depth);
    const struct report_frame *at = depth ? export_frame_of(export, stack[0])->frame : NULL;
    put_bytes(csv, at ? at->function : NULL);
    put_bytes(csv, at ? at->file : NULL);
    if (at && at->line)
        put_count(csv, at->line);
    else
        put_text(csv, "");
    put_bytes(csv, at ? at->module : NULL);
    put_own(csv, stack_text(export, sample));
}

/* Outside, the columns of a call are empty: no verdict, no rates. */
static void put_site(struct csv *csv, struct export *export, const struct export_sample *sample)
{
    const struct verdict *verdict = &sample->site->verdict;
    enum { OF_A_CALL = 8 };
    put_bytes(csv, sample->call ? sample->call->name : NULL);
    put_own(csv, export_outer_of(sample->call));
    put_bytes(csv, export_kind_of(export, sample));
    if (sample->call) {
        put_text(csv, verdict_name(verdict->kind));
        put_real(csv, verdict->bytes_per_call);
        put_interval(csv, verdict->ci95);
        put_real(csv, verdict->per_call);
        put_interval(csv, verdict->things95);
        put_bool(csv, verdict->exact);
    } else {
        for (int i = 0; i < OF_A_CALL; i++)
            put_text(csv, "");
    }
    put_text(csv, sample->call ? growth_name(verdict->growth) : "");
    put_count(csv, sample->site->survivors);
    put_count(csv, sample->site->bytes);
    put_place(csv, export, sample);
    line_end(csv);
}

static void put_sites(struct csv *csv, struct export *export)
{
    struct export_sample sample = {0};
    header(csv, "call,path,resource,verdict,bytes_per_call,ci95_low,ci95_high,per_call,"
                "per_call_ci95_low,per_call_ci95_high,exact,growth,survivors,bytes,function,file,"
                "line,module,stack");
    while (export_next(export, &sample))
        put_site(csv, export, &sample);
}

static void put_findings(struct csv *csv, const struct report *report)
{
    static const char *const per[] = {"call", "load", ""};
    header(csv, "kind,call,path,count,per,per_call,bytes_per_call,severity,message,detail,module");
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.finding[i];
        const struct analysis_call *call = analysis_call_of(report->analysis, finding->path);
        put_text(csv, finding_kind_name(finding->kind));
        put_bytes(csv, call ? call->name : NULL);
        put_own(csv, export_outer_of(call));
        put_count(csv, finding->count);
        put_text(csv, per[finding->per]);
        put_real(csv, finding->per_call);
        put_real(csv, finding->bytes_per_call);
        put_text(csv, finding_severity(finding));
        put_bytes(csv, finding->message);
        put_bytes(csv, finding->detail);
        put_bytes(csv, finding->module ? report->trace->modules[finding->module].path : NULL);
        line_end(csv);
    }
}

void export_csv(struct export *export, FILE *out)
{
    struct csv csv = {.out = out};
    if (export->rows == EXPORT_CALLS)
        put_calls(&csv, export->report->analysis);
    else if (export->rows == EXPORT_SITES)
        put_sites(&csv, export);
    else
        put_findings(&csv, export->report);
}
