/*
 * The frame that a thunk lays on the client's stack (shim/linux/thunks.S): the registers that carry
 * arguments and results, as the System V ABI of x86-64 has them. Offsets are known to the assembly.
 */
#ifndef SHIM_CORE_FRAME_H
#define SHIM_CORE_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include "shim/core/unwind.h"

struct rs_frame {
    uint64_t index;       /*   0: which thunk */
    uintptr_t target;     /*   8: the real function; set by rs_frame_enter */
    uint64_t words;       /*  16: stack words to hand on; set by rs_frame_enter */
    uint64_t argument[6]; /*  24: rdi rsi rdx rcx r8 r9 */
    uint64_t rax, r10;    /*  72: al = number of vector registers; r10 = static chain */
    uint64_t result[2];   /*  88: rax rdx afterwards */
    uintptr_t
        *base; /* 104: rbp of the frame: [0] caller's rbp, [1] return address, [2...] arguments */
    uint64_t entered;               /* 112: the call was followed: leave must be told */
    uint64_t was_size;              /* 120: resize: the resource before */
    uint32_t was_site, was_ordinal; /* 128 */
    uint64_t reserved;              /* 136 */
};
_Static_assert(sizeof(struct rs_frame) == 144, "known to thunks.S");
_Static_assert(offsetof(struct rs_frame, base) == 104, "known to thunks.S");

/* The index-th argument register or stack word, from 0. */
static inline uint64_t rs_frame_argument(const struct rs_frame *frame, unsigned index)
{
    return index < 6 ? frame->argument[index] : frame->base[2 + index - 6];
}

/* Registers of the caller. */
static inline struct rs_regs rs_frame_regs(const struct rs_frame *frame)
{
    return (struct rs_regs){
        .pc = frame->base[1], .sp = (uintptr_t)(frame->base + 2), .bp = frame->base[0]};
}

/* Called by every thunk, before and after the real function. */
void rs_frame_enter(struct rs_frame *);
void rs_frame_leave(struct rs_frame *);

#endif
