/* The report for people: first whether anything leaks and where, then the rest, worst first. */
#include "analyzer/report_objects.h"
#include "analyzer/report_sentences.h"
#include "analyzer/report_symbols.h"
#include "analyzer/report_text_calls.h"
#include "analyzer/report_text_memory.h"
#include "analyzer/report_text_words.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

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
    struct text text = text_to(out, report->columns, report->colour);
    struct sentence first = sentence_verdict(report);
    text_paragraph(&text, 0, first.style, "%s", first.text);
    caveats(&text, report);
    write_program(&text, report);
    text_objects_fault(&text, report);
    text_calls(&text, report);
    text_findings(&text, report, 0);
    if (!report->selected) { /* these are the process's */
        text_outside(&text, report);
        text_objects_budgets(&text, report);
        text_memory(&text, report);
    }
    write_symbols(&text, report);
}
