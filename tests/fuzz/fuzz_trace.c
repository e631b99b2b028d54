/* Any file given as a trace: it is refused with one line, or read, analysed, reported in both forms
 * and exported in all. Symbols are left out: which files are opened is no business of a fuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "analyzer/export.h"
#include "analyzer/report_objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void export_all(const struct report *report, FILE *sink)
{
    void (*const writers[])(struct export *, FILE *) = {
        export_csv, export_folded, export_openmetrics, export_pprof, export_speedscope};
    struct export export = {.report = report, .rows = EXPORT_SITES, .weight = EXPORT_BYTES};
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        writers[i](&export, sink);
    export_done(&export);
}

static void report(struct trace *trace)
{
    static FILE *sink;
    if (!sink)
        sink = fopen("/dev/null", "w");
    struct report report = {.trace = trace, .analysis = analysis_of(trace), .all = true};
    report.findings = findings_of(report.analysis);
    const struct analysis_call *worst = analysis_worst(report.analysis);
    report.memory =
        memory_of(trace, 1 << 30, report.analysis->leaked_bytes, worst ? worst->count : 0);
    findings_place(&report.findings, report_place, &report);
    report_json(&report, sink);
    report_html(&report, sink);
    report_text(&report, sink);
    export_all(&report, sink);
    findings_free(&report.findings);
    analysis_free(report.analysis);
}

/* What was read must survive being written and read again. */
static void rewrite(const struct trace *trace, char *problem, size_t problem_size)
{
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/residue-fuzz-%d", (int)getpid());
    if (!trace_write_compact(trace, path, problem, problem_size))
        abort();
    struct trace *again = trace_open(path, problem, problem_size);
    unlink(path);
    if (!again || again->truncated || again->survivor_count != trace->survivor_count ||
        again->site_count != trace->site_count || again->path_count != trace->path_count)
        abort();
    trace_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    char problem[512] = "";
    if (file < 0)
        file = memfd_create("trace", MFD_CLOEXEC);
    /* Emptied first, and a hole behind: a live trace is sparse. */
    if (ftruncate(file, 0) || pwrite(file, data, size, 0) != (ssize_t)size ||
        ftruncate(file, (off_t)(size + sizeof(struct residue_leaf))))
        abort();
    struct trace *trace = trace_open_fd(file, "trace", problem, sizeof problem);
    if (!trace) {
        if (!problem[0] || strchr(problem, '\n'))
            abort();
        return 0;
    }
    report(trace);
    rewrite(trace, problem, sizeof problem);
    trace_close(trace);
    return 0;
}
