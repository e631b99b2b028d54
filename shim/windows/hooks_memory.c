/* Local, Global and virtual memory: what kernel32 hands out on top of heaps and pages. */
#include "shim/core/resources.h"
#include "shim/windows/wrap.h"

/* ---- Local and Global: a handle is a block's address, or stands for a block that moves ---- */

/* Changes what the block may do, and no size. */
enum { MODIFY = LMEM_MODIFY };
_Static_assert(MODIFY == GMEM_MODIFY, "the two families are one");

#define MOVABLE_FAMILY(family)                                                                     \
    RS_WRAP(HANDLE, WINAPI, family##Alloc, UINT flags, SIZE_T size)                                \
    {                                                                                              \
        return RS_ALLOCATE(size, real_##family##Alloc(flags, size));                               \
    }                                                                                              \
                                                                                                   \
    RS_WRAP(HANDLE, WINAPI, family##ReAlloc, HANDLE handle, SIZE_T size, UINT flags)               \
    {                                                                                              \
        if (flags & MODIFY)                                                                        \
            return real_##family##ReAlloc(handle, size, flags);                                    \
        return RS_RESIZE(handle, size, true, real_##family##ReAlloc(handle, size, flags));         \
    }                                                                                              \
                                                                                                   \
    RS_WRAP(HANDLE, WINAPI, family##Free, HANDLE handle)                                           \
    {                                                                                              \
        RS_RELEASED(handle);                                                                       \
        return RS_AS_OUTER(real_##family##Free(handle));                                           \
    }

MOVABLE_FAMILY(Local)
MOVABLE_FAMILY(Global)

/* ---- pages ---- */

/* From `memory` to the end of what was reserved with it. */
static size_t region_size(const void *memory)
{
    MEMORY_BASIC_INFORMATION about;
    uintptr_t at = (uintptr_t)memory;
    const void *allocation = NULL;
    while (NT_SUCCESS(NtQueryVirtualMemory(RS_THIS_PROCESS, (const void *)at, 0, &about,
                                           sizeof about, NULL)) &&
           about.State != MEM_FREE && (!allocation || about.AllocationBase == allocation)) {
        allocation = about.AllocationBase;
        at = (uintptr_t)about.BaseAddress + about.RegionSize;
    }
    return at - (uintptr_t)memory;
}

/* Committing what was reserved before acquires nothing new. */
static void pages_acquired(void *memory, const void *asked, DWORD type, const struct rs_regs *regs)
{
    if (memory && rs_recording() && (!asked || (type & MEM_RESERVE)))
        rs_mapping_acquired(memory, region_size(memory), regs);
}

static bool is_ours(HANDLE process)
{
    return process == RS_THIS_PROCESS ||
           (process && GetProcessId(process) == GetCurrentProcessId());
}

RS_WRAP(LPVOID, WINAPI, VirtualAlloc, LPVOID at, SIZE_T size, DWORD type, DWORD protection)
{
    struct rs_regs regs = RS_CALLER_REGS();
    void *memory = real_VirtualAlloc(at, size, type, protection);
    pages_acquired(memory, at, type, &regs);
    return memory;
}

RS_WRAP(LPVOID, WINAPI, VirtualAllocEx, HANDLE process, LPVOID at, SIZE_T size, DWORD type,
        DWORD protection)
{
    struct rs_regs regs = RS_CALLER_REGS();
    void *memory = real_VirtualAllocEx(process, at, size, type, protection);
    if (is_ours(process))
        pages_acquired(memory, at, type, &regs);
    return memory;
}

RS_WRAP(BOOL, WINAPI, VirtualFree, LPVOID memory, SIZE_T size, DWORD type)
{
    struct rs_regs regs = RS_CALLER_REGS();
    bool all = rs_recording() && (type & MEM_RELEASE);
    uint64_t before = rs_resources_now();
    size_t bytes = all ? region_size(memory) : 0;
    BOOL done = real_VirtualFree(memory, size, type);
    if (done && all)
        rs_mapping_released(memory, bytes, before, &regs);
    return done;
}

RS_WRAP(BOOL, WINAPI, VirtualFreeEx, HANDLE process, LPVOID memory, SIZE_T size, DWORD type)
{
    struct rs_regs regs = RS_CALLER_REGS();
    bool all = rs_recording() && (type & MEM_RELEASE) && is_ours(process);
    uint64_t before = rs_resources_now();
    size_t bytes = all ? region_size(memory) : 0;
    BOOL done = real_VirtualFreeEx(process, memory, size, type);
    if (done && all)
        rs_mapping_released(memory, bytes, before, &regs);
    return done;
}

const struct rs_hook rs_hooks_memory[] = {
    RS_HOOK(LocalAlloc),    RS_HOOK(LocalReAlloc),  RS_HOOK(LocalFree),    RS_HOOK(GlobalAlloc),
    RS_HOOK(GlobalReAlloc), RS_HOOK(GlobalFree),    RS_HOOK(VirtualAlloc), RS_HOOK(VirtualAllocEx),
    RS_HOOK(VirtualFree),   RS_HOOK(VirtualFreeEx), RS_HOOKS_END,
};
