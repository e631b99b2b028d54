/*
 * Heaps: ntdll's functions, which HeapAlloc and its kin are by another name, and the making and
 * destroying of private ones.
 */
#include "shim/core/intern.h"
#include "shim/core/wrapped.h"
#include "shim/windows/wrap.h"

/* ---- blocks ---- */

static __attribute__((noinline)) void *allocate_inside(HANDLE heap, ULONG flags, SIZE_T size);

RS_WRAP(PVOID, WINAPI, RtlAllocateHeap, HANDLE heap, ULONG flags, SIZE_T size)
{
    if (rs_is_inner(RS_CALLER_SP()))
        return allocate_inside(heap, flags, size);
    residue_entry expected = rs_block_expected(RS_CALLER);
    void *block = real_RtlAllocateHeap(heap, flags, size);
    rs_wrap_note(block, size, expected, RS_CALLER);
    return block;
}

static void *allocate_inside(HANDLE heap, ULONG flags, SIZE_T size)
{
    void *block = real_RtlAllocateHeap(heap, flags, size);
    if (rs_string_learner)
        rs_string_inner_block(block);
    return block;
}

RS_WRAP(PVOID, WINAPI, RtlReAllocateHeap, HANDLE heap, ULONG flags, PVOID block, SIZE_T size)
{
    return RS_RESIZE(block, size, true, real_RtlReAllocateHeap(heap, flags, block, size));
}

RS_WRAP(BOOLEAN, WINAPI, RtlFreeHeap, HANDLE heap, ULONG flags, PVOID block)
{
    if (!rs_is_inner(RS_CALLER_SP())) {
        if (RS_RELEASED_KEPT(block, real_RtlFreeHeap, heap, flags))
            return TRUE;
        RS_RELEASED_WITH_STRING(block);
    }
    return real_RtlFreeHeap(heap, flags, block);
}

/* kernel32's own, where they are no forwarders. */

RS_WRAP(LPVOID, WINAPI, HeapAlloc, HANDLE heap, DWORD flags, SIZE_T size)
{
    return RS_ALLOCATE(size, real_HeapAlloc(heap, flags, size));
}

RS_WRAP(LPVOID, WINAPI, HeapReAlloc, HANDLE heap, DWORD flags, LPVOID block, SIZE_T size)
{
    return RS_RESIZE(block, size, true, real_HeapReAlloc(heap, flags, block, size));
}

RS_WRAP(BOOL, WINAPI, HeapFree, HANDLE heap, DWORD flags, LPVOID block)
{
    if (rs_is_inner(RS_CALLER_SP()))
        return real_HeapFree(heap, flags, block);
    if (RS_RELEASED_KEPT(block, real_HeapFree, heap, flags))
        return TRUE;
    RS_RELEASED_WITH_STRING(block);
    return RS_AS_OUTER(real_HeapFree(heap, flags, block));
}

/* ---- heaps ---- */

#define PRIVATE_HEAP(text_)                                                                        \
    {                                                                                              \
        .name = {.text = text_}, .class = RESIDUE_CLASS_PRIVATE_HEAP                               \
    }
static struct rs_wrapped create = PRIVATE_HEAP("HeapCreate");
static struct rs_wrapped destroy = PRIVATE_HEAP("HeapDestroy");

RS_WRAP(HANDLE, WINAPI, HeapCreate, DWORD flags, SIZE_T initial, SIZE_T most)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&create, &regs);
    HANDLE heap = real_HeapCreate(flags, initial, most);
    if (heap)
        rs_wrapped_acquired(&regs, RS_KIND_PRIVATE_HEAP, (uintptr_t)heap, 0);
    rs_wrapped_end(&regs);
    return heap;
}

RS_WRAP(HANDLE, WINAPI, RtlCreateHeap, ULONG flags, PVOID at, SIZE_T total, SIZE_T commit,
        PVOID lock, PVOID definition)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&create, &regs);
    HANDLE heap = real_RtlCreateHeap(flags, at, total, commit, lock, definition);
    if (heap)
        rs_wrapped_acquired(&regs, RS_KIND_PRIVATE_HEAP, (uintptr_t)heap, 0);
    rs_wrapped_end(&regs);
    return heap;
}

/* Nobody says which heap a block is of, so that acquiring one costs nothing more: a heap that goes
 * is asked what it holds. */
static void blocks_go(HANDLE heap, const struct rs_regs *regs)
{
    PROCESS_HEAP_ENTRY entry = {0};
    if (!heap || !rs_recording())
        return;
    DWORD error = GetLastError();
    while (HeapWalk(heap, &entry))
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)
            rs_block_released(entry.lpData, NULL, regs);
    SetLastError(error);
}

RS_WRAP(BOOL, WINAPI, HeapDestroy, HANDLE heap)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&destroy, &regs);
    rs_wrapped_released(&regs, RS_KIND_PRIVATE_HEAP, (uintptr_t)heap);
    blocks_go(heap, &regs);
    BOOL destroyed = RS_AS_OUTER(real_HeapDestroy(heap));
    rs_wrapped_end(&regs);
    return destroyed;
}

RS_WRAP(HANDLE, WINAPI, RtlDestroyHeap, HANDLE heap)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&destroy, &regs);
    rs_wrapped_released(&regs, RS_KIND_PRIVATE_HEAP, (uintptr_t)heap);
    if (!rs_is_inner(regs.sp))
        blocks_go(heap, &regs);
    HANDLE left = real_RtlDestroyHeap(heap);
    rs_wrapped_end(&regs);
    return left;
}

const struct rs_hook rs_hooks_heap[] = {
    RS_HOOK(HeapAlloc),
    RS_HOOK(HeapReAlloc),
    RS_HOOK(HeapFree),
    RS_HOOK(RtlAllocateHeap),
    RS_HOOK(RtlReAllocateHeap),
    RS_HOOK(RtlFreeHeap),
    RS_HOOK(HeapCreate),
    RS_HOOK(RtlCreateHeap),
    RS_HOOK(HeapDestroy),
    RS_HOOK(RtlDestroyHeap),
    RS_HOOKS_END,
};
