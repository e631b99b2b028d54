/* From registers to the identity of a stack, recognised or unwound; and to a site. The calling
 * thread's own state, between rs_thread_begin and rs_thread_end. */
#ifndef SHIM_CORE_CAPTURE_H
#define SHIM_CORE_CAPTURE_H

#include "shim/core/thread.h"

/* The site of an event that happens now (stale calls are healed already), in the frame that `regs`
 * describe: only pc, sp and bp need be right. 0 when recording stopped. */
uint32_t rs_capture_site(struct rs_thread *, const struct rs_regs *, uint32_t kind_index);

/* The same for the place of a release, which has no kind. */
uint32_t rs_capture_release_site(struct rs_thread *, const struct rs_regs *);

/* Registers of the function that contains this, as its caller sees them after it returned. The
 * function must have a frame pointer (-fno-omit-frame-pointer). */
#define RS_CALLER_REGS()                                                                           \
    ((struct rs_regs){.pc = ((uintptr_t *)__builtin_frame_address(0))[1],                          \
                      .sp = (uintptr_t)__builtin_frame_address(0) + 2 * sizeof(uintptr_t),         \
                      .bp = ((uintptr_t *)__builtin_frame_address(0))[0]})

#endif
