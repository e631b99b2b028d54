/* What watched functions acquire and release, by the plan. */
#include "shim/core/blocks.h"
#include "shim/core/border.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/inner.h"
#include "shim/core/intern.h"
#include "shim/core/misuse.h"
#include "shim/core/os.h"
#include "shim/core/released.h"
#include "shim/core/resources.h"
#include "shim/core/rows.h"

static const struct residue_plan_action *action_at(uint32_t index)
{
    return (const struct residue_plan_action *)rs_plan_at(rs.plan->actions) + index;
}

static const struct residue_plan_kind *kind_at(uint32_t index)
{
    return (const struct residue_plan_kind *)rs_plan_at(rs.plan->kinds) + index;
}

static bool is_buffer(const struct residue_plan_kind *kind)
{
    return kind->class == RESIDUE_CLASS_BUFFER || kind->class == RESIDUE_CLASS_RETURNED;
}

/* ---- values ---- */

static uint64_t element_of(const struct event *event, struct residue_place place, bool numbers)
{
    uintptr_t at = (uintptr_t)parameter(event, place.index);
    if (!at)
        return numbers ? UINT64_MAX : 0;
    return numbers ? (uint64_t)((const int *)at)[place.index2]
                   : ((const uintptr_t *)at)[place.index2];
}

static uint64_t value_of(const struct event *event, struct residue_place place)
{
    uint64_t value = 0;
    if (place.where == RESIDUE_WHERE_RETURN) {
        value = event->frame->result[0];
    } else if (place.where == RESIDUE_WHERE_OUT) {
        value = element_of(event, place, false);
    } else if (place.where == RESIDUE_WHERE_ROWS) {
        value = parameter(event, place.index);
    } else if (place.where == RESIDUE_WHERE_ARGUMENT) {
        value = parameter(event, place.index);
        if (place.index2)
            value *= parameter(event, place.index2);
    }
    return value;
}

/* 0 where threads are not told apart. */
static uint32_t counting_thread(const struct event *event, const struct residue_plan_kind *kind)
{
    return kind->counted == RESIDUE_COUNTED_BY_THREAD ? event->self->id : 0;
}

/* The handle of an action; false when it is that of nothing: NULL, or no number from 0. What has no
 * handle counts for the process, or for the thread. */
static bool handle_of(const struct event *event, const struct residue_plan_kind *kind,
                      struct residue_place place, uint64_t *handle)
{
    if (place.where == RESIDUE_WHERE_NONE) {
        *handle = counting_thread(event, kind);
        return true;
    }
    if (!kind->numbers)
        return (*handle = value_of(event, place)) != 0;
    int32_t number = (int32_t)(place.where == RESIDUE_WHERE_OUT ? element_of(event, place, true)
                                                                : value_of(event, place));
    *handle = (uint32_t)number;
    /* A child of vfork has memory, and this thread's too, in common with us, but not its files. */
    return number >= 0 && rs_os_thread_id() == event->self->id;
}

