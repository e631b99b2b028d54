/* Objects for people: what is kept alive by what, histories of references, budgets. */
#include "analyzer/findings_fault.h"
#include "analyzer/objects.h"
#include "analyzer/report_objects.h"
#include "analyzer/report_text_stack.h"
#include "analyzer/report_text_words.h"

/* ---- findings ---- */

bool text_objects_finding(struct text *text, const struct report *report,
                          const struct finding *finding, unsigned indent)
{
    (void)report;
    if (finding->kind < FINDING_REFERENCE_LEAK)
        return false;
    text_paragraph(text, indent, finding->remark ? TEXT_PLAIN : TEXT_YELLOW, "%s%s%s",
                   finding->remark ? "Remark: " : "", finding->message, finding->detail ? "." : "");
    if (finding->detail)
        text_paragraph(text, indent, TEXT_PLAIN, "%s", finding->detail);
    text_begin(text, indent + 2);
    if (finding->per != FINDING_PER_NOTHING)
        text_item(text, indent + 2, TEXT_PLAIN, "%s/call", figure_rate(finding->per_call).text);
    if (finding->bytes_per_call > 0)
        text_item(text, indent + 2, TEXT_PLAIN, "%s/call",
                  figure_rate_bytes(finding->bytes_per_call).text);
    text_item(text, indent + 2, TEXT_DIM, "%s time%s", figure_count(finding->count).text,
              words_plural(finding->count));
    text_end(text);
    return true;
}

/* ---- histories ---- */

enum { EVENTS = 16, FIRST = 6, PLACE_COLUMNS = 44 };

/* Threads are told where there are several. */
static bool on_one_thread(const struct trace_object *object)
{
    for (uint32_t i = 1; i < object->event_count; i++)
        if (object->event[i].thread != object->event[0].thread)
            return false;
    return true;
}

static void write_event(struct text *text, const struct report *report,
                        const struct residue_event *event, uint64_t before, const char *too_many,
                        bool thread, unsigned indent)
{
    uint64_t after = report_references(before, event);
    bool over = event->flags & RESIDUE_EVENT_AFTER_END;
    char line[TEXT_SIZE];
    if (over)
        snprintf(line, sizeof line, "(ended)");
    else if (after != before)
        snprintf(line, sizeof line, "%s1 = %s", after > before ? "+" : "-",
                 figure_count(after).text);
    else
        snprintf(line, sizeof line, "    = %s", figure_count(after).text);
    text_begin(text, indent);
    text_item(text, indent + 2, over ? TEXT_YELLOW : TEXT_PLAIN, "%-8s %-14s", line,
              text_safe(report_event_name(report, event), 40).text);
    if (event->site)
        text_item(text, indent + 2, TEXT_PLAIN, "%s",
                  text_place(report, event->site, PLACE_COLUMNS).text);
    if (event->flags & RESIDUE_EVENT_INNER)
        text_item(text, indent + 2, TEXT_DIM, "(the provider)");
    if (event->flags & RESIDUE_EVENT_ENDED_IT)
        text_item(text, indent + 2, TEXT_YELLOW, "its end");
    if (thread)
        text_item(text, indent + 2, TEXT_DIM, "(thread %u)", event->thread);
    if (too_many)
        text_item(text, indent + 2, TEXT_RED, "%s", too_many);
    text_end(text);
}

/* A Release too many that others come after is not just early. */
static bool is_last_release(const struct trace_object *object, uint32_t event)
{
    for (uint32_t i = event; i < object->event_count; i++)
        if (object->event[i].kind == RESIDUE_EVENT_RELEASE)
            return false;
    return true;
}

