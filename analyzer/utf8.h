/* Decoding UTF-8 that nobody vouches for. */
#ifndef ANALYZER_UTF8_H
#define ANALYZER_UTF8_H

#include <stddef.h>
#include <stdint.h>

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

#endif
