/* Stacks by the system's own unwinder, every one in full. */
#include "shim/core/cfi_find.h"
#include "shim/core/unwind.h"
#include "shim/windows/nt.h"

struct rs_rule_cache {
    char unused;
};

static const RUNTIME_FUNCTION *function_of(const struct rs_module *module, uintptr_t pc)
{
    const RUNTIME_FUNCTION *table = (const RUNTIME_FUNCTION *)module->eh_frame_hdr;
    size_t low = 0, high = module->eh_frame_hdr_size / sizeof *table;
    DWORD rva = (DWORD)(pc - module->start);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rva < table[middle].BeginAddress)
            high = middle;
        else if (rva >= table[middle].EndAddress)
            low = middle + 1;
        else
            return &table[middle];
    }
    return NULL;
}

const struct rs_module *rs_modules_find(const struct rs_modules *modules, uintptr_t pc)
{
    uint32_t low = 0, high = modules->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (pc < modules->list[middle].start)
            high = middle;
        else if (pc >= modules->list[middle].end)
            low = middle + 1;
        else
            return &modules->list[middle];
    }
    return NULL;
}

bool rs_find_fde(const struct rs_module *module, uintptr_t pc, struct rs_fde *fde)
{
    const RUNTIME_FUNCTION *function = module->eh_frame_hdr ? function_of(module, pc) : NULL;
    if (function)
        fde->start = module->start + function->BeginAddress;
    return function;
}

static bool step(const struct rs_modules *modules, CONTEXT *context)
{
    const struct rs_module *module = rs_modules_find(modules, context->Rip);
    const RUNTIME_FUNCTION *function =
        module && module->eh_frame_hdr ? function_of(module, context->Rip) : NULL;
    if (!function) {
        context->Rip = *(const DWORD64 *)context->Rsp;
        context->Rsp += 8;
        return module;
    }
    PVOID data;
    DWORD64 frame;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, module->start, context->Rip,
                     (PRUNTIME_FUNCTION)(uintptr_t)function, context, &data, &frame, NULL);
    return true;
}

void rs_unwind(const struct rs_modules *modules, struct rs_rule_cache *rules,
               const struct rs_regs *regs, struct rs_stack_bounds bounds, struct rs_stack *out,
               struct rs_reads *reads)
{
    (void)rules, (void)regs;
    out->depth = 0;
    out->stop = RS_STOP_END;
    out->uncacheable = 1;
    if (reads)
        return; /* nothing is known of what the system's unwinder reads: asked again without */
    CONTEXT context;
    RtlCaptureContext(&context);
    while (out->depth < RS_STACK_MAX && step(modules, &context) && context.Rip &&
           context.Rsp >= bounds.lo && context.Rsp < bounds.hi)
        out->pc[out->depth++] = context.Rip;
    if (out->depth == RS_STACK_MAX)
        out->stop = RS_STOP_DEPTH;
}
