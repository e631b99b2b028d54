#include "shim/core/scopes.h"
#include "shim/core/calls.h"
#include "shim/core/modules.h"
#include "shim/core/row.h"
#include "shim/core/state.h"
#include "shim/core/table.h"

struct scope_name {
    UT_hash_handle hh;
    const char *text;
    struct rs_call_name name;
};

static struct {
    struct rs_lock lock;
    struct scope_name *table; /* by the text's address: it is a literal, or lives as long */
} scopes;

void rs_scopes_lock(void)
{
    rs_lock(&scopes.lock);
}

void rs_scopes_unlock(void)
{
    rs_unlock(&scopes.lock);
}

static struct rs_call_name *name_of(const char *text)
{
    struct scope_name *found = NULL;
    rs_lock(&scopes.lock);
    HASH_FIND(hh, scopes.table, &text, sizeof text, found);
    if (!found && (found = rs_arena_take(sizeof *found))) {
        found->text = text;
        found->name.text = text;
        HASH_ADD(hh, scopes.table, text, sizeof found->text, found);
    }
    rs_unlock(&scopes.lock);
    return found ? &found->name : NULL;
}

/* Where the function that holds `pc` begins; `pc` itself if nothing is known of it. */
static uintptr_t function_of(struct rs_thread *self, uintptr_t pc)
{
    const struct rs_modules *modules = rs_modules_hold(self);
    const struct rs_module *module = modules ? rs_modules_find(modules, pc - 1) : NULL;
    uintptr_t start = module ? rs_row_function(module, pc - 1) : 0;
    rs_modules_release(self);
    return start ? start : pc;
}

/* A scope whose frame ended where the caller's does now: unless the caller's function itself began
 * it, and not at this place, its frame is gone (left by an exception that nothing told us of). */
static bool is_over(struct rs_thread *self, const struct rs_call *call, uintptr_t frame,
                    uintptr_t pc)
{
    return call->scope && call->frame == frame &&
           (call->pc == pc || function_of(self, call->pc) != function_of(self, pc));
}

void rs_scope_begin(const char *name, uintptr_t frame, uintptr_t pc)
{
    struct rs_thread *self = rs_recording() && name ? rs_thread() : NULL;
    if (!self || !rs_thread_begin(self))
        return;
    rs_calls_heal(self, frame);
    while (self->depth && is_over(self, &self->call[self->depth - 1], frame, pc))
        rs_call_leave(self);
    struct rs_call *call = rs_call_enter(self, frame, name_of(name));
    if (call) {
        call->scope = true;
        call->pc = pc;
    }
    rs_thread_end(self);
}

void rs_scope_end(uintptr_t frame)
{
    struct rs_thread *self = rs_recording() ? rs_thread() : NULL;
    if (!self || !rs_thread_begin(self))
        return;
    rs_calls_heal(self, frame);
    if (self->overflow) {
        self->overflow--;
    } else {
        uint32_t depth = self->depth;
        while (depth && !self->call[depth - 1].scope)
            depth--;
        while (depth && self->depth >= depth)
            rs_call_leave(self);
    }
    rs_thread_end(self);
}
