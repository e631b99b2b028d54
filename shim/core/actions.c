/* What happens at the border of a watched function: its call begins and ends, resources are
 * acquired and released, interface pointers come out. */
#include "shim/core/blocks.h"
#include "shim/core/bytes.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/checkpoint.h"
#include "shim/core/frame.h"
#include "shim/core/inner.h"
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/resources.h"
#include "shim/core/watched.h"

static const struct residue_plan_action *action_at(uint32_t index)
{
    return (const struct residue_plan_action *)rs_plan_at(rs.plan->actions) + index;
}

static const struct residue_plan_kind *kind_at(uint32_t index)
{
    return (const struct residue_plan_kind *)rs_plan_at(rs.plan->kinds) + index;
}

/* One execution: what the helpers below need. */
struct event {
    struct rs_thread *self;
    struct rs_frame *frame;
    struct rs_watched *watched;
    struct rs_call *call;
    struct rs_regs regs;
};

/* Parameter `index` from 1, without `This`. */
static uint64_t parameter(const struct event *event, unsigned index)
{
    unsigned this = event->watched->interface != RESIDUE_NO_INTERFACE;
    return rs_frame_argument(event->frame, index - 1 + this);
}

static uint64_t value_of(const struct event *event, struct residue_place place)
{
    uint64_t value = 0;
    if (place.where == RESIDUE_WHERE_RETURN) {
        value = event->frame->result[0];
    } else if (place.where == RESIDUE_WHERE_ARGUMENT) {
        value = parameter(event, place.index);
        if (place.index2)
            value *= parameter(event, place.index2);
    } else if (place.where == RESIDUE_WHERE_OUT) {
        const uintptr_t *out = (const uintptr_t *)(uintptr_t)parameter(event, place.index);
        value = out ? *out : 0;
    }
    return value;
}

static bool succeeded(const struct rs_frame *frame, uint8_t success)
{
    uint64_t result = frame->result[0];
    switch (success) {
    case RESIDUE_SUCCESS_ZERO:
        return (uint32_t)result == 0;
    case RESIDUE_SUCCESS_NONZERO:
        return result != 0;
    case RESIDUE_SUCCESS_NONNEGATIVE:
        return (int32_t)result >= 0;
    case RESIDUE_SUCCESS_NOT_MINUS_ONE:
        return result != 0 && result != UINTPTR_MAX;
    default:
        return true;
    }
}

/* ---- acquiring ---- */

static void acquire(struct event *event, const struct residue_plan_action *action,
                    const struct rs_acquisition *as_before)
{
    const struct residue_plan_kind *kind = kind_at(action->kind);
    struct rs_acquisition what = {.kind = action->kind,
                                  .class = kind->class,
                                  .counted = kind->counted,
                                  .handle = value_of(event, action->handle),
                                  .size = value_of(event, action->size),
                                  .parent = value_of(event, action->parent)};
    if (as_before) {
        what.handle = as_before->handle;
        what.size = as_before->size;
        what.site = as_before->site;
        what.ordinal = as_before->ordinal;
    } else {
        if (!what.handle && action->handle.where != RESIDUE_WHERE_NONE)
            return;
        if (event->call->memory)
            rs_inner_hand_out(event->self, what.handle);
        what.site = rs_capture_site(event->self, &event->regs, action->kind);
        what.ordinal = event->self->ordinal;
    }
    if (!what.site)
        return;
    rs_resource_acquire(&what);
    if (event->self->memory_depth > 1)
        event->self->recent[event->self->recent_count++ % RS_RECENT_MAX] =
            (struct rs_recent){(uintptr_t)what.handle, what.size, action->kind};
}

static void release(struct event *event, const struct residue_plan_action *action)
{
    uint64_t handle = value_of(event, action->handle);
    if (!handle && action->handle.where != RESIDUE_WHERE_NONE)
        return; /* releasing NULL does nothing anywhere */
    struct rs_acquisition taken;
    if (rs_resource_release(action->kind, handle, &taken) && taken.size)
        rs_memory_goes(event->self, (uintptr_t)handle, taken.size, UINT64_MAX, taken.site,
                       &event->regs);
}

