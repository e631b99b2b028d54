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

static void write_problem(const struct check *check, const struct check_problem *problem, FILE *out)
{
    const char *call = problem->call ? problem->call : "outside watched calls";
    struct check_trail processes = check_processes(check, problem);
    fprintf(out, "  %-10s %s  %s", check_word_for(problem), words_name(call).text,
            text_safe(rest_of(problem), 120).text);
    if (problem->figures)
        fprintf(out, "  (%s)", words_calls(problem->figures->count).text);
    fputc('\n', out);
    if (*problem->within)
        fprintf(out, "             within %s\n", text_safe(problem->within, 100).text);
    if (problem->stack)
        check_write_lines(problem->stack, LINES, 13, out);
    if (*processes.text)
        fprintf(out, "             in %s\n", processes.text);
    if (problem->by)
        fprintf(out, "             until %04d-%02d-%02d: %s\n", problem->by->until / 10000,
                problem->by->until / 100 % 100, problem->by->until % 100,
                text_safe(problem->by->reason, 100).text);
}

static void write_suppression(const struct check_suppressions *all,
                              const struct check_suppression *line, FILE *out)
{
    const struct {
        const char *name, *glob;
    } parts[] = {{" call=", line->call},
                 {" module=", line->module},
                 {" function=", line->function},
                 {" finding=", line->finding}};
    fprintf(out, "  %s suppression %s:%u:", line->expired ? "expired" : "unused", all->file,
            line->line);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].glob)
            fprintf(out, "%s%s", parts[i].name, text_safe(parts[i].glob, 60).text);
    if (line->expired)
        fprintf(out, " (until %04d-%02d-%02d): it no longer applies\n", line->until / 10000,
                line->until / 100 % 100, line->until % 100);
    else
        fputs(": nothing matches it, it can go\n", out);
}

static void write_processes(const struct figures *now, FILE *out)
{
    if (now->process_count < 2)
        return;
    fputs("Processes:\n", out);
    for (size_t i = 0; i < now->process_count && i < PROCESSES; i++) {
        const struct figures_process *process = &now->process[i];
        fprintf(out, "  %s  pid %llu  %s%s\n", text_safe(process->command, 60).text,
                (unsigned long long)process->pid, words_calls(process->calls).text,
                process->complete ? "" : "  (recorded in part)");
    }
    if (now->process_count > PROCESSES)
        fprintf(out, "  and %zu more\n", now->process_count - PROCESSES);
}

void check_text(const struct check *check, FILE *out)
{
    fprintf(out, "residue check: %s\n", check_headline(check).text);
    size_t shown = 0;
    for (size_t i = 0; i < check->count && shown < PROBLEMS; i++, shown++)
        write_problem(check, &check->problem[i], out);
    if (shown < check->count)
        fprintf(out, "  and %zu more\n", check->count - shown);
    for (size_t i = 0; check->suppressions && i < check->suppressions->count; i++) {
        const struct check_suppression *line = &check->suppressions->line[i];
        if (line->expired || !line->used)
            write_suppression(check->suppressions, line, out);
    }
    if (check->moved)
        fprintf(out, "  %zu leak%s only moved: as much is left at another place\n", check->moved,
                words_plural(check->moved));
    if (check->gone)
        fprintf(out, "  %zu place%s leaked in the baseline and %s not any more\n", check->gone,
                words_plural(check->gone), check->gone == 1 ? "does" : "do");
    if (check->untold)
        fprintf(out,
                "  %zu call%s left something, in too few executions to tell a leak from a cache\n",
                check->untold, words_plural(check->untold));
    write_processes(check->now, out);
}
