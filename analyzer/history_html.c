/* The history as one page that needs nothing else: no script, no network. */
#include "analyzer/history_html.h"
#include "analyzer/report_text_words.h"
#include "analyzer/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--ground:#f6f7f8;--panel:#fff;--text:#1b1f24;--dim:#5c6570;"
    "--line:#e3e6ea;--strong:#c9ced6;--accent:#2560c8;--bad:#c02a23;--unsure:#8a5a00;"
    "--good:#1c7442}\n"
    "@media(prefers-color-scheme:dark){:root{--ground:#101317;--panel:#171b20;--text:#e3e7ec;"
    "--dim:#9aa4b0;--line:#292f37;--strong:#434c58;--accent:#78a9ff;--bad:#ff7a70;"
    "--unsure:#e6b04a;--good:#62c88b}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1000px;padding:24px 16px;background:var(--ground);"
    "color:var(--text);font:14px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:22px;margin:0}h2{font-size:17px;margin:0;overflow-wrap:anywhere}\n"
    "p{margin:4px 0}.dim,caption{color:var(--dim)}\n"
    "nav ul{margin:4px 0;padding-left:20px}a{color:var(--accent)}\n"
    "section{margin:18px 0;padding:16px 18px;background:var(--panel);border:1px solid var(--line);"
    "border-radius:8px}\n"
    "svg{display:block;width:100%;height:auto;margin:10px 0}\n"
    ".grid{stroke:var(--line)}.axis{stroke:var(--strong)}.tick{fill:var(--dim);font-size:12px}\n"
    ".rate{fill:none;stroke:var(--accent);stroke-width:1.5}\n"
    "g.bad{fill:var(--bad);stroke:var(--bad)}g.good{fill:var(--good);stroke:var(--good)}"
    "g.unsure{fill:var(--unsure);stroke:var(--unsure)}\n"
    ".wide{overflow-x:auto;max-height:420px}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left}\n"
    "th,td{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--line);"
    "white-space:nowrap}\n"
    ".number{text-align:right}td.bad{color:var(--bad)}td.good{color:var(--good)}"
    "td.unsure{color:var(--unsure)}\n"
    ":focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n"
    "@media(max-width:600px){section{padding:12px}.plot{overflow-x:auto}svg{min-width:600px}"
    "th:nth-child(2),td:nth-child(2){display:none}th,td{padding-right:10px}"
    "td:nth-child(-n+4):not(.number){max-width:5.5rem;overflow:hidden;text-overflow:ellipsis}}\n"
    "@media print{.wide{max-height:none}section{break-inside:avoid}}\n";

/* Controls have no place in a page, whatever bytes there are. */
void html_text(FILE *out, const char *bytes)
{
    while (*bytes) {
        uint32_t character = 0;
        size_t length = utf8_next(bytes, &character);
        if (!length || (character < ' ' && character != '\t' && character != '\n') ||
            (character >= 0x7f && character < 0xa0))
            fputs("\xef\xbf\xbd", out);
        else if (character == '<' || character == '>' || character == '&' || character == '"' ||
                 character == '\'')
            fprintf(out, "&#%u;", (unsigned)character);
        else
            fwrite(bytes, 1, length, out);
        bytes += length ? length : 1;
    }
}

void history_rate_text(const struct history_rate *rate, FILE *out)
{
    if (rate->bytes_per_call > 0) {
        fprintf(out, "%s per call, ", figure_rate_bytes(rate->bytes_per_call).text);
        if (rate->exact)
            fputs("exact", out);
        else
            fprintf(out, "95%% CI %s",
                    figure_interval(rate->ci95[0], rate->ci95[1], rate->bytes_per_call).text);
    } else {
        fputs("nothing", out);
    }
    fprintf(out, ", %s call%s", figure_count((uint64_t)rate->count).text,
            words_plural((uint64_t)rate->count));
}

const char *history_tone_of(const struct history_rate *rate)
{
    const char *verdict = rate->verdict ? rate->verdict : "";
    return !strcmp(verdict, "leak") || !strcmp(verdict, "growing") ? "bad"
           : !strcmp(verdict, "too-few-calls")                     ? "unsure"
                                                                   : "good";
}

/* The latest figure, and what it was before. */
static void put_sentence(const struct history *history, const struct history_call *call, FILE *out)
{
    const struct history_rate *last = &call->rates[call->count - 1];
    char *name = history_run_name(&history->runs[last->run]);
    fputs("<p>In ", out);
    html_text(out, strcmp(name, "-") ? name : "the latest run");
    free(name);
    fputs(" it leaves ", out);
    history_rate_text(last, out);
    if (call->count > 1) {
        fputs("; in the run before, ", out);
        history_rate_text(last - 1, out);
    }
    fputs(".</p>\n", out);
}

