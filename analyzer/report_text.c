/* The report for people: first whether anything leaks and where, then the rest, worst first. */
#include "analyzer/report.h"
#include "analyzer/report_symbols.h"
#include "analyzer/report_text_calls.h"
#include "analyzer/report_text_memory.h"
#include "analyzer/report_text_words.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

/* ---- the first sentence ---- */

static void sentence_leak(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    const struct analysis_call *worst = &analysis->calls[0];
    char what[TEXT_SIZE] = "something", sure[128], more[128] = "";
    if (worst->bytes_per_call > 0)
        snprintf(what, sizeof what, "%s", figure_rate_bytes(worst->bytes_per_call).text);
    else if (worst->thing_count)
        snprintf(what, sizeof what, "%s",
                 words_things(worst->things[0].per_call, words_kind(report, worst->things[0].kind))
                     .text);
    snprintf(sure, sizeof sure, "%s%s",
             worst->exact                ? "exact"
             : worst->bytes_per_call > 0 ? "95% CI "
                                         : "estimated",
             worst->exact || worst->bytes_per_call <= 0
                 ? ""
                 : figure_interval(worst->ci95[0], worst->ci95[1], worst->bytes_per_call).text);
    if (analysis->leaking > 1)
        snprintf(more, sizeof more, "; %s more call%s leak%s",
                 figure_count(analysis->leaking - 1).text, words_plural(analysis->leaking - 1),
                 analysis->leaking == 2 ? "s" : "");
    text_paragraph(text, 0, TEXT_RED, "%s %s %s per call (%s, %s call%s)%s.",
                   words_name(worst->name).text,
                   worst->verdict == VERDICT_GROWING ? "grows by" : "leaks", what, sure,
                   figure_count(worst->count).text, words_plural(worst->count), more);
}

/* Of the calls that may well leak the one that left most. */
static const struct analysis_call *worst_suspect(const struct analysis *analysis, uint32_t *count)
{
    const struct analysis_call *worst = NULL;
    *count = 0;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        if (!text_suspect(call))
            continue;
        (*count)++;
        if (!worst || call->bytes > worst->bytes)
            worst = call;
    }
    return worst;
}

static void sentence_suspect(struct text *text, const struct analysis_call *worst, uint32_t count)
{
    char what[TEXT_SIZE], more[128] = "";
    bool regular = worst->site_count && worst->sites[0].verdict.exact;
    bool dead = worst->site_count && worst->sites[0].dead;
    uint64_t needed = regular ? dead ? VERDICT_MIN_CALLS_DEAD : VERDICT_MIN_CALLS
                      : dead  ? VERDICT_MIN_CALLS_DEAD_IRREGULAR
                              : VERDICT_MIN_CALLS_IRREGULAR;
    if (worst->bytes)
        snprintf(what, sizeof what, "%s", figure_bytes((double)worst->bytes).text);
    else
        snprintf(what, sizeof what, "%s thing%s", figure_count(worst->survivors).text,
                 words_plural(worst->survivors));
    if (count > 1)
        snprintf(more, sizeof more, " The same goes for %s more call%s.",
                 figure_count(count - 1).text, words_plural(count - 1));
    text_paragraph(text, 0, TEXT_YELLOW,
                   "No leak is certain, but %s left %s behind in %s calls, too few to tell a leak "
                   "from a cache (%s would do).%s",
                   words_name(worst->name).text, what, figure_count(worst->count).text,
                   figure_count(needed).text, more);
}

/* Whether some call ran often enough to have shown a leak. */
static bool judged(const struct analysis *analysis)
{
    for (uint32_t i = 0; i < analysis->call_count; i++)
        if (analysis->calls[i].count >= VERDICT_MIN_CALLS)
            return true;
    return false;
}

/* "7 calls", or "212 calls on 40,767 paths" where calls are made inside of each other. */
static struct safe watched(const struct analysis *analysis)
{
    const struct trace *trace = analysis->trace;
    bool *named = analysis_take(trace->name_count + 1, sizeof *named);
    uint64_t names = 0;
    char line[160];
    for (uint32_t path = 1; path <= trace->path_count; path++) {
        names += !named[trace->paths[path].name];
        named[trace->paths[path].name] = true;
    }
    free(named);
    int used =
        snprintf(line, sizeof line, "%s call%s", figure_count(names).text, words_plural(names));
    if (names != analysis->call_count)
        snprintf(line + used, sizeof line - (size_t)used, " on %s paths",
                 figure_count(analysis->call_count).text);
    return text_safe(line, 100);
}

static void sentence_clean(struct text *text, const struct analysis *analysis)
{
    bool unsure = false;
    for (uint32_t i = 0; i < analysis->call_count; i++)
        unsure = unsure || analysis->calls[i].verdict == VERDICT_TOO_FEW_CALLS;
    bool nothing = unsure && !judged(analysis);
    text_paragraph(text, 0, nothing ? TEXT_YELLOW : TEXT_GREEN, "%s: %s watched, %s execution%s.",
                   nothing  ? "No leak found, but no call ran often enough to show one"
                   : unsure ? "No leak found"
                            : "Nothing leaks",
                   watched(analysis).text, figure_count(analysis->executions).text,
                   words_plural(analysis->executions));
}

