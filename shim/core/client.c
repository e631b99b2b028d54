#include "shim/core/client.h"
#include "shim/core/intern.h"
#include "shim/core/modules.h"

bool rs_same_module(struct rs_thread *self, uintptr_t pc, uintptr_t other)
{
    const struct rs_modules *modules = rs_modules_hold(self);
    bool same = modules && rs_modules_find(modules, pc) == rs_modules_find(modules, other);
    rs_modules_release(self);
    return same;
}

bool rs_is_inner_code(struct rs_thread *self, const struct rs_regs *regs, uint32_t calls)
{
    const struct rs_call *outer = NULL;
    for (uint32_t i = 0; i < calls && !outer; i++)
        if (self->call[i].name && !self->call[i].scope)
            outer = &self->call[i];
    return outer && (!outer->pc || !rs_same_module(self, regs->pc - 1, outer->pc - 1));
}

bool rs_stack_has_module(struct rs_thread *self, uint32_t id, uintptr_t address)
{
    const struct residue_stack *stack = id ? rs_stack_record(id) : NULL;
    const struct rs_modules *modules = rs_modules_hold(self);
    const struct rs_module *module = modules ? rs_modules_find(modules, address) : NULL;
    bool has = !stack || !module;
    for (uint32_t i = 0; !has && i < stack->depth; i++)
        has = stack->frame[i].module == module->id;
    rs_modules_release(self);
    return has;
}
