/* The history for people: a table for each call, and on a terminal a line that draws it. */
#include "analyzer/analysis.h"
#include "analyzer/history.h"
#include "analyzer/report_text_words.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_COLUMNS = 16, TIME_LEAST = 100, DRAWN_MOST = 60, COMMIT_DIGITS = 10 };

char *history_run_name(const struct history_run *run)
{
    const char *commit = run->commit ? run->commit : "";
    size_t digits = strspn(commit, "0123456789abcdef"), cut = digits;
    if (digits > COMMIT_DIGITS)
        cut = COMMIT_DIGITS; /* what stands behind them, "-dirty", stays */
    size_t size = strlen(commit) + (run->build ? strlen(run->build) : 0) +
                  (run->label ? strlen(run->label) : 0) + 8;
    char *name = analysis_take(size, 1);
    if (run->build)
        snprintf(name, size, "%s", run->build);
    else
        snprintf(name, size, "%.*s%s", (int)cut, commit, commit + digits);
    size_t used = strlen(name);
    if (run->label)
        snprintf(name + used, size - used, used ? " (%s)" : "%s", run->label);
    else if (!used)
        snprintf(name, size, "-");
    return name;
}

const char *history_any_run(const struct history *history)
{
    return history->run_count == 1 ? "this run" : "any of these runs";
}

struct history_time history_time_of(const struct history_run *run)
{
    struct history_time time = {"-"};
    time_t seconds = (time_t)run->time;
    struct tm parts;
    if (run->time > 0 && localtime_r(&seconds, &parts))
        strftime(time.text, sizeof time.text, "%Y-%m-%d %H:%M", &parts);
    return time;
}

/* ---- the line that draws a call ---- */

/* From nothing to the most it ever left; a dot where it was not called. */
static void put_line(struct text *text, const struct history *history,
                     const struct history_call *call)
{
    static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    char line[DRAWN_MOST * 3 + 1] = "";
    uint32_t first = history->run_count > DRAWN_MOST ? history->run_count - DRAWN_MOST : 0, i = 0;
    for (uint32_t run = first; run < history->run_count; run++) {
        while (i < call->count && call->rates[i].run < run)
            i++;
        if (i == call->count || call->rates[i].run != run)
            strcat(line, "·");
        else
            strcat(line,
                   heights[call->most > 0 ? lround(7 * call->rates[i].bytes_per_call / call->most)
                                          : 0]);
    }
    text_item(text, 2, TEXT_RED, "%s", line);
}

/* ---- tables ---- */

/* The verdict's colours are the report's. */
static enum text_style style_of(const char *verdict)
{
    bool leaks = !strcmp(verdict, verdict_name(VERDICT_LEAK)) ||
                 !strcmp(verdict, verdict_name(VERDICT_GROWING));
    return leaks                                               ? TEXT_RED
           : strcmp(verdict, verdict_name(VERDICT_CLEAN)) != 0 ? TEXT_YELLOW
                                                               : TEXT_GREEN;
}

static void put_rate(struct text *text, const struct history_rate *rate)
{
    struct figure bytes = figure_rate_bytes(rate->bytes_per_call);
    struct figure interval = figure_interval(rate->ci95[0], rate->ci95[1], rate->bytes_per_call);
    bool leaves = rate->bytes_per_call > 0;
    text_item(text, 2, TEXT_PLAIN, "%10s", figure_count((uint64_t)rate->count).text);
    text_item(text, 2, TEXT_PLAIN, "%9s", leaves ? bytes.text : "0 B");
    text_item(text, 2, style_of(rate->verdict), leaves ? "%-13s" : "%s",
              text_safe(rate->verdict, 13).text);
    if (leaves)
        text_item(text, 2, TEXT_PLAIN, "%s", rate->exact ? "exact" : interval.text);
}

/* A padded column of text of any script. */
static void put_column(struct text *text, const char *bytes, unsigned columns)
{
    struct safe safe = text_safe(bytes, columns);
    int pad = (int)(columns - text_width(safe.text));
    text_item(text, 2, TEXT_PLAIN, "%s%*s", safe.text, pad, "");
}

/* When runs began has a column where there is room for it. */
static void put_run(struct text *text, const struct history *history,
                    const struct history_call *call, uint32_t run, uint32_t *i)
{
    char *name = history_run_name(&history->runs[run]);
    text_begin(text, 2);
    text_item(text, 2, TEXT_PLAIN, "%4" PRId64, history->runs[run].id);
    if (text->columns >= TIME_LEAST)
        text_item(text, 2, TEXT_PLAIN, "%-16s", history_time_of(&history->runs[run]).text);
    put_column(text, name, NAME_COLUMNS);
    free(name);
    if (*i < call->count && call->rates[*i].run == run)
        put_rate(text, &call->rates[(*i)++]);
    else
        text_item(text, 2, TEXT_PLAIN, "%10s", "not called");
    if (!history->runs[run].complete)
        text_item(text, 2, TEXT_YELLOW, "(recording stopped early)");
    text_end(text);
}

static void put_call(struct text *text, const struct history *history,
                     const struct history_call *call, bool drawn)
{
    uint32_t i = 0;
    text_begin(text, 0);
    text_item(text, 0, TEXT_BOLD, "%s", words_name(call->name).text);
    if (*call->inside)
        text_item(text, 2, TEXT_DIM, "in %s", text_safe(call->inside, 60).text);
    if (history->several_programs)
        text_item(text, 2, TEXT_PLAIN, "(%s)", text_safe(call->program, 40).text);
    if (drawn)
        put_line(text, history, call);
    text_end(text);
    text_begin(text, 2);
    text_item(text, 2, TEXT_PLAIN, "%4s", "run");
    if (text->columns >= TIME_LEAST)
        text_item(text, 2, TEXT_PLAIN, "%-16s", "began");
    text_item(text, 2, TEXT_PLAIN, "%-*s", NAME_COLUMNS, "build");
    text_item(text, 2, TEXT_PLAIN, "%10s", "calls");
    text_item(text, 2, TEXT_PLAIN, "%9s", "per call");
    text_item(text, 2, TEXT_PLAIN, "%-13s", "verdict");
    text_item(text, 2, TEXT_PLAIN, "95%% CI");
    text_end(text);
    for (uint32_t run = 0; run < history->run_count; run++)
        put_run(text, history, call, run, &i);
    text_end(text);
}

void history_text(const struct history *history, const struct text_look *look, bool drawn,
                  FILE *out)
{
    struct text text = text_like(out, look);
    for (uint32_t i = 0; i < history->call_count; i++)
        put_call(&text, history, &history->calls[i], drawn);
    if (!history->call_count)
        text_paragraph(&text, 0, TEXT_PLAIN, "No call leaked in %s.", history_any_run(history));
    if (history->others)
        text_paragraph(&text, 0, TEXT_PLAIN,
                       "%s other call%s left nothing in %s. --call '*' lists %s.",
                       figure_count(history->others).text, words_plural(history->others),
                       history_any_run(history), history->others == 1 ? "it" : "them");
}