/* Is the action one of this execution's at all? */
static bool applies(const struct event *event, const struct residue_plan_action *action)
{
    return action->when.where == RESIDUE_WHERE_NONE ||
           (int32_t)value_of(event, action->when) == action->equals;
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

/* ---- misuse ---- */

static void misuse(struct event *event, uint32_t what, const struct rs_acquisition *of,
                   uint32_t released_site)
{
    uint32_t site = rs_capture_release_site(event->self, &event->regs);
    if (site)
        rs_misuse_on_thread(&(struct rs_misuse){.misuse = what,
                                                .resource_kind = rs_intern_kind(of->kind),
                                                .site = site,
                                                .acquired_site = of->site,
                                                .released_site = released_site},
                            of->site ? of->ordinal : event->self->ordinal, of->thread);
}

/* Was the block acquired by the client? In no watched call, and not by a thread of those who
 * release such buffers, on whose stack they would be. */
static bool is_clients_block(const struct event *event, const struct rs_block *block)
{
    const struct residue_site *site = rs_site(block->site);
    return !site->path && !rs_stack_has_module(event->self, site->stack, event->watched->target);
}

/* A buffer is released that is none: it was released before, or is a block of another allocator's.
 * Unless others have memory there, who may have handed out a part of it unseen. */
static void release_unknown(struct event *event, uint64_t handle)
{
    struct rs_released before;
    struct rs_block block;
    bool lives = rs_ledger_covers((uintptr_t)handle, &block);
    if (!lives && rs_released_find(handle, &before))
        misuse(event, RESIDUE_MISUSE_DOUBLE_FREE,
               &(struct rs_acquisition){
                   .kind = before.kind, .site = before.acquired_site, .ordinal = before.ordinal},
               before.released_site);
    else if (lives && rs_ledger_look((uintptr_t)handle, &block) && is_clients_block(event, &block))
        misuse(event, RESIDUE_MISUSE_WRONG_ALLOCATOR,
               &(struct rs_acquisition){
                   .kind = RS_KIND_BLOCK, .site = block.site, .ordinal = block.ordinal},
               0);
}

/* ---- releasing ---- */

static void released_buffer(struct event *event, const struct residue_plan_action *action,
                            const struct rs_acquisition *taken)
{
    bool rows = action->handle.where == RESIDUE_WHERE_ROWS;
    if (taken->class == RESIDUE_CLASS_RETURNED && kind_at(taken->kind)->rows != rows)
        misuse(event, RESIDUE_MISUSE_WRONG_FUNCTION, taken, 0);
    if (taken->parent) {
        misuse(event, RESIDUE_MISUSE_LINKED_FREED, taken, 0);
        return; /* it may refuse, and be asked again */
    }
    rs_released_note(
        &(struct rs_released){.handle = taken->handle,
                              .kind = taken->kind,
                              .acquired_site = taken->site,
                              .ordinal = taken->ordinal,
                              .released_site = rs_capture_release_site(event->self, &event->regs)});
}

/* Until it has been said whether it went. */
static void keep_in_mind(struct event *event, const struct rs_acquisition *taken)
{
    event->frame->was_size = taken->size;
    event->frame->was_site = taken->site;
    event->frame->was_ordinal = taken->ordinal;
    event->call->before = taken->parent;
}

static void release_row(void *closure, uint64_t properties)
{
    const struct residue_plan_action *action = closure;
    rs_resource_release(action->kind, properties, NULL);
}

/* True: what was to be released is known. */
static bool release(struct event *event, const struct residue_plan_action *action)
{
    const struct residue_plan_kind *kind = kind_at(action->kind);
    struct rs_acquisition taken;
    uint64_t handle;
    if (!handle_of(event, kind, action->handle, &handle))
        return true; /* releasing nothing does nothing anywhere */
    if (action->handle.where == RESIDUE_WHERE_ROWS && kind->class == RESIDUE_CLASS_BUFFER)
        rs_rows_visit(handle, release_row, (void *)(uintptr_t)action);
    if (!rs_resource_release(action->kind, handle, &taken)) {
        if (kind->counted && action->handle.where == RESIDUE_WHERE_NONE && rs.whole &&
            is_clients(event))
            misuse(event, RESIDUE_MISUSE_NOT_HELD,
                   &(struct rs_acquisition){.kind = action->kind,
                                            .thread = counting_thread(event, kind)},
                   0);
        return false;
    }
    if (taken.size)
        rs_memory_goes(event->self, (uintptr_t)handle, taken.size, UINT64_MAX, taken.site,
                       &event->regs);
    if (taken.class != RESIDUE_CLASS_BUFFER && taken.class != RESIDUE_CLASS_RETURNED)
        return true;
    if (taken.parent && (action->flags & RESIDUE_ACTION_REFUSES))
        keep_in_mind(event, &taken);
    if (is_clients(event))
        released_buffer(event, action, &taken);
    return true;
}

/* ---- acquiring ---- */

/* What is acquired, but for what it is and where. */
static void begin_what(struct rs_acquisition *what, const struct event *event,
                       const struct residue_plan_action *action)
{
    const struct residue_plan_kind *kind = kind_at(action->kind);
    what->kind = action->kind;
    what->class = kind->class;
    what->counted = kind->counted;
    what->thread = counting_thread(event, kind);
    what->owner = event->watched->target;
    what->block_site = what->block_ordinal = 0;
}

static void acquired(struct event *event, const struct rs_acquisition *what)
{
    if (!what->site)
        return;
    rs_resource_acquire(what);
    if (event->self->memory_depth > 1)
        event->self->recent[event->self->recent_count++ % RS_RECENT_MAX] =
            (struct rs_recent){(uintptr_t)what->handle, what->size, what->kind};
}

static void acquire(struct event *event, const struct residue_plan_action *action)
{
    struct rs_acquisition what;
    begin_what(&what, event, action);
    what.size = value_of(event, action->size);
    what.parent = value_of(event, action->parent);
    if (!handle_of(event, kind_at(action->kind), action->handle, &what.handle))
        return;
    if (event->call->memory)
        rs_inner_hand_out(event->self, what.handle);
    what.site = rs_capture_site(event->self, &event->regs, action->kind);
    what.ordinal = event->self->ordinal;
    acquired(event, &what);
}

/* What did not go after all, or was not resized. */
static void restore(struct event *event, const struct residue_plan_action *action, uint64_t handle)
{
    struct rs_acquisition what;
    begin_what(&what, event, action);
    what.handle = handle;
    what.size = event->frame->was_size;
    what.parent = event->call->before;
    what.site = event->frame->was_site;
    what.ordinal = event->frame->was_ordinal;
    acquired(event, &what);
}

/* ---- at the border ---- */

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
    bool memory = action->size.where != RESIDUE_WHERE_NONE;
    call->class = kind_at(action->kind)->class;
    call->kind = kind_at(action->kind)->space;
    if (memory && !call->memory)
        event->self->memory_depth++;
    call->memory = call->memory || memory;
    if (!memory)
        call->absorbed = rs_acquisition_is_inner(event->self, call->class, call->kind);
}

