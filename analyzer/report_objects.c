#include "analyzer/report_objects.h"
#include "analyzer/module_names.h"
#include "analyzer/objects.h"
#include <string.h>

/* The first frame that has a line and is not the system's. */
static const struct report_frame *telling_frame(const struct report_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        const struct report_frame *frame = &stack->frame[i];
        if (frame->file && frame->line && !(frame->module && module_is_runtime(frame->module)))
            return frame;
    }
    return stack->count ? &stack->frame[0] : NULL;
}

void report_place(const void *closure, uint32_t site, char *text, size_t size)
{
    const struct report *report = closure;
    struct report_stack stack = report_stack_of(report, site);
    const struct report_frame *frame = telling_frame(&stack);
    if (!frame)
        snprintf(text, size, "a place that is not known");
    else if (frame->file && frame->line)
        snprintf(text, size, "%s:%u", text_safe(report_base_name(frame->file), 60).text,
                 frame->line);
    else if (frame->function)
        snprintf(text, size, "%s", text_safe(frame->function, 60).text);
    else
        snprintf(text, size, "%s+0x%llx",
                 text_safe(frame->module ? report_base_name(frame->module) : "no module", 60).text,
                 (unsigned long long)frame->offset);
    report_stack_free(&stack);
}

const struct finding *report_kept_by(const struct report *report, uint32_t path)
{
    for (uint32_t i = 0; i < report->findings.count; i++) {
        const struct finding *finding = &report->findings.finding[i];
        for (uint32_t j = 0; j < finding->kept_count; j++)
            if (finding->kept[j].path == path && finding->path != path)
                return finding;
    }
    return NULL;
}

const char *report_event_name(const struct report *report, const struct residue_event *event)
{
    static const char *const names[] = {
        [RESIDUE_EVENT_OPEN] = "opened",       [RESIDUE_EVENT_QUERY] = "QueryInterface",
        [RESIDUE_EVENT_ADDREF] = "AddRef",     [RESIDUE_EVENT_RELEASE] = "Release",
        [RESIDUE_EVENT_LOGOFF] = "logoff",     [RESIDUE_EVENT_ADVISE] = "Advise",
        [RESIDUE_EVENT_UNADVISE] = "Unadvise", [RESIDUE_EVENT_FAULT] = "fault"};
    const struct trace *trace = report->trace;
    uint32_t path = event->site ? trace->sites[event->site].path : 0;
    if (event->kind != RESIDUE_EVENT_CALL && event->kind != RESIDUE_EVENT_LOGOFF)
        return names[event->kind];
    return path                                  ? trace->names[trace->paths[path].name].text
           : event->kind == RESIDUE_EVENT_LOGOFF ? names[event->kind]
                                                 : "a method";
}

static bool takes(const struct residue_event *event)
{
    return event->kind == RESIDUE_EVENT_OPEN || event->kind == RESIDUE_EVENT_QUERY ||
           event->kind == RESIDUE_EVENT_ADDREF;
}

uint64_t report_references(uint64_t before, const struct residue_event *event)
{
    if (takes(event))
        return before + 1;
    return event->kind == RESIDUE_EVENT_RELEASE && before ? before - 1 : before;
}
