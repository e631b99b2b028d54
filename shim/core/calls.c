#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/inner.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"

/* What holds when nothing is active above entry `depth`. */
static inline void settle(struct rs_thread *self)
{
    if (self->depth) {
        const struct rs_call *top = &self->call[self->depth - 1];
        RS_KEPT(top);
        self->top = top->frame;
        self->path = top->path;
        self->ordinal = top->ordinal;
    } else {
        self->top = UINTPTR_MAX;
        self->path = self->base_path;
        self->ordinal = self->base_ordinal;
    }
}

static __attribute__((noinline)) uint32_t learn_name(struct rs_call_name *name)
{
    name->id = rs_intern_name(name->text, name->role);
    name->epoch = rs.epoch;
    return name->id;
}

static inline uint32_t name_id(struct rs_call_name *name)
{
    return __builtin_expect(name->epoch == rs.epoch, 1) ? name->id : learn_name(name);
}

static __attribute__((noinline)) void learn_path(struct rs_path_slot *slot, uint32_t parent,
                                                 uint32_t name)
{
    uint32_t path = rs_intern_path(parent, name);
    *slot = (struct rs_path_slot){parent, name, path, path ? rs_path(path) : NULL};
}

/* Makes the entry a call: gives it its path and the next ordinal there. */
static inline void count(struct rs_thread *self, struct rs_call *call, uint32_t parent,
                         struct rs_call_name *name)
{
    uint32_t id = name_id(name);
    struct rs_path_slot *slot = &self->known_path[(parent * 31 + id) % RS_PATH_CACHE];
    RS_KEPT(slot);
    if (__builtin_expect(slot->parent != parent || slot->name != id || !slot->path, 0)) {
        learn_path(slot, parent, id);
        if (!slot->path)
            return;
    }
    call->name = name;
    call->record = slot->record;
    call->path = slot->path;
    call->ordinal = __atomic_add_fetch(&slot->record->started, 1, __ATOMIC_RELAXED);
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

/* Every member by itself: that is a few stores, where a whole structure would be cleared first. */
static void begin(struct rs_thread *self, struct rs_call *call, uintptr_t frame)
{
    call->frame = frame;
    call->name = NULL;
    call->record = NULL;
    call->path = self->path;
    call->ordinal = self->ordinal;
    call->pc = 0;
    call->on_stack = rs_on_stack(self, frame);
    call->unwinds = call->scope = call->absorbed = call->memory = call->constructs = false;
    call->class = 0;
    call->kind = 0;
    call->before = 0;
}

struct rs_call *rs_call_enter(struct rs_thread *self, uintptr_t frame, struct rs_call_name *name)
{
    if (__builtin_expect(self->top <= frame, 0)) {
        rs_calls_heal(self, frame);
        drop_replaced(self, frame);
    }
    if (__builtin_expect(self->depth == RS_CALLS_MAX, 0)) {
        self->overflow++;
        return NULL;
    }
    struct rs_call *call = &self->call[self->depth++];
    RS_KEPT(call);
    begin(self, call, frame);
    if (name)
        count(self, call, self->path, name);
    self->top = frame;
    self->path = call->path;
    self->ordinal = call->ordinal;
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
        struct rs_call_name *name = call->name;
        call->name = NULL;
        call->record = NULL;
        if (name)
            count(self, call, path, name);
        path = call->path;
        ordinal = call->ordinal;
    }
    settle(self);
}

static __attribute__((noinline)) void leave_memory(struct rs_thread *self)
{
    if (--self->memory_depth == 0) {
        rs_inner_keep(self);
        self->recent_count = 0;
    }
}

void rs_call_leave(struct rs_thread *self)
{
    struct rs_call *call = &self->call[--self->depth];
    RS_KEPT(call);
    struct residue_path *record = call->record;
    if (__builtin_expect(call->memory, 0))
        leave_memory(self);
    settle(self);
    if (record) {
        __atomic_add_fetch(&record->finished, 1, __ATOMIC_RELAXED);
        rs_checkpoint_tick(self);
    }
}

/* One that is not the innermost, or not there at all. */
static __attribute__((noinline)) struct rs_call *find_below(struct rs_thread *self, uintptr_t frame)
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

struct rs_call *rs_call_at(struct rs_thread *self, uintptr_t frame)
{
    if (__builtin_expect(self->top != frame, 0))
        return find_below(self, frame);
    self->overflow = 0;
    return &self->call[self->depth - 1];
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
