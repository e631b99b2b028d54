#include "shim/core/loads.h"
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

void rs_load_begin(struct rs_call_name *name, const struct rs_regs *regs)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    rs_calls_heal(self, regs->sp);
    struct rs_call *call =
        rs_call_enter(self, frame_of(regs), self->path == self->base_path ? name : NULL);
    if (call) { /* inside LoadLibrary it is the inner layer of the same reference */
        call->absorbed = rs_acquisition_is_inner(self, RESIDUE_CLASS_MODULE_REFERENCE, 0);
        call->class = RESIDUE_CLASS_MODULE_REFERENCE;
        call->constructs = true;
    }
    rs_thread_end(self);
}

void rs_load_end(const struct rs_regs *regs, uint64_t acquired)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    struct rs_call *call = rs_call_at(self, frame_of(regs));
    if (call && acquired && !call->absorbed) {
        uint32_t site = rs_capture_site(self, regs, RS_KIND_MODULE_REFERENCE);
        if (site)
            rs_resource_acquire(&(struct rs_acquisition){.kind = RS_KIND_MODULE_REFERENCE,
                                                         .class = RESIDUE_CLASS_MODULE_REFERENCE,
                                                         .counted = true,
                                                         .handle = acquired,
                                                         .site = site,
                                                         .ordinal = self->ordinal});
    }
    if (call)
        rs_call_leave(self);
    rs_thread_end(self);
}

void rs_unload(uint64_t handle)
{
    struct rs_thread *self = begin();
    if (!self)
        return;
    rs_resource_release(RS_KIND_MODULE_REFERENCE, handle, NULL);
    rs_thread_end(self);
}