/* ---- at entry ---- */

bool rs_acquisition_is_inner(const struct rs_thread *self, uint8_t class, uint16_t kind)
{
    for (uint32_t i = self->depth - 1; i-- > 0;) {
        const struct rs_call *outer = &self->call[i];
        if (outer->class)
            return outer->class == class && !outer->constructs &&
                   (class != RESIDUE_CLASS_OTHER || outer->kind == kind);
    }
    return false;
}

static void begin_acquisition(struct event *event, const struct residue_plan_action *action)
{
    struct rs_call *call = event->call;
    call->class = kind_at(action->kind)->class;
    call->kind = action->kind;
    call->memory = action->size.where != RESIDUE_WHERE_NONE;
    if (call->memory)
        event->self->memory_depth++;
    else
        call->absorbed = rs_acquisition_is_inner(event->self, call->class, call->kind);
}

static void actions_at_entry(struct event *event)
{
    const struct residue_plan_function *function = event->watched->function;
    for (uint32_t i = 0; i < function->action_count; i++) {
        const struct residue_plan_action *action = action_at(function->action_first + i);
        if (action->op != RESIDUE_RELEASE)
            begin_acquisition(event, action);
        else if (action->success == RESIDUE_SUCCESS_ANY)
            release(event, action);
        if (action->op == RESIDUE_RESIZE) {
            struct rs_acquisition taken = {0};
            rs_resource_release(action->kind, value_of(event, action->from), &taken);
            event->frame->was_size = taken.size;
            event->frame->was_site = taken.site;
            event->frame->was_ordinal = taken.ordinal;
        }
    }
}

static bool is_call(const struct rs_thread *self, const struct residue_plan_function *function)
{
    return (function->flags & (RESIDUE_WATCH_ALWAYS | RESIDUE_FUNCTION_GLOB)) ||
           ((function->flags & RESIDUE_WATCH_OUTERMOST) && self->path == self->base_path);
}

/* The stack above a thread's first frame, or a coroutine's, is not ours to read. (Homes are always
 * there.) */
static uintptr_t words_to_hand_on(const struct rs_frame *frame,
                                  const struct residue_plan_function *function)
{
    int most = function->parameters * RS_PARAMETER_WORDS;
    uintptr_t words = (uintptr_t)(most > RS_FRAME_WORDS ? most : RS_FRAME_WORDS);
    uintptr_t first = (uintptr_t)(frame->base + 2 + RS_FRAME_HOMES);
    uintptr_t end = rs_self && rs_on_stack(rs_self, first) ? rs_self->bounds.hi
                                                           : first - first % RS_PAGE + RS_PAGE;
    uintptr_t room = (end - first) / sizeof words;
    return RS_FRAME_HOMES + (words < room ? words : room);
}

static void enter(struct rs_thread *self, struct rs_frame *frame, struct rs_watched *watched)
{
    frame->entered = rs.session;
    struct event event = {self, frame, watched, NULL, rs_frame_regs(frame)};
    const struct residue_plan_function *function = watched->function;
    rs_calls_heal(self, event.regs.sp);
    event.call = rs_call_enter(self, (uintptr_t)frame->base,
                               is_call(self, function) ? &watched->name : NULL);
    if (!event.call)
        return;
    event.call->unwinds = true;
    actions_at_entry(&event);
    if (event.call->name &&
        (function->role == RESIDUE_ROLE_LOGOFF || function->role == RESIDUE_ROLE_SHUTDOWN))
        rs_checkpoint_teardown(event.call->path, event.call->ordinal);
}

void rs_frame_enter(struct rs_frame *frame)
{
    struct rs_watched *watched =
        rs_watched_at((uintptr_t)rs_thunks + frame->index * RS_THUNK_BYTES);
    frame->target = watched->target;
    frame->entered = 0;
    frame->was_site = 0;
    struct rs_thread *self = rs_recording() ? rs_thread() : NULL;
    frame->words = words_to_hand_on(frame, watched->function);
    if (!self || !rs_thread_begin(self))
        return;
    enter(self, frame, watched);
    rs_thread_end(self);
}

