/*
 * One execution of a watched function, at its border: what its parts (actions.c, acquisitions.c)
 * need to know of it. Between rs_thread_begin and rs_thread_end.
 */
#ifndef SHIM_CORE_BORDER_H
#define SHIM_CORE_BORDER_H

#include "shim/core/client.h"
#include "shim/core/frame.h"
#include "shim/core/state.h"
#include "shim/core/thread.h"
#include "shim/core/watched.h"

struct event {
    struct rs_thread *self;
    struct rs_frame *frame;
    struct rs_watched *watched;
    struct rs_call *call;
    struct rs_regs regs;
};

static inline bool is_method(const struct rs_watched *watched)
{
    return watched->interface != RESIDUE_NO_INTERFACE;
}

/* Parameter `index` from 1, without `This`. */
static inline uint64_t parameter(const struct event *event, unsigned index)
{
    unsigned this = is_method(event->watched);
    return rs_frame_argument(event->frame, index - 1 + this);
}

/* Whether the client called it, and not one who implements a watched call. */
static inline bool is_clients(const struct event *event)
{
    return !rs_is_inner_code(event->self, &event->regs, event->self->depth - 1);
}

/* Copies what a parameter leads to. Which parameter that is, is a claim of the plan, and false
 * where an object has another layout: until it was seen to be so, there may be no memory. */
bool rs_border_look(bool proven, uint64_t at, void *to, size_t size);

/* What the function acquires and releases, by the plan: when it begins, and when it has returned.
 */
void rs_acquisitions_begin(struct event *);
void rs_acquisitions_end(struct event *);

/* What it hands out for its caller to free, by one action of the plan: when it begins, if there may
 * be something in its place, and when it has returned. Only what the client is handed: among
 * themselves those who implement a call may free a buffer in ways that nobody sees. */
void rs_handed_out_begin(struct event *, const struct residue_plan_action *);
void rs_handed_out(struct event *, const struct residue_plan_action *);

#endif
