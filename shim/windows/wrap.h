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

void rs_wrap_acquired(void *block, size_t size, uintptr_t pc, uintptr_t sp, uintptr_t bp);

/* The value of `call`, the real function of a wrapper that is the outer layer of others. */
#define RS_AS_OUTER(call)                                                                          \
    __extension__({                                                                                \
        uintptr_t outer_ = rs_outer;                                                               \
        if (outer_ <= RS_CALLER_SP())                                                              \
            rs_outer = RS_CALLER_SP();                                                             \
        __auto_type result_ = (call);                                                              \
        rs_outer = outer_ > RS_CALLER_SP() ? outer_ : 0;                                           \
        result_;                                                                                   \
    })

#define RS_ACQUIRED(block, size)                                                                   \
    do {                                                                                           \
        if ((block) && rs_recording() && !rs_is_inner(RS_CALLER_SP()) &&                           \
            !rs_block_noted((block), (size), RS_CALLER_PC(), RS_CALLER_SP(), RS_CALLER_BP()))      \
            rs_wrap_acquired((block), (size), RS_CALLER_PC(), RS_CALLER_SP(), RS_CALLER_BP());     \
    } while (0)

/* A string of OLE Automation lies this far within its heap block; 0 = not known yet
 * (hooks_automation.c). */
extern uint32_t rs_string_offset;
void rs_string_inner_block(const void *block);

/* Before the real release. */
#define RS_RELEASED(block)                                                                         \
    do {                                                                                           \
        if (rs_recording() && rs_block_forgotten(block) == RS_NOT_SIMPLE) {                        \
            struct rs_regs regs_ = RS_CALLER_REGS();                                               \
            rs_block_released((block), NULL, &regs_);                                              \
        }                                                                                          \
    } while (0)

/* The value of `call`, which makes `block` (may be NULL) one of `size` bytes. When it is NULL and
 * `kept`, the block is as it was. */
#define RS_RESIZED(block, size, kept, call)                                                        \
    __extension__({                                                                                \
        struct rs_block was_ = {0, 0, 0};                                                          \
        struct rs_regs regs_ = RS_CALLER_REGS();                                                   \
        if (rs_recording())                                                                        \
            rs_block_released((block), &was_, &regs_);                                             \
        void *moved_ = (call);                                                                     \
        if (moved_)                                                                                \
            RS_ACQUIRED(moved_, (size));                                                           \
        else if (rs_recording() && (kept))                                                         \
            rs_block_restored((block), &was_);                                                     \
        moved_;                                                                                    \
    })

#endif
