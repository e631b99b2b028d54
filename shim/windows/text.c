#include "shim/windows/text.h"

#include <stdint.h>

/* The character at text[*at], which moves on. */
static uint32_t next(const wchar_t *text, size_t units, size_t *at)
{
    enum { REPLACEMENT = 0xfffd };
    uint32_t unit = (uint16_t)text[(*at)++];
    if (unit < 0xd800 || unit >= 0xe000)
        return unit;
    uint32_t low = *at < units ? (uint16_t)text[*at] : 0;
    if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
        return REPLACEMENT;
    (*at)++;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static size_t put(uint32_t character, char *to)
{
    size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | character >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (character >> 6 * (more - i) & 0x3f));
    return more + 1;
}

size_t rs_utf8(const wchar_t *from, size_t units, char *to)
{
    size_t length = 0;
    for (size_t at = 0; at < units;)
        length += put(next(from, units, &at), to + length);
    return length;
}

bool rs_is_named(const wchar_t *text, size_t units, const char *name)
{
    for (size_t i = 0; i < units; i++) {
        unsigned unit = (uint16_t)text[i];
        if (unit >= 'A' && unit <= 'Z')
            unit += 'a' - 'A';
        if (name[i] == '*')
            return true;
        if (unit != (unsigned char)name[i])
            return false;
    }
    return !name[units] || name[units] == '*';
}
