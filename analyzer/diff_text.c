/* A comparison for people. */
#include "analyzer/check_output.h"
#include "analyzer/diff.h"
#include "analyzer/report_text_words.h"
#include <math.h>
#include <string.h>

enum { LINES = 3 };

static enum text_style style_of(enum diff_kind kind)
{
    static const enum text_style styles[DIFF_KINDS] = {
        [DIFF_SAME] = TEXT_DIM,     [DIFF_WORSE] = TEXT_RED,  [DIFF_NEW] = TEXT_RED,
        [DIFF_BETTER] = TEXT_GREEN, [DIFF_GONE] = TEXT_GREEN, [DIFF_MOVED] = TEXT_DIM,
    };
    return styles[kind];
}

/* Begins a line at `indent`; what comes next stands in a column of its own, which is returned. */
static unsigned begin(struct text *text, unsigned indent, enum diff_kind kind, unsigned gap)
{
    enum { KIND_COLUMNS = 6 };
    text_begin(text, indent);
    text_item(text, indent, style_of(kind), "%s", diff_kind_name(kind));
    text_tab(text, indent + KIND_COLUMNS + gap);
    return indent + KIND_COLUMNS + gap;
}

/* NULL: the place leaves nothing. */
static struct figure rate_of(const struct figures_site *site, bool of_bytes)
{
    if (of_bytes)
        return site ? figure_rate_bytes(site->bytes.rate) : (struct figure){"0 B"};
    return site ? figure_rate(site->things.rate) : (struct figure){"0"};
}

static void write_site(struct text *text, const struct diff_site *site)
{
    const struct figures_site *before = site->kind == DIFF_NEW ? NULL : site->compared->before,
                              *after = site->kind == DIFF_GONE ? NULL : site->compared->after,
                              *shown = site->compared->after ? site->compared->after
                                                             : site->compared->before;
    bool of_bytes = shown->bytes.rate > 0;
    unsigned indent = begin(text, 4, site->kind, 1);
    text_item(text, indent, TEXT_PLAIN, "%s -> %s per call", rate_of(before, of_bytes).text,
              rate_of(after, of_bytes).text);
    text_item(text, indent, TEXT_PLAIN, "%s", text_safe(shown->resource, 40).text);
    text_end(text);
    check_write_lines(text, &shown->stack, LINES, indent);
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

static void write_call(struct text *text, const struct diff_call *call, bool all)
{
    const struct compared_call *compared = &call->compared;
    double change = compared->bytes.change;
    uint64_t before = compared->before ? compared->before->count : 0,
             after = compared->after ? compared->after->count : 0;
    unsigned indent = begin(text, 0, call->kind, 2);
    text_item(text, indent, call->kind == DIFF_SAME ? TEXT_PLAIN : TEXT_BOLD, "%s",
              words_name(call->name).text);
    text_item(text, indent, TEXT_PLAIN, "%s -> %s per call",
              bytes_of(compared->bytes_before.rate).text,
              bytes_of(compared->bytes_after.rate).text);
    if (change > 0 || change < 0)
        text_item(text, indent, TEXT_PLAIN, "(%s%s, 95%% CI %s)", change < 0 ? "-" : "+",
                  figure_rate_bytes(fabs(change)).text,
                  figure_interval(compared->bytes.low, compared->bytes.high, change).text);
    text_item(text, indent, TEXT_PLAIN, "%s -> %s", verdict_of(compared->before),
              verdict_of(compared->after));
    text_item(text, indent, TEXT_PLAIN, "%s -> %s call%s", figure_count(before).text,
              figure_count(after).text, words_plural(after));
    text_end(text);
    if (*call->within)
        text_paragraph(text, 4, TEXT_DIM, "within %s", call->within);
    const struct figures_call *either = compared->after ? compared->after : compared->before;
    if (either->kept_by)
        text_paragraph(text, 4, TEXT_PLAIN, "kept alive by what %s opens and is never released",
                       words_name(either->kept_by).text);
    for (size_t i = 0; i < compared->count; i++)
        if (all || (call->site[i].kind != DIFF_SAME && call->site[i].kind != DIFF_MOVED))
            write_site(text, &call->site[i]);
}

static void write_finding(struct text *text, const struct diff_finding *finding)
{
    const struct figures_finding *either = finding->after ? finding->after : finding->before;
    uint64_t before = finding->before ? finding->before->count : 0,
             after = finding->after ? finding->after->count : 0;
    unsigned indent = begin(text, 0, finding->kind, 2);
    text_item(text, indent, TEXT_BOLD, "finding: %s",
              words_name(either->call ? either->call : "outside watched calls").text);
    text_words(text, indent, TEXT_PLAIN, "%s", either->message);
    text_item(text, indent, TEXT_PLAIN, "%s -> %s time%s", figure_count(before).text,
              figure_count(after).text, words_plural(after));
    text_end(text);
}

/* What leaks, and as much as before. */
static bool leaks_still(const struct diff_call *call)
{
    return call->kind == DIFF_SAME && call->compared.count;
}

/* What has become of the calls that differ, worst news first: ": 1 leaks more, 2 leak no longer".
 */
static struct safe tally(const struct diff *diff)
{
    enum { NOW, MORE, LESS, NO_LONGER, WAYS };
    static const char *const words[WAYS] = {"now and did not", "more", "less", "no longer"};
    size_t count[WAYS] = {0}, used = 0;
    struct safe told = {""};
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
            used +=
                (size_t)snprintf(told.text + used, sizeof told.text - used, "%s %zu leak%s %s",
                                 used ? "," : ":", count[i], count[i] == 1 ? "s" : "", words[i]);
    return told;
}

/* What has become of findings: ", 1 finding is new, 2 are gone"; "" where nothing has. */
static struct safe finding_tally(const struct diff *diff)
{
    static const enum diff_kind order[] = {DIFF_NEW, DIFF_WORSE, DIFF_BETTER, DIFF_GONE};
    static const char *const words[] = {"new", "more frequent", "rarer", "gone"};
    size_t count[DIFF_KINDS] = {0}, used = 0;
    struct safe told = {""};
    for (size_t i = 0; i < diff->finding_count; i++)
        count[diff->finding[i].kind]++;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t of = count[order[i]];
        if (of)
            used +=
                (size_t)snprintf(told.text + used, sizeof told.text - used, "%s %zu%s%s %s %s",
                                 used ? "," : ";", of, used ? "" : " finding",
                                 used ? "" : words_plural(of), of == 1 ? "is" : "are", words[i]);
    }
    return told;
}

