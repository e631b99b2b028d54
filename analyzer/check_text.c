/* The gate's verdict for people: the call, the bytes, the line of code, whether it is new. */
#include "analyzer/check_output.h"
#include "analyzer/report_text_words.h"
#include <string.h>

enum { LINES = 3, PROBLEMS = 50, PROCESSES = 12 };

/* The message without the word that stands before it already. */
static const char *rest_of(const struct check_problem *problem)
{
    const char *word = check_word_for(problem);
    size_t length = strlen(word);
    bool twice = !strncmp(problem->message, word, length) && problem->message[length] == ':';
    return problem->message + (twice ? length + 2 : 0);
}

static enum text_style style_of(const struct check_problem *problem)
{
    return problem->by ? TEXT_DIM : problem->finding ? TEXT_YELLOW : TEXT_RED;
}

static void write_problem(struct text *text, const struct check *check,
                          const struct check_problem *problem)
{
    enum { INDENT = 13 };
    const char *call = problem->call ? problem->call : "outside watched calls";
    struct check_trail processes = check_processes(check, problem);
    text_begin(text, 2);
    text_item(text, 2, style_of(problem), "%s", check_word_for(problem));
    text_tab(text, INDENT);
    text_item(text, INDENT, problem->by ? TEXT_PLAIN : TEXT_BOLD, "%s", words_name(call).text);
    text_words(text, INDENT, TEXT_PLAIN, "%s", rest_of(problem));
    if (problem->figures)
        text_item(text, INDENT, TEXT_PLAIN, "(%s)", words_calls(problem->figures->count).text);
    text_end(text);
    if (*problem->within)
        text_paragraph(text, INDENT, TEXT_DIM, "within %s", problem->within);
    if (problem->stack)
        check_write_lines(text, problem->stack, LINES, INDENT);
    if (*processes.text)
        text_paragraph(text, INDENT, TEXT_DIM, "in %s", processes.text);
    if (problem->by)
        text_paragraph(text, INDENT, TEXT_PLAIN, "until %04d-%02d-%02d: %s",
                       problem->by->until / 10000, problem->by->until / 100 % 100,
                       problem->by->until % 100, problem->by->reason);
}

static void write_suppression(struct text *text, const struct check_suppressions *all,
                              const struct check_suppression *line)
{
    const struct {
        const char *name, *glob;
    } parts[] = {{" call=", line->call},
                 {" module=", line->module},
                 {" function=", line->function},
                 {" finding=", line->finding}};
    char given[4 * (TEXT_SIZE + 16)] = "", why[80] = ": nothing matches it, it can go";
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].glob)
            used += (size_t)snprintf(given + used, sizeof given - used, "%s%s", parts[i].name,
                                     text_safe(parts[i].glob, 60).text);
    if (line->expired)
        snprintf(why, sizeof why, " (until %04d-%02d-%02d): it no longer applies",
                 line->until / 10000, line->until / 100 % 100, line->until % 100);
    text_paragraph(text, 2, TEXT_YELLOW, "%s suppression %s:%u:%s%s",
                   line->expired ? "expired" : "unused", text_safe(all->file, 100).text, line->line,
                   given, why);
}

static void write_processes(struct text *text, const struct figures *now)
{
    if (now->process_count < 2)
        return;
    text_paragraph(text, 0, TEXT_PLAIN, "Processes:");
    for (size_t i = 0; i < now->process_count && i < PROCESSES; i++) {
        const struct figures_process *process = &now->process[i];
        text_begin(text, 2);
        text_item(text, 4, TEXT_PLAIN, "%s", text_safe(process->command, 60).text);
        text_item(text, 4, TEXT_PLAIN, "pid %llu", (unsigned long long)process->pid);
        text_item(text, 4, TEXT_PLAIN, "%s", words_calls(process->calls).text);
        if (!process->complete)
            text_item(text, 4, TEXT_YELLOW, "(recorded in part)");
        text_end(text);
    }
    if (now->process_count > PROCESSES)
        text_paragraph(text, 2, TEXT_DIM, "and %zu more", now->process_count - PROCESSES);
}

static void write_remarks(struct text *text, const struct check *check)
{
    if (check->moved)
        text_paragraph(text, 2, TEXT_DIM, "%zu leak%s only moved: as much is left at another place",
                       check->moved, words_plural(check->moved));
    if (check->gone)
        text_paragraph(text, 2, TEXT_GREEN,
                       "%zu place%s leaked in the baseline and %s not any more", check->gone,
                       words_plural(check->gone), check->gone == 1 ? "does" : "do");
    if (check->untold)
        text_paragraph(
            text, 2, TEXT_DIM,
            "%zu call%s left something, in too few executions to tell a leak from a cache",
            check->untold, words_plural(check->untold));
}

void check_text(const struct check *check, const struct text_look *look, FILE *out)
{
    struct text text = text_like(out, look);
    text_paragraph(&text, 0,
                   !check_passes(check)     ? TEXT_RED
                   : check->now->call_count ? TEXT_GREEN
                                            : TEXT_YELLOW,
                   "residue check: %s", check_headline(check).text);
    size_t shown = 0;
    for (size_t i = 0; i < check->count && shown < PROBLEMS; i++, shown++)
        write_problem(&text, check, &check->problem[i]);
    if (shown < check->count)
        text_paragraph(&text, 2, TEXT_DIM, "and %zu more", check->count - shown);
    for (size_t i = 0; check->suppressions && i < check->suppressions->count; i++) {
        const struct check_suppression *line = &check->suppressions->line[i];
        if (line->expired || !line->used)
            write_suppression(&text, check->suppressions, line);
    }
    write_remarks(&text, check);
    write_processes(&text, check->now);
}
