#include "analyzer/report_text_memory.h"
#include "analyzer/report_sentences.h"
#include "analyzer/report_text_stack.h"
#include "analyzer/report_text_words.h"

enum { OUTSIDE = 3 };

/* ---- outside ---- */

/* "62 heap blocks" when all are of one kind, else "62 things". */
static struct safe outside_things(const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    uint32_t kind = report->trace->sites[analysis->outside[0].site].kind;
    bool alike = true;
    for (uint32_t i = 1; i < analysis->outside_count; i++)
        alike = alike && report->trace->sites[analysis->outside[i].site].kind == kind;
    return words_things((double)analysis->outside_survivors,
                        alike ? words_kind(report, kind) : "thing");
}

static void write_outside_site(struct text *text, const struct report *report,
                               const struct analysis_site *site)
{
    const char *kind = words_kind(report, report->trace->sites[site->site].kind);
    text_begin(text, 2);
    text_item(text, 2, TEXT_PLAIN, "%s", figure_bytes((double)site->bytes).text);
    text_item(text, 4, TEXT_PLAIN, "%s", words_things((double)site->survivors, kind).text);
    if (!report->all)
        text_item(text, 4, TEXT_DIM, "%s", text_place(report, site->site, text->columns - 10).text);
    text_end(text);
    if (report->all) {
        struct text_stacks stacks = {0};
        text_stack(text, report, site->site, 6, UINT32_MAX, &stacks);
        text_stacks_free(&stacks);
    }
}

void text_outside(struct text *text, const struct report *report)
{
    const struct analysis *analysis = report->analysis;
    if (!analysis->outside_survivors)
        return;
    uint32_t limit = report->all ? REPORT_SITES : OUTSIDE, count = analysis->outside_count;
    text_end(text);
    text_paragraph(
        text, 0, TEXT_PLAIN, "Outside watched calls: %s live at the end, %s, from %s place%s%s:",
        outside_things(report).text, figure_bytes((double)analysis->outside_bytes).text,
        figure_count(count).text, words_plural(count), count > limit ? ", the largest" : "");
    for (uint32_t i = 0; i < count && i < limit; i++)
        write_outside_site(text, report, &analysis->outside[i]);
}

/* ---- memory ---- */

void text_memory(struct text *text, const struct report *report)
{
    struct sentence lines[] = {sentence_private_bytes(report), sentence_time_left(report)};
    if (*lines[0].text || *lines[1].text)
        text_end(text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (*lines[i].text)
            text_paragraph(text, 0, lines[i].style, "%s", lines[i].text);
}