/* Of the worst news. */
static enum text_style style_of_all(const struct diff *diff)
{
    enum text_style style = TEXT_BOLD;
    for (size_t i = 0; i < diff->count + diff->finding_count; i++) {
        enum diff_kind kind =
            i < diff->count ? diff->call[i].kind : diff->finding[i - diff->count].kind;
        if (style_of(kind) == TEXT_RED)
            return TEXT_RED;
        if (style_of(kind) == TEXT_GREEN)
            style = TEXT_GREEN;
    }
    return style;
}

static void write_verdict(struct text *text, const struct diff *diff)
{
    size_t same = 0, findings = 0;
    char as_before[80] = "", differ[120];
    for (size_t i = 0; i < diff->count; i++)
        same += leaks_still(&diff->call[i]);
    for (size_t i = 0; i < diff->finding_count; i++)
        findings += diff->finding[i].kind != DIFF_SAME;
    if (same)
        snprintf(as_before, sizeof as_before, "; %zu leak%s as before", same, same == 1 ? "s" : "");
    if (diff->different || findings)
        snprintf(differ, sizeof differ, "%zu of %zu call%s differ%s beyond chance", diff->different,
                 diff->count, words_plural(diff->count), diff->different == 1 ? "s" : "");
    else
        snprintf(differ, sizeof differ, "Nothing differs beyond chance, in %zu call%s", diff->count,
                 words_plural(diff->count));
    text_paragraph(text, 0, style_of_all(diff), "%s%s%s%s.", differ, tally(diff).text, as_before,
                   finding_tally(diff).text);
}

void diff_text(const struct diff *diff, bool all, const struct text_look *look, FILE *out)
{
    struct text text = text_like(out, look);
    write_verdict(&text, diff);
    for (size_t i = 0; i < diff->count; i++)
        if (all || diff->call[i].kind != DIFF_SAME)
            write_call(&text, &diff->call[i], all);
    for (size_t i = 0; i < diff->finding_count; i++)
        if (all || diff->finding[i].kind != DIFF_SAME)
            write_finding(&text, &diff->finding[i]);
}
