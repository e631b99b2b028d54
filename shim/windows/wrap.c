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

static void give_back(const struct rs_freeing *freeing)
{
    if (freeing->heap)
        ((BOOL(WINAPI *)(HANDLE, ULONG, void *))freeing->function)(
            (HANDLE)freeing->heap, (ULONG)freeing->flags, freeing->block);
    else
        ((void(__cdecl *)(void *))freeing->function)(freeing->block);
}

bool rs_wrap_kept(void *block, void *function, HANDLE heap, ULONG flags, const struct rs_regs *regs)
{
    struct rs_block was;
    if (!block)
        return false;
    rs_block_released(block, &was, regs);
    struct rs_freeing freeing = {.give_back = give_back,
                                 .block = block,
                                 .size = (size_t)was.size,
                                 .function = (uintptr_t)function,
                                 .heap = (uintptr_t)heap,
                                 .flags = flags};
    return rs_quarantine_keeps(&freeing, regs);
}
