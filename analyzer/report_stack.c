#include "analyzer/report.h"
#include <stdlib.h>

static void one_frame(const struct report *report, const struct residue_frame *frame,
                      struct report_stack *stack)
{
    struct report_frame *line = &stack->frame[stack->count++];
    line->module = frame->module ? report->trace->modules[frame->module].path : NULL;
    line->offset = frame->offset;
}

struct report_stack report_stack_of(const struct report *report, uint32_t site)
{
    struct report_stack stack = {0};
    uint32_t id = report->trace->sites[site].stack;
    if (!id)
        return stack;
    const struct trace_stack *from = &report->trace->stacks[id];
    stack.cut = from->flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
    stack.frame = analysis_take(from->depth, sizeof *stack.frame);
    for (uint32_t i = 0; i < from->depth; i++)
        one_frame(report, &from->frames[i], &stack);
    return stack;
}

void report_stack_free(struct report_stack *stack)
{
    free(stack->frame);
    *stack = (struct report_stack){0};
}

const char *report_verdict_name(enum verdict_kind kind)
{
    static const char *const names[] = {
        [VERDICT_LEAK] = "leak",       [VERDICT_CLEAN] = "clean",
        [VERDICT_WARMING] = "warming", [VERDICT_IN_FLIGHT] = "in-flight",
        [VERDICT_ONE_OFF] = "one-off", [VERDICT_BOUNDED] = "bounded",
        [VERDICT_GROWING] = "growing", [VERDICT_TOO_FEW_CALLS] = "too-few-calls"};
    return names[kind];
}
