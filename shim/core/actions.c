/* What happens at the border of a watched function: its call begins and ends, interface pointers
 * come out. */
#include "shim/core/border.h"
#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/object_calls.h"
#include "shim/core/watched.h"

static bool is_call(const struct rs_thread *self, const struct residue_plan_function *function)
{
    return (function->flags & (RESIDUE_WATCH_ALWAYS | RESIDUE_FUNCTION_GLOB)) ||
           ((function->flags & RESIDUE_WATCH_OUTERMOST) && self->path == self->base_path);
}

/* The stack above a thread's first frame, or a coroutine's, is not ours to read. (Homes are always
 * there.) */
static __attribute__((noinline)) uintptr_t words_there(const struct rs_thread *self,
                                                       uintptr_t first, uintptr_t words)
{
    uintptr_t end =
        self && rs_on_stack(self, first) ? self->bounds.hi : first - first % RS_PAGE + RS_PAGE;
    uintptr_t room = (end - first) / sizeof words;
    return RS_FRAME_HOMES + (words < room ? words : room);
}

static inline uintptr_t words_to_hand_on(const struct rs_thread *self, const struct rs_frame *frame,
                                         const struct residue_plan_function *function)
{
    int most = function->parameters * RS_PARAMETER_WORDS;
    uintptr_t words = (uintptr_t)(most > RS_FRAME_WORDS ? most : RS_FRAME_WORDS);
    uintptr_t first = (uintptr_t)(frame->base + 2 + RS_FRAME_HOMES);
    if (__builtin_expect(
            self && rs_on_stack(self, first) && self->bounds.hi - first >= words * sizeof words, 1))
        return RS_FRAME_HOMES + words;
    return words_there(rs_self, first, words);
}

static struct rs_object_ref object_of(struct rs_thread *self, const struct rs_frame *frame,
                                      const struct rs_watched *watched)
{
    bool ended;
    struct rs_object_ref ref = rs_objects_lookup(
        rs_interface_identity(rs_frame_argument(frame, 0), watched->displaced), &ended);
    if (__builtin_expect(ended, 0)) {
        struct rs_regs regs = rs_frame_regs(frame);
        rs_object_used_after_end(&(struct rs_method){self, watched, &regs}, ref);
    }
    return ref;
}

static void enter(struct rs_thread *self, struct rs_frame *frame, struct rs_watched *watched)
{
    const struct residue_plan_function *function = watched->function;
    frame->entered = rs.session;
    rs_calls_heal(self, (uintptr_t)(frame->base + 2));
    struct rs_call *call = rs_call_enter(self, (uintptr_t)frame->base,
                                         is_call(self, function) ? &watched->name : NULL);
    if (!call)
        return;
    call->unwinds = true;
    call->pc = frame->base[1];
    if (is_method(watched))
        frame->object = object_of(self, frame, watched);
    if (function->action_count)
        rs_acquisitions_begin(&(struct event){self, frame, watched, call, rs_frame_regs(frame)});
    if (call->name &&
        (function->role == RESIDUE_ROLE_LOGOFF || function->role == RESIDUE_ROLE_SHUTDOWN))
        rs_checkpoint_teardown(call->path, call->ordinal);
}

static inline struct rs_watched *watched_of(const struct rs_frame *frame)
{
    struct rs_watched *watched = &rs_watched[frame->index];
    RS_KEPT(watched);
    return watched;
}

void rs_frame_enter(struct rs_frame *frame)
{
    struct rs_watched *watched = watched_of(frame);
    struct rs_thread *self = rs_recording() ? rs_thread() : NULL;
    frame->target = watched->target;
    frame->words = words_to_hand_on(self, frame, watched->function);
    frame->entered = 0;
    frame->was_site = 0;
    frame->object = (struct rs_object_ref){0, 0};
    if (!self || !rs_thread_begin(self))
        return;
    enter(self, frame, watched);
    rs_thread_end(self);
}

/* ---- at the end ---- */

static uint32_t interface_of(const struct event *event, const struct residue_plan_out *out,
                             bool proven)
{
    unsigned char iid[16];
    uint32_t type;
    if (out->iid_parameter &&
        rs_border_look(proven, parameter(event, out->iid_parameter), iid, sizeof iid)) {
        uint32_t named = rs_interface_of_iid(iid);
        if (named != RESIDUE_NO_INTERFACE)
            return named;
    }
    if (out->interface != RESIDUE_INTERFACE_BY_TYPE)
        return out->interface;
    return rs_border_look(proven, parameter(event, out->type_parameter), &type, sizeof type)
               ? rs_interface_of_type(type)
               : RESIDUE_NO_INTERFACE;
}

/* By an interface that no table has: the object's Release, which is seen, gives it back. */
static bool is_same(const struct event *event, const void *object)
{
    return (uintptr_t)object == rs_frame_argument(event->frame, 0);
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
    if (interface == RESIDUE_NO_INTERFACE && watched->function->role != RESIDUE_ROLE_QI)
        return;
    if (!rs_border_look(proven, parameter(event, out->parameter), &object, sizeof object) ||
        !object)
        return;
    if (interface == RESIDUE_NO_INTERFACE && is_same(event, object))
        interface = watched->interface;
    if (interface == RESIDUE_NO_INTERFACE)
        return;
    interface = rs_interface_found(object, interface, proven);
    if (interface == RESIDUE_NO_INTERFACE)
        return;
    if (!proven)
        __atomic_or_fetch(&watched->proven, (uint8_t)(1 << index), __ATOMIC_RELAXED);
    rs_object_handed_out(event->self, watched, &event->regs, event->frame->object, object,
                         interface);
}

/* What Advise handed out in its last parameter, or Unadvise is given in its first. */
static uint32_t connection_of(const struct event *event)
{
    uint8_t role = event->watched->function->role;
    uint32_t connection = 0;
    if (role == RESIDUE_ROLE_UNADVISE)
        connection = (uint32_t)parameter(event, 1);
    else if (role == RESIDUE_ROLE_ADVISE && (int32_t)event->frame->result[0] >= 0)
        rs_border_look(false, parameter(event, (unsigned)event->watched->function->parameters),
                       &connection, sizeof connection);
    return connection;
}

static void object_at_end(const struct event *event)
{
    rs_object_method_ended(&(struct rs_method){event->self, event->watched, &event->regs},
                           event->frame->object, event->frame->result[0], connection_of(event));
}

static void actions_at_end(struct event *event)
{
    const struct residue_plan_function *function = event->watched->function;
    if (function->action_count)
        rs_acquisitions_end(event);
    if (function->out_count && (int32_t)event->frame->result[0] >= 0) {
        for (unsigned i = 0; i < function->out_count; i++)
            follow_out(event, i);
    }
    if (function->role && event->frame->object.index)
        object_at_end(event);
}

static bool has_actions(const struct residue_plan_function *function)
{
    return function->action_count | function->out_count | function->role;
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
        struct rs_watched *watched = watched_of(frame);
        if (has_actions(watched->function))
            actions_at_end(&(struct event){self, frame, watched, call, rs_frame_regs(frame)});
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
