/* Copying and comparing bytes without libc, whose versions use vector registers. */
#ifndef SHIM_CORE_BYTES_H
#define SHIM_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

static inline void rs_copy(void *to, const void *from, size_t size)
{
    if (size) /* nothing may be copied from nowhere: a table's first, empty array */
        __builtin_memcpy(to, from, size);
}

static inline void rs_zero(void *to, size_t size)
{
    __builtin_memset(to, 0, size);
}

static inline bool rs_equal(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (; size; size--, x++, y++)
        if (*x != *y)
            return false;
    return true;
}

#endif