static void sentence(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    uint32_t suspects;
    const struct analysis_call *suspect = worst_suspect(analysis, &suspects);
    if (analysis->leaking)
        sentence_leak(text, report);
    else if (report->findings.count)
        text_paragraph(text, 0, TEXT_RED, "No call has a rate, but there %s: %s.",
                       report->findings.count > 1 ? "are findings" : "is a finding",
                       report->findings.finding[0].message);
    else if (!analysis->executions)
        text_paragraph(text, 0, TEXT_YELLOW,
                       "No watched call was executed: there is no rate to give (residue run --help "
                       "tells how to watch one).");
    else if (suspect)
        sentence_suspect(text, suspect, suspects);
    else
        sentence_clean(text, analysis);
}

/* ---- what else stands at the top ---- */

/* What makes every figure below doubtful. */
static void caveats(struct text *text, const struct report *report)
{
    const struct residue_header *header = &report->trace->header;
    if (header->flags & RESIDUE_FLAG_INCOMPLETE)
        text_paragraph(text, 0, TEXT_YELLOW, "Recording stopped early: %s.",
                       *header->trouble ? text_safe(header->trouble, 120).text : "no reason given");
    if (report->trace->truncated)
        text_paragraph(text, 0, TEXT_YELLOW, "The trace file is cut off: what there is was read.");
    if (header->missed)
        text_paragraph(text, 0, TEXT_YELLOW, "%s acquisition%s could not be recorded.",
                       figure_count(header->missed).text, words_plural(header->missed));
    if (header->unwatched)
        text_paragraph(text, 0, TEXT_YELLOW,
                       "%s import%s not watched: more functions match than the shim has thunks "
                       "for. Name fewer with --watch.",
                       figure_count(header->unwatched).text,
                       header->unwatched == 1 ? " was" : "s were");
    if (header->verified)
        text_paragraph(text, 0, header->differences ? TEXT_RED : TEXT_DIM,
                       "%s recognised stack%s unwound again in full: %s different.",
                       figure_count(header->verified).text,
                       header->verified == 1 ? " was" : "s were",
                       header->differences ? figure_count(header->differences).text : "none was");
    if (header->flags & RESIDUE_FLAG_ATTACHED)
        text_paragraph(text, 0, TEXT_DIM,
                       "Attached to while it ran: what it did before is not known here.");
    if (header->flags & RESIDUE_FLAG_FORKED)
        text_paragraph(text, 0, TEXT_DIM,
                       "A child of fork: what its parent held is not listed here.");
}

/* Which run this is about. */
static void write_program(struct text *text, const struct report *report)
{
    const struct trace *trace = report->trace;
    const struct residue_header *header = &trace->header;
    char line[TEXT_SIZE] = "", end[64] = "no end seen";
    size_t used = 0;
    for (uint32_t i = 0; i < trace->argument_count && used < sizeof line - 1; i++) {
        int more =
            snprintf(line + used, sizeof line - used, "%s%s", i ? " " : "", trace->arguments[i]);
        used += more > 0 ? (size_t)more : 0;
    }
    if (header->state == RESIDUE_STATE_REPLACED)
        snprintf(end, sizeof end, "became another program");
    else if (header->exit_kind == RESIDUE_EXIT_EXITED)
        snprintf(end, sizeof end, "exit status %u", header->exit_status);
    else if (header->exit_kind == RESIDUE_EXIT_SIGNALED)
        snprintf(end, sizeof end, "killed by signal %u", header->exit_status);
    text_begin(text, 0);
    text_item(text, 0, TEXT_DIM, "%s", text_safe(used ? line : header->program, 64).text);
    text_item(text, 4, TEXT_DIM, "process %u", header->pid);
    if (report->memory.seconds > 0)
        text_item(text, 4, TEXT_DIM, "%s", figure_seconds(report->memory.seconds).text);
    text_item(text, 4, header->exit_kind == RESIDUE_EXIT_SIGNALED ? TEXT_YELLOW : TEXT_DIM, "%s",
              end);
    text_end(text);
}

static void write_symbols(struct text *text, const struct report *report)
{
    uint32_t module = 0;
    const char *problem = report_symbols_problem(report, &module);
    if (problem)
        text_end(text);
    for (; problem; problem = report_symbols_problem(report, &module))
        text_paragraph(text, 0, TEXT_DIM, "Symbols of %s.", text_safe(problem, 120).text);
}

void report_text(const struct report *report, FILE *out)
{
    struct text text = {.out = out, .colour = report->colour};
    sentence(&text, report);
    caveats(&text, report);
    write_program(&text, report);
    text_calls(&text, report);
    text_findings(&text, report, 0);
    text_outside(&text, report);
    text_memory(&text, report);
    write_symbols(&text, report);
}
