/* OpenMetrics 1.0, for Prometheus' text-file collector: gauges only, which the older text format
 * has, too. A metric's samples stand together, so calls are gone through once for each. */
#include "analyzer/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A series must be told from every other by its labels: what two call paths share when their bytes
 * have been made text gets a number. */
struct series {
    char *key; /* call and path */
    unsigned count;
    UT_hash_handle hh;
};

struct metrics {
    FILE *out;
    struct export *export;
    char **path; /* labels, by call */
};

/* ---- labels ---- */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
}

/* To a reader a label without text is the same as none. */
static void put_label(struct metrics *metrics, const char *name, const char *bytes, bool first)
{
    if (!*bytes && !first)
        return;
    char *text = export_text(bytes);
    fprintf(metrics->out, "%s%s=\"", first ? "{" : ",", name);
    put_escaped(metrics->out, text);
    putc('"', metrics->out);
    free(text);
}

/* What series of different runs are told apart by: a collector that finds one in two of its files
 * refuses them all. */
static void put_run_labels(struct metrics *metrics, bool first)
{
    const struct export *export = metrics->export;
    const char *build = export->build ? export->build : export->commit;
    put_label(metrics, "program", report_base_name(export->report->trace->header.program), first);
    put_label(metrics, "build", build ? build : "", false);
    put_label(metrics, "label", export->label ? export->label : "", false);
}

static void put_call_labels(struct metrics *metrics, uint32_t i)
{
    const struct analysis_call *call = &metrics->export->report->analysis->calls[i];
    put_label(metrics, "call", call->name, true);
    put_label(metrics, "path", metrics->path[i], false);
    put_label(metrics, "verdict", verdict_name(call->verdict), false);
    put_run_labels(metrics, false);
}

static void free_series(struct series *all)
{
    struct series *series, *next;
    HASH_ITER (hh, all, series, next) {
        HASH_DEL(all, series);
        free(series->key);
        free(series);
    }
}

static char **paths_of(const struct analysis *analysis)
{
    char **path = analysis_take(analysis->call_count + 1, sizeof *path);
    struct series *all = NULL;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        char *outer = export_outer_of(&analysis->calls[i]);
        char *name = export_text(analysis->calls[i].name);
        size_t size = strlen(outer) + strlen(name) + 32;
        struct series *series = NULL, *fresh = analysis_take(1, sizeof *fresh);
        fresh->key = analysis_take(size, 1);
        path[i] = analysis_take(size, 1);
        snprintf(fresh->key, size, "%s\n%s", outer, name);
        HASH_FIND_STR(all, fresh->key, series);
        if (series) {
            snprintf(path[i], size, "%s #%u", outer, ++series->count);
            free(fresh->key);
            free(fresh);
        } else {
            fresh->count = 1;
            HASH_ADD_KEYPTR(hh, all, fresh->key, strlen(fresh->key), fresh);
            strcpy(path[i], outer);
        }
        free(outer);
        free(name);
    }
    free_series(all);
    return path;
}

/* ---- samples ---- */

static void put_value(struct metrics *metrics, double value)
{
    if (isfinite(value))
        fprintf(metrics->out, "} %.15g\n", value);
    else
        fputs("} NaN\n", metrics->out);
}

/* `unit` is the end of the name, as the format wants it. */
static void family(struct metrics *metrics, const char *name, const char *unit, const char *help)
{
    fprintf(metrics->out, "# TYPE %s gauge\n", name);
    if (unit)
        fprintf(metrics->out, "# UNIT %s %s\n", name, unit);
    fprintf(metrics->out, "# HELP %s %s\n", name, help);
}

/* A figure of the whole run. */
static void put_run(struct metrics *metrics, const char *name, const char *unit, double value,
                    const char *help)
{
    family(metrics, name, unit, help);
    fputs(name, metrics->out);
    put_run_labels(metrics, true);
    put_value(metrics, value);
}

enum figure_of_call { RATE, LOW, HIGH, INCLUSIVE, OBSERVED, CALLS, BYTES, THINGS };

static double figure_of(const struct analysis_call *call, enum figure_of_call figure)
{
    switch (figure) {
    case RATE:
        return call->bytes_per_call;
    case LOW:
        return call->ci95[0];
    case HIGH:
        return call->ci95[1];
    case INCLUSIVE:
        return call->inclusive_bytes_per_call;
    case OBSERVED:
        return call->observed_bytes_per_call;
    case CALLS:
        return (double)call->count;
    case BYTES:
        return (double)call->bytes;
    default:
        return (double)call->survivors;
    }
}

static const struct {
    const char *name, *unit, *help;
    enum figure_of_call figure;
} figures[] = {
    {"residue_leak_per_call_bytes", "bytes", "Bytes that each call leaves behind.", RATE},
    {"residue_leak_per_call_low_bytes", "bytes", "The same, lower end of the 95% interval.", LOW},
    {"residue_leak_per_call_high_bytes", "bytes", "The same, upper end of the 95% interval.", HIGH},
    {"residue_leak_per_call_inclusive_bytes", "bytes",
     "Bytes that each call leaves behind, with the calls inside it.", INCLUSIVE},
    {"residue_observed_per_call_bytes", "bytes",
     "Bytes left per call where there were too few calls for a verdict.", OBSERVED},
    {"residue_calls", NULL, "Calls that were begun.", CALLS},
    {"residue_retained_bytes", "bytes", "Bytes of the call that were live at the end.", BYTES},
    {"residue_retained_objects", "objects", "Things of the call that were live at the end.",
     THINGS},
};