static void write_history(struct text *text, const struct report *report,
                          const struct trace_object *object, const char *what,
                          uint32_t one_too_many, unsigned indent)
{
    uint64_t references = 0;
    bool early = one_too_many && is_last_release(object, one_too_many) &&
                 !(object->event[one_too_many - 1].flags & RESIDUE_EVENT_AFTER_END);
    bool threads = !on_one_thread(object);
    const char *too_many = early ? "too early" : "one too many";
    uint32_t count = object->event_count, most = report->all ? REPORT_SITES : EVENTS;
    bool cut = count > most;
    text_paragraph(text, indent, TEXT_PLAIN, "references on the %s of call %s%s%s",
                   text_safe(objects_interface(report->trace, object), 40).text,
                   figure_count(object->ordinal).text, what,
                   object->unlisted ? ", less those that were given back long ago" : "");
    for (uint32_t i = 0; i < count; i++) {
        const struct residue_event *event = &object->event[i];
        bool shown = !cut || i < FIRST || i >= count - (most - FIRST);
        if (shown)
            write_event(text, report, event, references, i + 1 == one_too_many ? too_many : NULL,
                        threads, indent + 2);
        else if (i == FIRST)
            text_paragraph(text, indent + 2, TEXT_DIM, "... %s more (--all)",
                           figure_count(count - most).text);
        references = report_references(references, event);
    }
}

void text_objects_history(struct text *text, const struct report *report,
                          const struct finding *finding, unsigned indent)
{
    const struct trace_object *object = finding->object;
    if (finding->before)
        write_history(text, report, finding->before, ", which was at that address before", 0,
                      indent);
    if (object && object->event_count > 1) /* else the opening is told already */
        write_history(text, report, object, "", finding->one_too_many, indent);
    if (finding->victim)
        write_history(text, report, finding->victim, ", which was at that address by then", 0,
                      indent);
}

/* ---- consequences ---- */

void text_objects_kept(struct text *text, const struct report *report, uint32_t path)
{
    const struct finding *keeper = report_kept_by(report, path);
    const struct analysis_call *call =
        keeper ? analysis_call_of(report->analysis, keeper->path) : NULL;
    if (!call)
        return;
    const char *what = "object";
    for (uint32_t i = 0; i < keeper->kept_count; i++)
        if (keeper->kept[i].path == path)
            what = keeper->kept[i].interface;
    text_paragraph(text, 2, TEXT_PLAIN,
                   "The %s is kept alive by what %s opens and is never released: see there.",
                   text_safe(what, 40).text, words_name(call->name).text);
}

/* ---- the end ---- */

/* An over-released object that the fault was about says so itself. */
static bool told(const struct report *report)
{
    const struct residue_fault *fault = report->trace->fault;
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.finding[i];
        const struct trace_object *object = finding->victim ? finding->victim : finding->object;
        if (finding->kind == FINDING_OVER_RELEASED && object && object->id == fault->object)
            return true;
    }
    return false;
}

void text_objects_fault(struct text *text, const struct report *report)
{
    const struct residue_fault *fault = report->trace->fault;
    char what[64];
    if (!fault || told(report))
        return;
    finding_fault_name(report->trace, what, sizeof what);
    text_paragraph(text, 0, TEXT_YELLOW, "Died of %s%s", what, fault->site ? " at" : ".");
    if (fault->site) {
        struct text_stacks stacks = {0};
        text_stack(text, report, fault->site, 4, report->all ? UINT32_MAX : 8, &stacks);
        text_stacks_free(&stacks);
    }
}

/* ---- budgets ---- */

void text_objects_budgets(struct text *text, const struct report *report)
{
    struct budgets budgets = budgets_of(report->analysis);
    if (budgets.count) {
        text_end(text);
        text_paragraph(text, 0, TEXT_PLAIN, "Server budgets, worst first:");
    }
    for (size_t i = 0; i < budgets.count; i++) {
        const struct budget *budget = &budgets.budget[i];
        const struct analysis_call *call = analysis_call_of(report->analysis, budget->path);
        struct safe name = words_name(call ? call->name : "?");
        struct safe what = text_safe(budget->about->text, 60);
        if (!budget->calls_left)
            text_paragraph(text, 2, TEXT_RED, "%s %s are reached: %s open now, by %s",
                           figure_count(budget->about->most).text, what.text,
                           figure_count(budget->open).text, name.text);
        else
            text_paragraph(text, 2, TEXT_YELLOW,
                           "%s %s are reached after %s%s more call%s of %s (%s "
                           "open now)",
                           figure_count(budget->about->most).text, what.text,
                           budget->exact ? "" : "about ", figure_count(budget->calls_left).text,
                           words_plural(budget->calls_left), name.text,
                           figure_count(budget->open).text);
    }
    budgets_free(&budgets);
}
