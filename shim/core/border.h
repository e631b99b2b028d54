/*
 * One execution of a watched function, at its border: what its parts (actions.c, acquisitions.c)
 * need to know of it. Between rs_thread_begin and rs_thread_end.
 */
#ifndef SHIM_CORE_BORDER_H
#define SHIM_CORE_BORDER_H

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

/* Copies what a parameter leads to. Which parameter that is, is a claim of the plan, and false
 * where an object has another layout: until it was seen to be so, there may be no memory. */
bool rs_border_look(bool proven, uint64_t at, void *to, size_t size);

/* What the function acquires and releases, by the plan: when it begins, and when it has returned.
 */
void rs_acquisitions_begin(struct event *);
void rs_acquisitions_end(struct event *);

#endif
