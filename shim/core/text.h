/* Texts, where libc's functions can't be used. */
#ifndef SHIM_CORE_TEXT_H
#define SHIM_CORE_TEXT_H

#include <stddef.h>

static inline size_t rs_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

#endif
