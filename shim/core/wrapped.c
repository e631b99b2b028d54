#include "shim/core/wrapped.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/intern.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"

static struct rs_thread *begin(void)
{
    struct rs_thread *self = rs_recording() ? rs_thread() : NULL;
    return self && rs_thread_begin(self) ? self : NULL;
}

/* The frame of the wrapper: two words below the stack pointer its caller gets back. */
static uintptr_t frame_of(const struct rs_regs *regs)
{
    return regs->sp - 2 * sizeof(uintptr_t);
}

void rs_wrapped_begin(struct rs_wrapped *what, const struct rs_regs *regs)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    rs_calls_heal(self, regs->sp);
    struct rs_call *call =
        rs_call_enter(self, frame_of(regs), self->path == self->base_path ? &what->name : NULL);
    if (call) { /* inside LoadLibrary it is the inner layer of the same reference */
        call->absorbed = rs_acquisition_is_inner(self, what->class, 0);
        call->class = what->class;
        call->constructs = what->constructs;
    }
    rs_thread_end(self);
}

void rs_wrapped_acquired(const struct rs_regs *regs, uint32_t kind, uint64_t handle, uint64_t size)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    const struct rs_call *call = rs_call_at(self, frame_of(regs));
    uint32_t site = call && !call->absorbed ? rs_capture_site(self, regs, kind) : 0;
    if (site)
        rs_resource_acquire(&(struct rs_acquisition){.kind = kind,
                                                     .class = call->class,
                                                     .counted = kind == RS_KIND_MODULE_REFERENCE,
                                                     .handle = handle,
                                                     .size = size,
                                                     .site = site,
                                                     .ordinal = self->ordinal});
    rs_thread_end(self);
}

void rs_wrapped_end(const struct rs_regs *regs)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    if (rs_call_at(self, frame_of(regs)))
        rs_call_leave(self);
    rs_thread_end(self);
}

void rs_wrapped_released(const struct rs_regs *regs, uint32_t kind, uint64_t handle)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    const struct rs_call *call = regs ? rs_call_at(self, frame_of(regs)) : NULL;
    if (!call || !call->absorbed)
        rs_resource_release(kind, handle, NULL);
    rs_thread_end(self);
}
