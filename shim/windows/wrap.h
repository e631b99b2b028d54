/*
 * What the wrappers of allocating functions have in common. A wrapper calls the real function and
 * then tells the ledger (acquisitions), or the other way round (releases): the address may be
 * somebody else's as soon as it is released.
 *
 * Layers: a run-time's malloc is a HeapAlloc further down, and that is seen too. While a wrapper is
 * at work, what lower ones acquire on its stack counts under the outer name alone.
 */
#ifndef SHIM_WINDOWS_WRAP_H
#define SHIM_WINDOWS_WRAP_H

#include "shim/core/blocks.h"
#include "shim/core/capture.h"
#include "shim/core/quarantine.h"
#include "shim/core/self.h"
#include "shim/windows/hooks.h"

/* The stack pointer of the outermost wrapper at work on this thread, 0 = none. What an exception
 * left there goes when the next outer wrapper that was called from above it is done. */
extern uintptr_t rs_outer_slot;
#define rs_outer (*(uintptr_t RS_THREAD_BLOCK *)rs_outer_slot)

#define RS_HOOK(function)                                                                          \
    {                                                                                              \
#function, (void *)(uintptr_t)wrap_##function, (void **)&real_##function                   \
    }
#define RS_HOOKS_END                                                                               \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

/* Declares the real function and begins its wrapper, which is reached through slots alone. */
#define RS_WRAP(result, convention, function, ...)                                                 \
    static result(convention *real_##function)(__VA_ARGS__);                                       \
    static result convention wrap_##function(__VA_ARGS__)

static inline bool rs_is_inner(uintptr_t sp)
{
    return __builtin_expect(rs_outer > sp, 0);
}

/* The caller of the wrapper that this stands in. */
#define RS_CALLER RS_CALLER_PC(), RS_CALLER_SP(), RS_CALLER_BP()

void rs_wrap_acquired(void *block, size_t size, uintptr_t pc, uintptr_t sp, uintptr_t bp);

static inline __attribute__((always_inline)) void rs_wrap_note(void *block, size_t size,
                                                               residue_entry expected, uintptr_t pc,
                                                               uintptr_t sp, uintptr_t bp)
{
    if (__builtin_expect(!expected, 0))
        rs_wrap_acquired(block, size, pc, sp, bp);
    else
        rs_ledger_enter((uintptr_t)block, size, expected);
}

/* The value of `call`, the real function of a wrapper that may be the outer layer of others. */
#define RS_AS_OUTER(call)                                                                          \
    __extension__({                                                                                \
        bool inner_ = rs_is_inner(RS_CALLER_SP());                                                 \
        if (!inner_)                                                                               \
            rs_outer = RS_CALLER_SP();                                                             \
        __auto_type result_ = (call);                                                              \
        if (!inner_)                                                                               \
            rs_outer = 0;                                                                          \
        result_;                                                                                   \
    })

/* The same where `call`'s is a block of `size` bytes, or NULL: notes it under the outermost name.
 */
#define RS_ALLOCATE(size, call)                                                                    \
    __extension__({                                                                                \
        void *block_;                                                                              \
        if (rs_is_inner(RS_CALLER_SP())) {                                                         \
            block_ = (call);                                                                       \
        } else {                                                                                   \
            residue_entry expected_ = rs_block_expected(RS_CALLER);                                \
            rs_outer = RS_CALLER_SP();                                                             \
            block_ = (call);                                                                       \
            rs_outer = 0;                                                                          \
            rs_wrap_note(block_, (size), expected_, RS_CALLER);                                    \
        }                                                                                          \
        block_;                                                                                    \
    })

/* The value of `call`, which makes `block` (may be NULL) one of `size` bytes. When it is NULL and
 * `kept`, the block is as it was. */
#define RS_RESIZE(block, size, kept, call)                                                         \
    __extension__({                                                                                \
        struct rs_block was_ = {0, 0, 0};                                                          \
        void *moved_;                                                                              \
        if (rs_is_inner(RS_CALLER_SP()) || !rs_recording()) {                                      \
            moved_ = (call);                                                                       \
        } else {                                                                                   \
            struct rs_regs regs_ = RS_CALLER_REGS();                                               \
            rs_block_released((block), &was_, &regs_);                                             \
            rs_outer = regs_.sp;                                                                   \
            moved_ = (call);                                                                       \
            rs_outer = 0;                                                                          \
            if (moved_)                                                                            \
                rs_wrap_note(moved_, (size), rs_block_expected(RS_CALLER), RS_CALLER);             \
            else if (kept)                                                                         \
                rs_block_restored((block), &was_);                                                 \
        }                                                                                          \
        moved_;                                                                                    \
    })

/* Before the real release of what is no block of the shadow, or not a simple one. */
void rs_wrap_released(void *block, enum rs_forgotten known, uintptr_t pc, uintptr_t sp,
                      uintptr_t bp);

/* Before the real release. */
#define RS_RELEASED(block)                                                                         \
    do {                                                                                           \
        enum rs_forgotten known_ = rs_recording() ? rs_block_forgotten(block) : RS_FORGOTTEN;      \
        if (__builtin_expect(known_ != RS_FORGOTTEN, 0))                                           \
            rs_wrap_released((block), known_, RS_CALLER);                                          \
    } while (0)

/* A string of OLE Automation lies this far within its heap block; 0 = not known yet
 * (hooks_automation.c). While that is found out, inner layers tell of their blocks. */
extern uint32_t rs_string_offset, rs_string_learner;
void rs_string_inner_block(const void *block);

/* The same where the block may hold such a string, which goes with it. */
#define RS_RELEASED_WITH_STRING(block)                                                             \
    do {                                                                                           \
        RS_RELEASED(block);                                                                        \
        if (rs_string_offset && (block))                                                           \
            RS_RELEASED((char *)(block) + rs_string_offset);                                       \
    } while (0)

/* Releases `block` by `call`: what lower layers release on the way is part of it, or nobody's. */
#define RS_RELEASE(block, call)                                                                    \
    do {                                                                                           \
        RS_RELEASED(block);                                                                        \
        (void)RS_AS_OUTER(((call), 0));                                                            \
    } while (0)

/* Before the real release by `function`, of a `heap` with `flags` or by the block alone: true where
 * the block is kept instead. */
bool rs_wrap_kept(void *block, void *function, HANDLE heap, ULONG flags,
                  const struct rs_regs *regs);
#define RS_RELEASED_KEPT(block, function, heap, flags)                                             \
    __extension__({                                                                                \
        bool kept_ = false;                                                                        \
        if (__builtin_expect(rs_quarantine_is_on(), 0) && rs_recording()) {                        \
            struct rs_regs regs_ = RS_CALLER_REGS();                                               \
            kept_ = rs_wrap_kept((block), (void *)(uintptr_t)(function), (heap), (flags), &regs_); \
        }                                                                                          \
        kept_;                                                                                     \
    })

/* Releases `block` by `function`, which takes nothing else. */
#define RS_FREE(block, function)                                                                   \
    do {                                                                                           \
        if (!RS_RELEASED_KEPT(block, function, NULL, 0))                                           \
            RS_RELEASE(block, function(block));                                                    \
    } while (0)

#endif
