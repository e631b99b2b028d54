/* For GitHub: workflow commands, which become annotations at lines of a pull request, and Markdown
 * for a step's summary. */
#include "analyzer/check_output.h"
#include "analyzer/report_text_words.h"
#include <string.h>

/* ---- annotations ---- */

/* As GitHub's own toolkit escapes what is in a command; in properties also what ends them. */
static void escaped(FILE *out, const char *text, bool property)
{
    for (; *text; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (property && (*text == ':' || *text == ',')))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

static void property(FILE *out, const char *before, const char *name, const char *value)
{
    fprintf(out, "%s%s=", before, name);
    escaped(out, value, true);
}

static void annotate(const struct check *check, const struct check_problem *problem, FILE *out)
{
    const struct figures_frame *place = check_place(problem);
    const char *call = problem->call ? problem->call : "outside watched calls";
    const char *before = " ";
    char title[TEXT_SIZE + 40];
    fputs(problem->by ? "::notice" : "::error", out);
    if (place) {
        char line[20];
        snprintf(line, sizeof line, "%u", place->line);
        property(out, before, "file", check_path_of(place->file).text);
        property(out, ",", "line", line);
        before = ",";
    }
    snprintf(title, sizeof title, "residue: %s: %s", check_word_for(problem),
             words_name(call).text);
    property(out, before, "title", title);
    fputs("::", out);
    escaped(out, words_name(call).text, false);
    fputc(' ', out);
    escaped(out, text_safe(problem->message, TEXT_SENTENCE_MOST).text, false);
    struct check_trail trail = check_trail(problem, 6), processes = check_processes(check, problem);
    if (*trail.text) {
        fputs("%0A", out);
        escaped(out, trail.text, false);
    }
    if (*processes.text) {
        fputs("%0Ain ", out);
        escaped(out, processes.text, false);
    }
    fputc('\n', out);
}

void check_github(const struct check *check, FILE *out)
{
    for (size_t i = 0; i < check->count; i++)
        annotate(check, &check->problem[i], out);
    for (size_t i = 0; check->suppressions && i < check->suppressions->count; i++) {
        const struct check_suppression *line = &check->suppressions->line[i];
        char number[20];
        if (!line->expired && line->used)
            continue;
        snprintf(number, sizeof number, "%u", line->line);
        fputs("::warning", out);
        property(out, " ", "file", check_path_of(check->suppressions->file).text);
        property(out, ",", "line", number);
        property(out, ",", "title",
                 line->expired ? "residue: expired suppression" : "residue: unused suppression");
        fprintf(out, "::%s\n",
                line->expired ? "It no longer applies: mend the leak or say until when"
                              : "Nothing matches it: it can go");
    }
    fprintf(out, "residue check: %s\n", check_headline(check).text);
}

/* ---- Markdown ---- */

/* What would end a table's cell or begin markup. */
static void cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fprintf(out, strchr("\\`*_[]|~#", *text) ? "\\%c" : "%c", *text);
    }
}

static void rate(FILE *out, const struct check_problem *problem, struct estimate estimate)
{
    if (problem->finding)
        fputs(figure_rate(estimate.rate).text, out);
    else
        fputs(figure_rate_bytes(estimate.rate).text, out);
}

static void row(const struct check *check, const struct check_problem *problem, FILE *out)
{
    struct check_trail trail = check_trail(problem, 2), processes = check_processes(check, problem);
    fprintf(out, "| %s | ", check_word_for(problem));
    cell(out, words_name(problem->call ? problem->call : "outside watched calls").text);
    fputs(" | ", out);
    cell(out, text_safe(problem->message, TEXT_SENTENCE_MOST).text);
    fputs(" | ", out);
    rate(out, problem, problem->now);
    fputs(" | ", out);
    if (problem->compared)
        rate(out, problem, problem->before);
    fputs(" | ", out);
    cell(out, trail.text);
    if (*processes.text) {
        fputs("<br>in ", out);
        cell(out, processes.text);
    }
    fputs(" |\n", out);
}

void check_markdown(const struct check *check, FILE *out)
{
    fprintf(out, "### %s Residue: ", check_passes(check) ? "✅" : "❌");
    cell(out, check_headline(check).text);
    fputs("\n\n", out);
    if (check->count)
        fputs("| | call | what | per call | before | where |\n|---|---|---|---:|---:|---|\n", out);
    for (size_t i = 0; i < check->count; i++)
        row(check, &check->problem[i], out);
    size_t expired = 0, unused = 0;
    for (size_t i = 0; check->suppressions && i < check->suppressions->count; i++) {
        expired += check->suppressions->line[i].expired;
        unused += !check->suppressions->line[i].expired && !check->suppressions->line[i].used;
    }
    if (expired || unused)
        fprintf(out, "\n%zu suppression%s expired, %zu unused.\n", expired, words_plural(expired),
                unused);
    if (check->gone || check->moved)
        fprintf(out, "\n%zu place%s no longer leak%s, %zu only moved.\n", check->gone,
                words_plural(check->gone), check->gone == 1 ? "s" : "", check->moved);
    fputc('\n', out);
}
