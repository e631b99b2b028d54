/* Decoding UTF-8 that nobody vouches for. */
#ifndef ANALYZER_UTF8_H
#define ANALYZER_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The character `text` (terminated) begins with, in `character`. Returns its length in bytes, 0 for
 * anything the Unicode standard (table 3-7, well-formed byte sequences) does not allow. */
static inline size_t utf8_next(const char *text, uint32_t *character)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80                       ? 1
                    : byte[0] >= 0xc2 && byte[0] <= 0xdf ? 2
                    : (byte[0] & 0xf0) == 0xe0           ? 3
                    : byte[0] >= 0xf0 && byte[0] <= 0xf4 ? 4
                                                         : 0;
    uint32_t value = length <= 1 ? byte[0] : byte[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte[i] & 0x3f);
    }
    if ((length == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))) ||
        (length == 4 && (value < 0x10000 || value > 0x10ffff)))
        return 0;
    *character = value;
    return length;
}

/* A copy of `bytes` in which what is no UTF-8 has become U+FFFD, to be freed; NULL without memory.
 */
static inline char *utf8_copy(const char *bytes)
{
    char *copy = malloc(3 * strlen(bytes) + 1), *to = copy;
    while (copy && *bytes) {
        uint32_t character;
        size_t length = utf8_next(bytes, &character);
        memcpy(to, length ? bytes : "\xef\xbf\xbd", length ? length : 3);
        to += length ? length : 3;
        bytes += length ? length : 1;
    }
    if (copy)
        *to = 0;
    return copy;
}

#endif