/* ---- at the end ---- */

/* Copies what a parameter leads to. Which parameter that is, is a claim of the plan, and false
 * where an object has another layout: until it has led to an interface once, there may be no
 * memory. */
static bool look(bool proven, uint64_t at, void *to, size_t size)
{
    if (at && proven)
        rs_copy(to, (const void *)(uintptr_t)at, size);
    return at && (proven || rs_os_read((const void *)(uintptr_t)at, to, size));
}

static uint32_t interface_of(const struct event *event, const struct residue_plan_out *out,
                             bool proven)
{
    unsigned char iid[16];
    uint32_t type;
    if (out->iid_parameter && look(proven, parameter(event, out->iid_parameter), iid, sizeof iid)) {
        uint32_t named = rs_interface_of_iid(iid);
        if (named != RESIDUE_NO_INTERFACE)
            return named;
    }
    if (out->interface != RESIDUE_INTERFACE_BY_TYPE)
        return out->interface;
    return look(proven, parameter(event, out->type_parameter), &type, sizeof type)
               ? rs_interface_of_type(type)
               : RESIDUE_NO_INTERFACE;
}

static void follow_out(const struct event *event, unsigned index)
{
    struct rs_watched *watched = event->watched;
    const struct residue_plan_out *out =
        (const struct residue_plan_out *)rs_plan_at(rs.plan->outs) + watched->function->out_first +
        index;
    bool proven = __atomic_load_n(&watched->proven, __ATOMIC_RELAXED) >> index & 1;
    uint32_t interface = interface_of(event, out, proven);
    void *object = NULL;
    if (interface == RESIDUE_NO_INTERFACE ||
        !look(proven, parameter(event, out->parameter), &object, sizeof object) || !object)
        return;
    if (rs_interface_found(object, interface, proven) && !proven)
        __atomic_or_fetch(&watched->proven, (uint8_t)(1 << index), __ATOMIC_RELAXED);
}

static void actions_at_end(struct event *event)
{
    const struct residue_plan_function *function = event->watched->function;
    for (uint32_t i = 0; i < function->action_count; i++) {
        const struct residue_plan_action *action = action_at(function->action_first + i);
        bool happened = succeeded(event->frame, action->success);
        if (action->op == RESIDUE_RELEASE) {
            if (happened && action->success != RESIDUE_SUCCESS_ANY)
                release(event, action);
        } else if (happened && !event->call->absorbed) {
            acquire(event, action, NULL);
        } else if (action->op == RESIDUE_RESIZE && event->frame->was_site) {
            struct rs_acquisition before = {.handle = value_of(event, action->from),
                                            .size = event->frame->was_size,
                                            .site = event->frame->was_site,
                                            .ordinal = event->frame->was_ordinal};
            acquire(event, action, &before);
        }
    }
    if (function->out_count && (int32_t)event->frame->result[0] >= 0) {
        for (unsigned i = 0; i < function->out_count; i++)
            follow_out(event, i);
    }
}

void rs_frame_leave(struct rs_frame *frame)
{
    if (frame->entered != rs.session || !rs_recording())
        return;
    struct rs_thread *self = rs_thread();
    if (!self || !rs_thread_begin(self))
        return;
    struct rs_call *call = rs_call_at(self, (uintptr_t)frame->base);
    if (call) {
        struct rs_watched *watched =
            rs_watched_at((uintptr_t)rs_thunks + frame->index * RS_THUNK_BYTES);
        struct event event = {self, frame, watched, call, rs_frame_regs(frame)};
        actions_at_end(&event);
        rs_call_leave(self);
    }
    rs_thread_end(self);
}

void rs_frame_left(uintptr_t base)
{
    struct rs_thread *self = rs_recording() ? rs_self : NULL;
    if (!self || !rs_thread_begin(self))
        return;
    if (rs_call_at(self, base))
        rs_call_leave(self);
    rs_thread_end(self);
}
