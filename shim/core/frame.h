/*
 * The frame that a thunk lays on the client's stack (shim/linux/thunks.S, shim/windows/thunks-*.S):
 * the registers that carry arguments and results, as the ABI of system and processor has them.
 * Offsets are known to the assembly.
 */
#ifndef SHIM_CORE_FRAME_H
#define SHIM_CORE_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include "shim/core/objects.h"
#include "shim/core/unwind.h"

/* How many arguments are in registers, and how many words of the stack are set aside for them all
 * the same; how many stack words are handed on where the signature is not known (VARIANTs go by
 * value), and how many a parameter may take. */
#if defined _WIN64
enum { RS_FRAME_REGISTERS = 4, RS_FRAME_HOMES = 4, RS_FRAME_WORDS = 16, RS_PARAMETER_WORDS = 1 };
/* rcx rdx r8 r9 */
#elif defined _WIN32
enum { RS_FRAME_REGISTERS = 0, RS_FRAME_HOMES = 0, RS_FRAME_WORDS = 48, RS_PARAMETER_WORDS = 4 };
#else
enum { RS_FRAME_REGISTERS = 6, RS_FRAME_HOMES = 0, RS_FRAME_WORDS = 16, RS_PARAMETER_WORDS = 1 };
/* rdi rsi rdx rcx r8 r9 */
#endif

struct rs_frame {
    uintptr_t index;  /* which thunk */
    uintptr_t target; /* the real function; set by rs_frame_enter */
    uintptr_t words;  /* stack words to hand on, homes among them; set by rs_frame_enter */
    uintptr_t argument[RS_FRAME_REGISTERS];
    uintptr_t scratch[2]; /* for the assembly: registers that some callers pass something in */
    uintptr_t result[2];  /* rax rdx (eax edx) afterwards */
    uintptr_t
        *base; /* the frame pointer: [0] caller's, [1] return address, [2...] homes and arguments */
    uintptr_t entered; /* the session in which the call is followed; 0: it is not */
    uint64_t was_size; /* resize: the resource before */
    uint32_t was_site, was_ordinal;
    struct rs_object_ref object; /* methods: what it is of */
#if defined _WIN32 && !defined _WIN64
    uintptr_t copied[2]; /* for the assembly: what it needs to know after the call */
#endif
};
#if defined _WIN64
_Static_assert(sizeof(struct rs_frame) == 128, "known to thunks-x86_64.S");
_Static_assert(offsetof(struct rs_frame, base) == 88, "known to thunks-x86_64.S");
#elif defined _WIN32
_Static_assert(sizeof(struct rs_frame) == 72, "known to thunks-i686.S");
_Static_assert(offsetof(struct rs_frame, base) == 28, "known to thunks-i686.S");
#else
_Static_assert(sizeof(struct rs_frame) == 144, "known to thunks.S");
_Static_assert(offsetof(struct rs_frame, base) == 104, "known to thunks.S");
#endif

/* The index-th argument register or stack word, from 0. */
static inline uintptr_t rs_frame_argument(const struct rs_frame *frame, unsigned index)
{
    unsigned words = RS_FRAME_REGISTERS;
    return index < words ? frame->argument[index] : frame->base[2 + RS_FRAME_HOMES + index - words];
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

/* The frame with this base goes without returning. */
void rs_frame_left(uintptr_t base);

#endif
