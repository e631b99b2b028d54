/*
 * A C run-time's malloc family and C++ operators. Compiled once for each of RS_RUNTIMES, as
 * rs_hooks_runtime_RUNTIME.
 */
#include "shim/windows/wrap.h"

RS_WRAP(void *, __cdecl, malloc, size_t size)
{
    return RS_ALLOCATE(size, real_malloc(size));
}

RS_WRAP(void *, __cdecl, calloc, size_t count, size_t size)
{
    return RS_ALLOCATE(count * size, real_calloc(count, size));
}

/* Size 0 frees it. */
RS_WRAP(void *, __cdecl, realloc, void *block, size_t size)
{
    return RS_RESIZE(block, size, size, real_realloc(block, size));
}

RS_WRAP(void *, __cdecl, _recalloc, void *block, size_t count, size_t size)
{
    return RS_RESIZE(block, count * size, count && size, real__recalloc(block, count, size));
}

RS_WRAP(void, __cdecl, free, void *block)
{
    RS_FREE(block, real_free);
}

/* ---- ucrtbase's own layer below them, which a statically linked part may use ---- */

RS_WRAP(void *, __cdecl, _malloc_base, size_t size)
{
    return RS_ALLOCATE(size, real__malloc_base(size));
}

RS_WRAP(void *, __cdecl, _calloc_base, size_t count, size_t size)
{
    return RS_ALLOCATE(count * size, real__calloc_base(count, size));
}

RS_WRAP(void *, __cdecl, _realloc_base, void *block, size_t size)
{
    return RS_RESIZE(block, size, size, real__realloc_base(block, size));
}

RS_WRAP(void, __cdecl, _free_base, void *block)
{
    RS_FREE(block, real__free_base);
}

/* ---- aligned: a place inside a larger block ---- */

RS_WRAP(void *, __cdecl, _aligned_malloc, size_t size, size_t alignment)
{
    return RS_ALLOCATE(size, real__aligned_malloc(size, alignment));
}

RS_WRAP(void *, __cdecl, _aligned_offset_malloc, size_t size, size_t alignment, size_t offset)
{
    return RS_ALLOCATE(size, real__aligned_offset_malloc(size, alignment, offset));
}

RS_WRAP(void *, __cdecl, _aligned_realloc, void *block, size_t size, size_t alignment)
{
    return RS_RESIZE(block, size, size, real__aligned_realloc(block, size, alignment));
}

RS_WRAP(void *, __cdecl, _aligned_recalloc, void *block, size_t count, size_t size,
        size_t alignment)
{
    return RS_RESIZE(block, count * size, count && size,
                     real__aligned_recalloc(block, count, size, alignment));
}

RS_WRAP(void *, __cdecl, _aligned_offset_realloc, void *block, size_t size, size_t alignment,
        size_t offset)
{
    return RS_RESIZE(block, size, size,
                     real__aligned_offset_realloc(block, size, alignment, offset));
}

RS_WRAP(void, __cdecl, _aligned_free, void *block)
{
    RS_RELEASE(block, real__aligned_free(block));
}

/* ---- C++ ---- */

RS_WRAP(void *, __cdecl, operator_new, size_t size)
{
    return RS_ALLOCATE(size, real_operator_new(size));
}

RS_WRAP(void *, __cdecl, operator_new_array, size_t size)
{
    return RS_ALLOCATE(size, real_operator_new_array(size));
}

RS_WRAP(void, __cdecl, operator_delete, void *block)
{
    RS_FREE(block, real_operator_delete);
}

RS_WRAP(void, __cdecl, operator_delete_array, void *block)
{
    RS_FREE(block, real_operator_delete_array);
}

#define NAMED(name_, function)                                                                     \
    {                                                                                              \
        name_, (void *)(uintptr_t)wrap_##function, (void **)&real_##function                       \
    }
#define TABLE(number)      JOINED(rs_hooks_runtime_, number)
#define JOINED(name, last) name##last

extern const struct rs_hook TABLE(RUNTIME)[];
const struct rs_hook TABLE(RUNTIME)[] = {
    RS_HOOK(malloc),
    RS_HOOK(calloc),
    RS_HOOK(realloc),
    RS_HOOK(_recalloc),
    RS_HOOK(free),
    RS_HOOK(_malloc_base),
    RS_HOOK(_calloc_base),
    RS_HOOK(_realloc_base),
    RS_HOOK(_free_base),
    RS_HOOK(_aligned_malloc),
    RS_HOOK(_aligned_offset_malloc),
    RS_HOOK(_aligned_realloc),
    RS_HOOK(_aligned_recalloc),
    RS_HOOK(_aligned_offset_realloc),
    RS_HOOK(_aligned_free),
#ifdef _WIN64
    NAMED("??2@YAPEAX_K@Z", operator_new),
    NAMED("??_U@YAPEAX_K@Z", operator_new_array),
    NAMED("??3@YAXPEAX@Z", operator_delete),
    NAMED("??_V@YAXPEAX@Z", operator_delete_array),
#else
    NAMED("??2@YAPAXI@Z", operator_new),
    NAMED("??_U@YAPAXI@Z", operator_new_array),
    NAMED("??3@YAXPAX@Z", operator_delete),
    NAMED("??_V@YAXPAX@Z", operator_delete_array),
#endif
    RS_HOOKS_END,
};
