/* From a trace file to all that a renderer needs. */
#include "analyzer/options.h"
#include "analyzer/progress.h"
#include "analyzer/report_objects.h"
#include <ctype.h>
#include <stdlib.h>

bool report_parse_drive(const char *value, struct report_options *options)
{
    int letter = tolower((unsigned char)value[0]);
    const char *folder = value + 1 + (value[0] && value[1] == ':');
    if (letter < 'a' || letter > 'z' || folder[0] != '=' || !folder[1])
        return false;
    options->drive[letter - 'a'] = folder + 1;
    return true;
}

static struct symbols *open_symbols(const struct trace *trace, const struct report_options *options)
{
    struct symbols *symbols = symbols_open();
    for (int i = 0; symbols && i < 26; i++)
        if (options->drive[i])
            symbols_drive(symbols, (char)('a' + i), options->drive[i]);
    report_expect_symbols(symbols, trace);
    return symbols;
}

struct report *report_open(const char *path, const struct report_options *options, char *problem,
                           size_t problem_size)
{
    struct trace *trace = trace_open(path, problem, problem_size);
    if (!trace)
        return NULL;
    struct report *report = analysis_take(1, sizeof *report);
    report->trace = trace;
    report->analysis = analysis_of(trace);
    report->findings = findings_of(report->analysis);
    const struct analysis_call *worst = analysis_worst(report->analysis);
    report->memory =
        memory_of(trace, options->limit, report->analysis->leaked_bytes, worst ? worst->count : 0);
    /* Of Windows modules another program is asked, once for all addresses: those of one trace. */
    report->symbols_shared = options->shared && trace->header.os == RESIDUE_OS_LINUX;
    report->symbols = options->no_symbols      ? NULL
                      : report->symbols_shared ? options->shared
                                               : open_symbols(trace, options);
    findings_place(&report->findings, report_place, report);
    return report;
}

struct report *report_open_for(const char *command, const char *path,
                               const struct report_options *options)
{
    char problem[1024];
    progress_begin_on_stderr();
    struct report *report = report_open(path, options, problem, sizeof problem);
    if (!report) {
        progress_hide();
        options_problem(command, problem);
    }
    return report;
}

void report_close(struct report *report)
{
    if (!report->symbols_shared)
        symbols_close(report->symbols);
    findings_free(&report->findings);
    analysis_free(report->analysis);
    trace_close(report->trace);
    free(report);
}

bool report_ended(const struct residue_header *header)
{
    return header->state == RESIDUE_STATE_ENDED && header->exit_kind != RESIDUE_EXIT_UNKNOWN;
}

const char *report_exit(const struct residue_header *header)
{
    bool signaled = header->exit_kind == RESIDUE_EXIT_SIGNALED;
    return !report_ended(header) ? "running" : signaled ? "signaled" : "exited";
}

const char *report_arch(const struct residue_header *header)
{
    static const char *const archs[] = {NULL, "x86_64", "i386", "aarch64"};
    return header->arch < sizeof archs / sizeof *archs ? archs[header->arch] : NULL;
}

const char *report_system(const struct residue_header *header)
{
    static const char *const systems[] = {NULL, "linux", "windows"};
    return header->os < sizeof systems / sizeof *systems ? systems[header->os] : NULL;
}