static void put_calls(struct metrics *metrics)
{
    const struct analysis *analysis = metrics->export->report->analysis;
    for (size_t i = 0; i < sizeof figures / sizeof *figures && analysis->call_count; i++) {
        family(metrics, figures[i].name, figures[i].unit, figures[i].help);
        for (uint32_t call = 0; call < analysis->call_count; call++) {
            fputs(figures[i].name, metrics->out);
            put_call_labels(metrics, call);
            put_value(metrics, figure_of(&analysis->calls[call], figures[i].figure));
        }
    }
}

/* Kinds of one name are one series: a user's profile may have called two alike. */
static void put_things_of(struct metrics *metrics, uint32_t i, const char *name)
{
    const struct report *report = metrics->export->report;
    const struct analysis_call *call = &report->analysis->calls[i];
    for (uint32_t k = 0; k < call->thing_count; k++) {
        const char *kind = report->trace->kinds[call->things[k].kind].name;
        double sum = 0;
        bool told = false;
        for (uint32_t other = 0; other < call->thing_count; other++)
            if (!strcmp(report->trace->kinds[call->things[other].kind].name, kind)) {
                sum += call->things[other].per_call;
                told |= other < k;
            }
        if (told)
            continue;
        fputs(name, metrics->out);
        put_call_labels(metrics, i);
        put_label(metrics, "kind", kind, false);
        put_value(metrics, sum);
    }
}

static void put_things(struct metrics *metrics)
{
    static const char name[] = "residue_leak_per_call_objects";
    const struct analysis *analysis = metrics->export->report->analysis;
    bool any = false;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        if (analysis->calls[i].thing_count && !any)
            family(metrics, name, "objects", "Things that each call leaves behind.");
        any |= analysis->calls[i].thing_count > 0;
        put_things_of(metrics, i, name);
    }
}

/* By kind: how many findings there are, for single ones have no names. */
static void put_findings(struct metrics *metrics)
{
    static const char name[] = "residue_findings";
    const struct findings *findings = &metrics->export->report->findings;
    family(metrics, name, NULL, "Findings of a kind.");
    for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++) {
        unsigned count = 0;
        for (uint32_t k = 0; k < findings->count; k++)
            count += findings->finding[k].kind == kind;
        fputs(name, metrics->out);
        put_label(metrics, "kind", finding_kind_name(kind), true);
        put_run_labels(metrics, false);
        put_value(metrics, count);
    }
}

static void put_memory(struct metrics *metrics)
{
    const struct trace *trace = metrics->export->report->trace;
    const struct analysis *analysis = metrics->export->report->analysis;
    const struct residue_header *header = &trace->header;
    put_run(metrics, "residue_outside_bytes", "bytes", (double)analysis->outside_bytes,
            "Bytes acquired in no watched call that were live at the end.");
    put_run(metrics, "residue_outside_objects", "objects", (double)analysis->outside_survivors,
            "Things acquired in no watched call that were live at the end.");
    if (trace->checkpoint_count) {
        const struct trace_checkpoint *last = &trace->checkpoints[trace->checkpoint_count - 1];
        if (last->private_bytes)
            put_run(metrics, "residue_private_bytes", "bytes", (double)last->private_bytes,
                    "Private memory of the process when it was last looked at.");
        put_run(metrics, "residue_tracked_bytes", "bytes", (double)last->tracked_bytes,
                "Bytes of all things that were live then.");
    }
    put_run(metrics, "residue_run_complete", NULL,
            !(header->flags & RESIDUE_FLAG_INCOMPLETE) && !trace->truncated,
            "1 when all of the run was recorded, else 0.");
    if (header->start_unix_ns)
        put_run(metrics, "residue_run_start_seconds", "seconds",
                (double)header->start_unix_ns / 1e9, "When the run began, since 1970.");
}

static void put_about(struct metrics *metrics)
{
    static const char name[] = "residue_run_info";
    family(metrics, name, NULL, "Which run this was; always 1.");
    fputs(name, metrics->out);
    put_label(metrics, "file", metrics->export->report->trace->header.program, true);
    put_label(metrics, "commit", metrics->export->commit ? metrics->export->commit : "", false);
    put_run_labels(metrics, false);
    put_value(metrics, 1);
}

void export_openmetrics(struct export *export, FILE *out)
{
    const struct analysis *analysis = export->report->analysis;
    struct metrics metrics = {.out = out, .export = export, .path = paths_of(analysis)};
    put_calls(&metrics);
    put_things(&metrics);
    put_findings(&metrics);
    put_memory(&metrics);
    put_about(&metrics);
    fputs("# EOF\n", out);
    for (uint32_t i = 0; i < analysis->call_count; i++)
        free(metrics.path[i]);
    free(metrics.path);
}