static void begin_resizing(struct event *event, const struct residue_plan_action *action)
{
    struct rs_acquisition taken = {0};
    rs_resource_release(action->kind, value_of(event, action->from), &taken);
    keep_in_mind(event, &taken);
}

void rs_acquisitions_begin(struct event *event)
{
    const struct residue_plan_function *function = event->watched->function;
    uint64_t buffer = 0;
    bool known = false;
    for (uint32_t i = 0; i < function->action_count; i++) {
        const struct residue_plan_action *action = action_at(function->action_first + i);
        const struct residue_plan_kind *kind = kind_at(action->kind);
        if (!applies(event, action)) {
            known = true;
        } else if (action->op == RESIDUE_RELEASE) {
            if (action->success != RESIDUE_SUCCESS_ANY)
                continue;
            known |= release(event, action);
            if (is_buffer(kind))
                buffer = value_of(event, action->handle);
        } else if (kind->class == RESIDUE_CLASS_RETURNED) {
            if (action->flags & RESIDUE_ACTION_IN_OUT)
                rs_handed_out_begin(event, action);
        } else {
            begin_acquisition(event, action);
            if (action->op == RESIDUE_RESIZE)
                begin_resizing(event, action);
        }
    }
    if (buffer && !known && is_clients(event))
        release_unknown(event, buffer);
}

static void end_release(struct event *event, const struct residue_plan_action *action)
{
    if (action->success != RESIDUE_SUCCESS_ANY) {
        if (succeeded(event->frame, action->success))
            release(event, action);
    } else if ((action->flags & RESIDUE_ACTION_REFUSES) && event->frame->was_site &&
               (uint32_t)event->frame->result[0]) {
        restore(event, action, value_of(event, action->handle));
    }
}

void rs_acquisitions_end(struct event *event)
{
    const struct residue_plan_function *function = event->watched->function;
    for (uint32_t i = 0; i < function->action_count; i++) {
        const struct residue_plan_action *action = action_at(function->action_first + i);
        if (!applies(event, action))
            continue;
        bool happened = succeeded(event->frame, action->success);
        if (action->op == RESIDUE_RELEASE) {
            end_release(event, action);
        } else if (kind_at(action->kind)->class == RESIDUE_CLASS_RETURNED) {
            if (happened)
                rs_handed_out(event, action);
        } else if (happened && !event->call->absorbed) {
            acquire(event, action);
        } else if (action->op == RESIDUE_RESIZE && event->frame->was_site) {
            restore(event, action, value_of(event, action->from));
        }
    }
}