static void put_row(const struct history *history, const struct history_run *run,
                    const struct history_rate *rate, FILE *out)
{
    char *name = history_run_name(run);
    fprintf(out, "<tr><td class=\"number\">%lld</td><td>%s</td><td>", (long long)run->id,
            history_time_of(run).text);
    html_text(out, name);
    free(name);
    if (history->several_programs) {
        fputs("</td><td>", out);
        html_text(out, run->program);
    }
    if (rate) {
        fprintf(out, "</td><td class=\"number\">%s</td><td class=\"number\">%s</td><td>%s</td>",
                figure_count((uint64_t)rate->count).text,
                rate->bytes_per_call > 0 ? figure_rate_bytes(rate->bytes_per_call).text : "0 B",
                rate->bytes_per_call <= 0 ? ""
                : rate->exact
                    ? "exact"
                    : figure_interval(rate->ci95[0], rate->ci95[1], rate->bytes_per_call).text);
        fprintf(out, "<td class=\"%s\">", history_tone_of(rate));
        html_text(out, rate->verdict ? rate->verdict : "");
    } else {
        fputs("</td><td class=\"number dim\">not called</td><td></td><td></td><td>", out);
    }
    fprintf(out, "%s</td></tr>\n", run->complete ? "" : " (recording stopped early)");
}

static void put_table(const struct history *history, const struct history_call *call, FILE *out)
{
    uint32_t i = 0;
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Figures of ", out);
    html_text(out, call->name);
    fputs("\">\n<table><caption>By run, oldest first</caption>\n<thead><tr>"
          "<th scope=\"col\" class=\"number\">Run</th><th scope=\"col\">Began</th>"
          "<th scope=\"col\">Build</th>",
          out);
    if (history->several_programs)
        fputs("<th scope=\"col\">Program</th>", out);
    fputs("<th scope=\"col\" class=\"number\">Calls</th><th scope=\"col\" class=\"number\">Per "
          "call</th><th scope=\"col\">95% CI</th><th scope=\"col\">Verdict</th></tr></thead>\n"
          "<tbody>\n",
          out);
    for (uint32_t run = 0; run < history->run_count; run++) {
        bool called = i < call->count && call->rates[i].run == run;
        put_row(history, &history->runs[run], called ? &call->rates[i++] : NULL, out);
    }
    fputs("</tbody></table>\n</div>\n", out);
}

static void put_call(const struct history *history, uint32_t number, FILE *out)
{
    const struct history_call *call = &history->calls[number];
    fprintf(out, "<section>\n<h2 id=\"call%u\">", number);
    html_text(out, call->name);
    fputs("</h2>\n", out);
    if (*call->inside) {
        fputs("<p class=\"dim\">in ", out);
        html_text(out, call->inside);
        fputs("</p>\n", out);
    }
    if (history->several_programs) {
        fputs("<p class=\"dim\">", out);
        html_text(out, call->program);
        fputs("</p>\n", out);
    }
    put_sentence(history, call, out);
    history_plot(history, call, number, out);
    put_table(history, call, out);
    fputs("</section>\n", out);
}

/* Where there are many calls, a list leads to them. */
static void put_contents(const struct history *history, FILE *out)
{
    if (history->call_count < 3)
        return;
    fputs("<nav aria-label=\"Calls\"><ul>\n", out);
    for (uint32_t i = 0; i < history->call_count; i++) {
        fprintf(out, "<li><a href=\"#call%u\">", i);
        html_text(out, history->calls[i].name);
        fputs("</a> ", out);
        history_rate_text(&history->calls[i].rates[history->calls[i].count - 1], out);
        fputs("</li>\n", out);
    }
    fputs("</ul></nav>\n", out);
}

void history_html(const struct history *history, FILE *out)
{
    uint32_t last = history->run_count ? history->run_count - 1 : 0;
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<title>Residue: rates over %u run%s</title>\n<style>\n%s</style>\n</head>\n<body>\n"
            "<main>\n<h1>What calls leave behind, over %u run%s</h1>\n",
            history->run_count, words_plural(history->run_count), style, history->run_count,
            words_plural(history->run_count));
    if (history->run_count)
        fprintf(out, "<p class=\"dim\">%s to %s</p>\n", history_time_of(&history->runs[0]).text,
                history_time_of(&history->runs[last]).text);
    put_contents(history, out);
    for (uint32_t i = 0; i < history->call_count; i++)
        put_call(history, i, out);
    if (!history->call_count)
        fprintf(out, "<p>No call leaked in %s.</p>\n", history_any_run(history));
    if (history->others)
        fprintf(out, "<p class=\"dim\">%s other call%s left nothing in %s.</p>\n",
                figure_count(history->others).text, words_plural(history->others),
                history_any_run(history));
    fputs("</main>\n</body>\n</html>\n", out);
}
