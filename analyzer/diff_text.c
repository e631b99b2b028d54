/* A comparison for people. */
#include "analyzer/check_output.h"
#include "analyzer/diff.h"
#include "analyzer/report_text_words.h"
#include <math.h>
#include <string.h>

enum { LINES = 3 };

/* NULL: the place leaves nothing. */
static struct figure rate_of(const struct figures_site *site, bool of_bytes)
{
    if (of_bytes)
        return site ? figure_rate_bytes(site->bytes.rate) : (struct figure){"0 B"};
    return site ? figure_rate(site->things.rate) : (struct figure){"0"};
}

static void write_site(const struct diff_site *site, FILE *out)
{
    const struct figures_site *before = site->kind == DIFF_NEW ? NULL : site->compared->before,
                              *after = site->kind == DIFF_GONE ? NULL : site->compared->after,
                              *shown = site->compared->after ? site->compared->after
                                                             : site->compared->before;
    bool of_bytes = shown->bytes.rate > 0;
    fprintf(out, "    %-6s %s", diff_kind_name(site->kind), rate_of(before, of_bytes).text);
    fprintf(out, " -> %s per call  %s\n", rate_of(after, of_bytes).text,
            text_safe(shown->resource, 40).text);
    check_write_lines(&shown->stack, LINES, 11, out);
}

/* Nothing is nothing, not 0.0 bytes. */
static struct figure bytes_of(double rate)
{
    return rate > 0 ? figure_rate_bytes(rate) : (struct figure){"0 B"};
}

static const char *verdict_of(const struct figures_call *call)
{
    return call ? verdict_name(call->verdict) : "not called";
}

static void write_call(const struct diff_call *call, bool all, FILE *out)
{
    const struct compared_call *compared = &call->compared;
    fprintf(out, "%-6s  %s  %s -> ", diff_kind_name(call->kind), words_name(call->name).text,
            bytes_of(compared->bytes_before.rate).text);
    fprintf(out, "%s per call", bytes_of(compared->bytes_after.rate).text);
    if (compared->bytes.change > 0 || compared->bytes.change < 0) {
        fprintf(out, "  (%s%s, 95%% CI [", compared->bytes.change < 0 ? "-" : "+",
                figure_rate_bytes(fabs(compared->bytes.change)).text);
        fprintf(out, "%.1f, %.1f])", compared->bytes.low, compared->bytes.high);
    }
    fprintf(out, "  %s -> %s", verdict_of(compared->before), verdict_of(compared->after));
    fprintf(out, "  %s", figure_count(compared->before ? compared->before->count : 0).text);
    fprintf(out, " -> %s calls\n", figure_count(compared->after ? compared->after->count : 0).text);
    if (*call->within)
        fprintf(out, "    within %s\n", text_safe(call->within, 100).text);
    for (size_t i = 0; i < compared->count; i++)
        if (all || (call->site[i].kind != DIFF_SAME && call->site[i].kind != DIFF_MOVED))
            write_site(&call->site[i], out);
}

static void write_finding(const struct diff_finding *finding, FILE *out)
{
    const struct figures_finding *either = finding->after ? finding->after : finding->before;
    fprintf(out, "%-6s  finding: %s  %s", diff_kind_name(finding->kind),
            words_name(either->call ? either->call : "outside watched calls").text,
            text_safe(either->message, 120).text);
    fprintf(out, "  %s", figure_count(finding->before ? finding->before->count : 0).text);
    fprintf(out, " -> %s times\n", figure_count(finding->after ? finding->after->count : 0).text);
}

/* What leaks, and as much as before. */
static bool leaks_still(const struct diff_call *call)
{
    return call->kind == DIFF_SAME && call->compared.count;
}

/* What has become of the calls that differ, worst news first. */
static void write_tally(const struct diff *diff, FILE *out)
{
    enum { NOW, MORE, LESS, NO_LONGER, WAYS };
    static const char *const words[WAYS] = {"now and did not", "more", "less", "no longer"};
    size_t count[WAYS] = {0}, told = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct compared_call *call = &diff->call[i].compared;
        bool before = call->before && verdict_leaks(call->before->verdict),
             after = call->after && verdict_leaks(call->after->verdict);
        if (diff->call[i].kind != DIFF_SAME)
            count[after && !before                    ? NOW
                  : before && !after                  ? NO_LONGER
                  : diff->call[i].kind == DIFF_BETTER ? LESS
                                                      : MORE]++;
    }
    for (size_t i = 0; i < WAYS; i++)
        if (count[i])
            fprintf(out, "%s %zu leak%s %s", told++ ? "," : ":", count[i], count[i] == 1 ? "s" : "",
                    words[i]);
}

static void write_verdict(const struct diff *diff, FILE *out)
{
    size_t same = 0, findings = 0;
    for (size_t i = 0; i < diff->count; i++)
        same += leaks_still(&diff->call[i]);
    for (size_t i = 0; i < diff->finding_count; i++)
        findings += diff->finding[i].kind != DIFF_SAME;
    if (diff->different || findings)
        fprintf(out, "%zu of %zu call%s differ%s beyond chance", diff->different, diff->count,
                words_plural(diff->count), diff->different == 1 ? "s" : "");
    else
        fprintf(out, "Nothing differs beyond chance, in %zu call%s", diff->count,
                words_plural(diff->count));
    write_tally(diff, out);
    fprintf(out, same ? "; %zu leak%s as before.\n" : ".\n", same, same == 1 ? "s" : "");
}

void diff_text(const struct diff *diff, bool all, FILE *out)
{
    write_verdict(diff, out);
    for (size_t i = 0; i < diff->count; i++)
        if (all || diff->call[i].kind != DIFF_SAME)
            write_call(&diff->call[i], all, out);
    for (size_t i = 0; i < diff->finding_count; i++)
        if (all || diff->finding[i].kind != DIFF_SAME)
            write_finding(&diff->finding[i], out);
}
