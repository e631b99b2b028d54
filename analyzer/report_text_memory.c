#include "analyzer/report_text_memory.h"
#include "analyzer/report_text_stack.h"
#include "analyzer/report_text_words.h"

enum { OUTSIDE = 3 };

/* Tracked growth beside private growth from which on blocks must have pages nobody wrote to. */
static const double NEVER_TOUCHED = 1.25;

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

static void write_private(struct text *text, const struct report *report)
{
    const struct memory *memory = &report->memory;
    struct figure first = figure_bytes((double)memory->private_first),
                  last = figure_bytes((double)memory->private_last),
                  tracked_first = figure_bytes((double)memory->tracked_first),
                  tracked_last = figure_bytes((double)memory->tracked_last);
    if (memory->meaningful && memory->explained > NEVER_TOUCHED)
        text_paragraph(
            text, 0, TEXT_PLAIN,
            "Private bytes %s -> %s, tracked %s -> %s, more than the growth: not all of it "
            "was ever touched.",
            first.text, last.text, tracked_first.text, tracked_last.text);
    else if (memory->meaningful)
        text_paragraph(text, 0, TEXT_PLAIN,
                       "Private bytes %s -> %s, tracked %s -> %s, which explains %.0f%% of the "
                       "growth.",
                       first.text, last.text, tracked_first.text, tracked_last.text,
                       100 * memory->explained);
    else if (memory->private_first != memory->private_last)
        text_paragraph(text, 0, TEXT_PLAIN,
                       "Private bytes %s -> %s, tracked %s -> %s: too little growth to compare.",
                       first.text, last.text, tracked_first.text, tracked_last.text);
    else
        text_paragraph(text, 0, TEXT_PLAIN, "Private bytes %s, of which %s tracked.", last.text,
                       tracked_last.text);
}

static void write_time_left(struct text *text, const struct report *report)
{
    static const char *const whose[] = {"", "--limit", "what 32-bit pointers reach",
                                        "limit of this control group", "memory of this machine"};
    static const char *const paces[] = {"", "as private bytes grew last",
                                        "at the pace of this run"};
    const struct memory *memory = &report->memory;
    const struct analysis_call *worst = analysis_worst(report->analysis);
    if (!memory->will_fill || !worst)
        return;
    text_paragraph(text, 0, TEXT_PLAIN,
                   "At this rate %s (%s) are full after %s more calls of %s; %s, in %s.",
                   figure_bytes((double)memory->limit_bytes).text, whose[memory->limit_kind],
                   figure_about(memory->calls_left).text, words_name(worst->name).text,
                   paces[memory->pace], figure_seconds(memory->seconds_left).text);
}

void text_memory(struct text *text, const struct report *report)
{
    if (report->memory.private_last || report->memory.will_fill)
        text_end(text);
    if (report->memory.private_last)
        write_private(text, report);
    write_time_left(text, report);
}
