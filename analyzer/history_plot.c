/* A call's rate against runs, as an SVG that a browser draws and a screen reader reads. */
#include "analyzer/history_html.h"
#include "analyzer/report_text_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In units of the picture, which scales to the page. */
enum { WIDTH = 860, HEIGHT = 236, LEFT = 84, RIGHT = 34, TOP = 14, BOTTOM = 32, LABELS_MOST = 8 };

struct plot {
    FILE *out;
    const struct history *history;
    const struct history_call *call;
    double top, step; /* bytes: of the axis' end, and between its lines */
};

static double x_of(const struct plot *plot, uint32_t run)
{
    uint32_t steps = plot->history->run_count - 1;
    double inner = WIDTH - LEFT - RIGHT;
    return LEFT + (steps ? inner * run / steps : inner / 2);
}

static double y_of(const struct plot *plot, double bytes)
{
    double inner = HEIGHT - TOP - BOTTOM;
    double part = bytes < 0 ? 0 : bytes / plot->top;
    return TOP + inner * (1 - (part > 1 ? 1 : part));
}

/* Three to six lines at 1, 2 or 5 of a power of ten; what a byte is made of has no lines. */
static void scale(struct plot *plot)
{
    double most = 0;
    for (uint32_t i = 0; i < plot->call->count; i++) {
        const struct history_rate *rate = &plot->call->rates[i];
        most = fmax(most, fmax(rate->bytes_per_call, rate->ci95[1]));
    }
    if (most <= 0)
        most = 1;
    double power = pow(10, floor(log10(most / 3))), part = most / 3 / power;
    plot->step = power * (part < 2 ? 1 : part < 5 ? 2 : 5);
    plot->top = plot->step * ceil(most / plot->step);
}

static void put_axis(const struct plot *plot)
{
    int lines = (int)lround(plot->top / plot->step);
    for (int i = 0; i <= lines; i++) {
        double y = y_of(plot, i * plot->step);
        struct figure bytes = figure_rate_bytes(i * plot->step);
        fprintf(plot->out,
                "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                i ? "grid" : "axis", LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4,
                i ? bytes.text : "0");
    }
}

/* What there is room for: a build, the first digits of a commit, or the run's number. */
static void put_tick(const struct plot *plot, const struct history_run *run)
{
    enum { LONGEST = 14, DIGITS = 8 };
    char commit[DIGITS + 1];
    snprintf(commit, sizeof commit, "%s", run->commit ? run->commit : "");
    const char *name = run->build ? run->build : *commit ? commit : run->label;
    if (name)
        html_text(plot->out, text_safe(name, LONGEST).text);
    else
        fprintf(plot->out, "#%lld", (long long)run->id);
}

/* Some of them, the last among them. */
static void put_runs(const struct plot *plot)
{
    uint32_t count = plot->history->run_count;
    uint32_t every = (count + LABELS_MOST - 1) / LABELS_MOST;
    for (uint32_t run = (count - 1) % every; run < count; run += every) {
        fprintf(plot->out, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                x_of(plot, run), HEIGHT - BOTTOM + 20);
        put_tick(plot, &plot->history->runs[run]);
        fputs("</text>\n", plot->out);
    }
}

/* Runs in which it was not called end the line; it goes on at the next. */
static void put_line(const struct plot *plot)
{
    fputs("<path class=\"rate\" d=\"", plot->out);
    for (uint32_t i = 0; i < plot->call->count; i++) {
        const struct history_rate *rate = &plot->call->rates[i];
        bool follows = i && plot->call->rates[i - 1].run + 1 == rate->run;
        fprintf(plot->out, "%c%.1f %.1f", follows ? 'L' : 'M', x_of(plot, rate->run),
                y_of(plot, rate->bytes_per_call));
    }
    fputs("\"/>\n", plot->out);
}

static void put_point(const struct plot *plot, const struct history_rate *rate)
{
    enum { MANY = 120 };
    double x = x_of(plot, rate->run);
    char *name = history_run_name(&plot->history->runs[rate->run]);
    fprintf(plot->out, "<g class=\"%s\"><title>", history_tone_of(rate));
    html_text(plot->out, name);
    fprintf(plot->out, ", run %lld: ", (long long)plot->history->runs[rate->run].id);
    history_rate_text(rate, plot->out);
    fputs("</title>", plot->out);
    if (rate->ci95[1] > rate->ci95[0])
        fprintf(plot->out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", x, x,
                y_of(plot, rate->ci95[0]), y_of(plot, rate->ci95[1]));
    fprintf(plot->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/></g>\n", x,
            y_of(plot, rate->bytes_per_call), plot->history->run_count > MANY ? 2 : 4);
    free(name);
}

void history_plot(const struct history *history, const struct history_call *call, uint32_t number,
                  FILE *out)
{
    struct plot plot = {.out = out, .history = history, .call = call};
    scale(&plot);
    fprintf(out,
            "<div class=\"plot\" role=\"group\" aria-label=\"Plot\" tabindex=\"0\">\n<svg "
            "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title%u text%u\">\n"
            "<title id=\"title%u\">Bytes that ",
            WIDTH, HEIGHT, number, number, number);
    html_text(out, call->name);
    fprintf(out,
            " leaves per call, by run</title>\n<desc id=\"text%u\">From 0 to %s over %u runs; the "
            "table below has the figures.</desc>\n",
            number, figure_rate_bytes(call->most).text, history->run_count);
    put_axis(&plot);
    put_runs(&plot);
    put_line(&plot);
    for (uint32_t i = 0; i < call->count; i++)
        put_point(&plot, &call->rates[i]);
    fputs("</svg></div>\n", out);
}
