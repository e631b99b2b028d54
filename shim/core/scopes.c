#include "shim/core/scopes.h"
#include "shim/core/calls.h"
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

void rs_scope_begin(const char *name, uintptr_t frame)
{
    struct rs_thread *self = rs_recording() && name ? rs_thread() : NULL;
    if (!self || !rs_thread_begin(self))
        return;
    struct rs_call *call = rs_call_enter(self, frame, name_of(name));
    if (call)
        call->scope = true;
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
