#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/inner.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"

/* What holds when nothing is active above entry `depth`. */
static void settle(struct rs_thread *self)
{
    if (self->depth) {
        const struct rs_call *top = &self->call[self->depth - 1];
        self->top = top->frame;
        self->path = top->path;
        self->ordinal = top->ordinal;
    } else {
        self->top = UINTPTR_MAX;
        self->path = self->base_path;
        self->ordinal = self->base_ordinal;
    }
}

static uint32_t name_id(struct rs_call_name *name)
{
    if (name->epoch != rs.epoch) {
        name->id = rs_intern_name(name->text, name->role);
        name->epoch = rs.epoch;
    }
    return name->id;
}

static uint32_t path_below(struct rs_thread *self, uint32_t parent, uint32_t name)
{
    struct rs_path_slot *slot = &self->known_path[(parent * 31 + name) % RS_PATH_CACHE];
    if (slot->parent != parent || slot->name != name || !slot->path)
        *slot = (struct rs_path_slot){parent, name, rs_intern_path(parent, name)};
    return slot->path;
}

/* Makes the entry a call: gives it its path and the next ordinal there. */
static void count(struct rs_thread *self, struct rs_call *call, uint32_t parent)
{
    uint32_t id = path_below(self, parent, name_id(call->name));
    if (!id) {
        call->name = NULL;
        return;
    }
    call->path = id;
    call->ordinal = __atomic_add_fetch(&rs_path(id)->started, 1, __ATOMIC_RELAXED);
}

/* A function whose frame stands where the innermost one's stood: that one was left by a jump nobody
 * told of. (Scopes of one function share its frame.) */
static void drop_replaced(struct rs_thread *self, uintptr_t frame)
{
    while (self->depth) {
        const struct rs_call *top = &self->call[self->depth - 1];
        if (top->frame != frame || top->scope)
            return;
        self->overflow = 0;
        rs_call_leave(self);
    }
}

struct rs_call *rs_call_enter(struct rs_thread *self, uintptr_t frame, struct rs_call_name *name)
{
    rs_calls_heal(self, frame);
    drop_replaced(self, frame);
    if (self->depth == RS_CALLS_MAX) {
        self->overflow++;
        return NULL;
    }
    struct rs_call *call = &self->call[self->depth];
    *call = (struct rs_call){
        .frame = frame, .name = name, .path = self->path, .ordinal = self->ordinal};
    call->on_stack = rs_on_stack(self, frame);
    if (name)
        count(self, call, self->path);
    self->depth++;
    settle(self);
    return call;
}

void rs_calls_reenter(struct rs_thread *self)
{
    self->base_path = self->base_ordinal = 0;
    uint32_t path = 0, ordinal = 0;
    for (uint32_t i = 0; i < self->depth; i++) {
        struct rs_call *call = &self->call[i];
        call->path = path;
        call->ordinal = ordinal;
        if (call->name)
            count(self, call, path);
        path = call->path;
        ordinal = call->ordinal;
    }
    settle(self);
}

void rs_call_leave(struct rs_thread *self)
{
    struct rs_call *call = &self->call[--self->depth];
    if (call->memory && --self->memory_depth == 0) {
        rs_inner_keep(self);
        self->recent_count = 0;
    }
    if (call->name)
        __atomic_add_fetch(&rs_path(call->path)->finished, 1, __ATOMIC_RELAXED);
    settle(self);
    if (call->name)
        rs_checkpoint_tick(self);
}

struct rs_call *rs_call_at(struct rs_thread *self, uintptr_t frame)
{
    uint32_t depth = self->depth;
    while (depth && self->call[depth - 1].frame != frame)
        depth--;
    if (!depth) {
        if (self->overflow)
            self->overflow--;
        return NULL;
    }
    self->overflow = 0; /* those beyond RS_CALLS_MAX are above it */
    while (self->depth > depth)
        rs_call_leave(self);
    return &self->call[depth - 1];
}

void rs_call_unwound(struct rs_thread *self)
{
    if (self->overflow) {
        self->overflow--;
        return;
    }
    while (self->depth) {
        bool unwinds = self->call[self->depth - 1].unwinds;
        rs_call_leave(self);
        if (unwinds)
            return;
    }
}

void rs_calls_heal_to(struct rs_thread *self, uintptr_t sp)
{
    if (!rs_on_stack(self, sp))
        return;
    while (self->depth && self->call[self->depth - 1].frame < sp &&
           self->call[self->depth - 1].on_stack) {
        self->overflow = 0;
        rs_call_leave(self);
    }
}
