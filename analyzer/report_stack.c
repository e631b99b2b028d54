#include "analyzer/progress.h"
#include "analyzer/report.h"
#include <stdlib.h>

enum { INLINED_MOST = 32 };

static struct report_frame *add(struct report_stack *stack, const struct trace_module *module,
                                uint64_t offset)
{
    stack->frame = analysis_grow(stack->frame, sizeof *stack->frame, stack->count, &stack->room);
    stack->frame[stack->count] =
        (struct report_frame){.module = module ? module->path : NULL, .offset = offset};
    return &stack->frame[stack->count++];
}

static void add_address(struct report_stack *stack, const struct report *report,
                        const struct residue_frame *frame)
{
    const struct trace_module *module =
        frame->module ? &report->trace->modules[frame->module] : NULL;
    struct symbol_frame known[INLINED_MOST];
    size_t count = 0;
    if (report->symbols && module) {
        progress_at("looking up symbols", 0, 0);
        count = symbols_lookup(report->symbols, module->path, module->build_id,
                               module->build_id_length, frame->offset,
                               !(frame->flags & RESIDUE_FRAME_EXACT), known, INLINED_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        struct report_frame *line = add(stack, module, frame->offset);
        line->function = known[i].function;
        line->file = known[i].file;
        line->line = known[i].line;
        line->inlined = known[i].inlined;
    }
    if (!count)
        add(stack, module, frame->offset);
}

void report_expect_symbols(struct symbols *symbols, const struct trace *trace)
{
    for (uint32_t i = 0; symbols && i < trace->frame_count; i++) {
        const struct residue_frame *frame = &trace->frames[i];
        const struct trace_module *module = &trace->modules[frame->module];
        if (frame->module)
            symbols_expect(symbols, module->path, module->build_id, module->build_id_length,
                           frame->offset, !(frame->flags & RESIDUE_FRAME_EXACT));
    }
}

struct report_stack report_stack_of(const struct report *report, uint32_t site)
{
    struct report_stack stack = {0};
    uint32_t id = report->trace->sites[site].stack;
    if (!id)
        return stack;
    const struct trace_stack *from = &report->trace->stacks[id];
    stack.cut = from->flags & (RESIDUE_STACK_TRUNCATED | RESIDUE_STACK_INCOMPLETE);
    for (uint32_t i = 0; i < from->depth; i++)
        add_address(&stack, report, &report->trace->frames[from->frame[i]]);
    return stack;
}

struct report_stack report_frame_of(const struct report *report, uint32_t frame)
{
    struct report_stack lines = {0};
    add_address(&lines, report, &report->trace->frames[frame]);
    return lines;
}

void report_stack_free(struct report_stack *stack)
{
    free(stack->frame);
    *stack = (struct report_stack){0};
}

const char *report_base_name(const char *path)
{
    const char *base = path;
    for (const char *at = path; *at; at++)
        if ((*at == '/' || *at == '\\') && at[1])
            base = at + 1;
    return base;
}
