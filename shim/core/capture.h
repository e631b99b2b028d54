/* From registers to the identity of a stack, recognised or unwound; and to a site. The calling
 * thread's own state, between rs_thread_begin and rs_thread_end. */
#ifndef SHIM_CORE_CAPTURE_H
#define SHIM_CORE_CAPTURE_H

#include "shim/core/state.h"
#include "shim/core/thread.h"

/* Counts the module lists published: what was recognised in one generation is unknown in the next.
 */
extern uint32_t rs_modules_generation RS_HIDDEN;

/* The hot path: the site of a heap block acquired now, if stack and call path were seen together
 * before. Else 0: ask rs_capture_site. */
static inline __attribute__((always_inline)) uint32_t
rs_capture_known_block(struct rs_thread *self, uintptr_t pc, uintptr_t sp, uintptr_t bp)
{
    uint32_t generation = *(const volatile uint32_t *)&rs_modules_generation;
    return rs_recognise_site(self->recogniser, generation, self->path, pc, sp, bp);
}

/* The site of an event that happens now (stale calls are healed already), in the frame that `regs`
 * describe: only pc, sp and bp need be right. 0 when recording stopped. */
uint32_t rs_capture_site(struct rs_thread *, const struct rs_regs *, uint32_t kind_index);

/* The same, where it was tried in vain to recognise the site at once. */
uint32_t rs_capture_site_anew(struct rs_thread *, const struct rs_regs *, uint32_t kind_index);

/* The same for the place of a release, which has no kind. */
uint32_t rs_capture_release_site(struct rs_thread *, const struct rs_regs *);

/* Registers of the function that contains this, as its caller sees them after it returned. The
 * function must have a frame pointer (-fno-omit-frame-pointer). */
#define RS_CALLER_REGS()                                                                           \
    ((struct rs_regs){.pc = RS_CALLER_PC(), .sp = RS_CALLER_SP(), .bp = RS_CALLER_BP()})

/* The same as numbers. (On Windows a frame's address is another place than where the caller's frame
 * pointer was saved.) */
#ifdef _WIN32
#define RS_CALLER_FRAME() ((uintptr_t *)__builtin_dwarf_cfa() - 2)
#else
#define RS_CALLER_FRAME() ((uintptr_t *)__builtin_frame_address(0))
#endif
#define RS_CALLER_PC() (RS_CALLER_FRAME()[1])
#define RS_CALLER_SP() ((uintptr_t)(RS_CALLER_FRAME() + 2))
#define RS_CALLER_BP() (RS_CALLER_FRAME()[0])

#endif
