#include "shim/windows/wrap.h"

__attribute__((noinline)) void rs_wrap_acquired(void *block, size_t size, uintptr_t pc,
                                                uintptr_t sp, uintptr_t bp)
{
    if (block && rs_recording())
        rs_block_acquired(block, size, &(struct rs_regs){.pc = pc, .sp = sp, .bp = bp});
}

__attribute__((noinline)) void rs_wrap_released(void *block, enum rs_forgotten known, uintptr_t pc,
                                                uintptr_t sp, uintptr_t bp)
{
    struct rs_regs regs = {.pc = pc, .sp = sp, .bp = bp};
    if (known == RS_NOT_SIMPLE)
        rs_block_released(block, NULL, &regs);
    rs_block_stray(block, &regs);
}
