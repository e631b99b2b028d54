/*
 * Frames of every kind, to unwind through: each function calls what it is given from inside a frame
 * of its own kind.
 */
#ifndef UNWIND_FRAMES_H
#define UNWIND_FRAMES_H

#include <stdint.h>
#include "shim/core/unwind.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void unwind_body(void);

/* ---- unwind_frames.c, by the compiler ---- */

void unwind_plain(unwind_body *body);
void unwind_without_frame_pointer(unwind_body *body);
void unwind_with_vla(unwind_body *body, unsigned size);
void unwind_with_alloca(unwind_body *body, unsigned size);
void unwind_realigned(unwind_body *body);
void unwind_drap(unwind_body *body, unsigned size); /* realigned and of variable size */

/* Calls `leaf` from a random tower of the frames above. The same seed builds the same tower. */
void unwind_random_tower(uint64_t *seed, unsigned depth, unwind_body *leaf);
uint64_t unwind_random(uint64_t *seed);

/* ---- unwind_throws.cc ---- */

/* Frames with destructors, personality and exception tables; `body` may be left by an exception,
 * see unwind_throw. */
void unwind_through_cxx(unwind_body *body);
/* Throws, with a destructor that calls `body` while the stack is taken down, and catches. */
void unwind_throw(unwind_body *body);

/* ---- unwind_frames.S, by hand ---- */

/* Calls unwind_captured with the registers of its caller, as they are after it returned. */
void unwind_capture(void);
void unwind_captured(const struct rs_regs *);

/* Calls `body` with a SIGTRAP after every instruction. */
void unwind_single_steps(unwind_body *body);

void unwind_cfa_by_expression(unwind_body *body);   /* DW_CFA_def_cfa_expression, with a read */
void unwind_cfa_by_rbx(unwind_body *body);          /* DW_CFA_def_cfa_register rbx */
void unwind_saved_by_expression(unwind_body *body); /* rbp by DW_CFA_expression, r12 by a value */
void unwind_saved_in_register(unwind_body *body);   /* rbp lives in rbx: DW_CFA_register */
void unwind_after_restored_state(unwind_body *body);
void unwind_without_cfi(unwind_body *body); /* no unwind information at all */
void unwind_damaged(void);                  /* never to be called */
void unwind_damaged_state(void);
void unwind_wild_frame(unwind_body *body);  /* information that is wrong: CFA = 0x1000000000 */
void unwind_false_frame(unwind_body *body); /* CFA that does not grow */
void unwind_every_operation(void);          /* never called: its rows are looked at */

#ifdef __cplusplus
}
#endif
#endif
