/* COM's memory. What the system's own code releases, it releases as the heap block it is. */
#include "shim/windows/wrap.h"

RS_WRAP(LPVOID, WINAPI, CoTaskMemAlloc, SIZE_T size)
{
    return RS_ALLOCATE(size, real_CoTaskMemAlloc(size));
}

/* Size 0 frees it. */
RS_WRAP(LPVOID, WINAPI, CoTaskMemRealloc, LPVOID block, SIZE_T size)
{
    return RS_RESIZE(block, size, size, real_CoTaskMemRealloc(block, size));
}

RS_WRAP(void, WINAPI, CoTaskMemFree, LPVOID block)
{
    RS_RELEASED_WITH_STRING(block);
    RS_RELEASE(NULL, real_CoTaskMemFree(block));
}

const struct rs_hook rs_hooks_com[] = {
    RS_HOOK(CoTaskMemAlloc),
    RS_HOOK(CoTaskMemRealloc),
    RS_HOOK(CoTaskMemFree),
    RS_HOOKS_END,
};
