/* Reading a module's tables, which may be damaged. */
#ifndef SHIM_CORE_READER_H
#define SHIM_CORE_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "shim/core/bytes.h"

/* Bytes of unwind information, read in order. What lies behind `end` reads as 0, and is remembered:
 * a module's tables may be damaged, and the client must not be. */
struct rs_reader {
    const uint8_t *at, *end;
    bool over;
};

static inline struct rs_reader rs_reader(const void *at, const void *end)
{
    return (struct rs_reader){at, end, false};
}

/* `count` bytes, which the reader moves past; NULL if there are not as many. */
static inline const uint8_t *rs_read_bytes(struct rs_reader *reader, uint64_t count)
{
    const uint8_t *bytes = reader->at;
    if (reader->over || count > (uint64_t)(reader->end - bytes)) {
        reader->over = true;
        reader->at = reader->end;
        return NULL;
    }
    reader->at += count;
    return bytes;
}

/* A number of `size` bytes, at most 8. */
static inline uint64_t rs_read_number(struct rs_reader *reader, unsigned size)
{
    uint64_t value = 0;
    const uint8_t *bytes = rs_read_bytes(reader, size);
    if (bytes)
        rs_copy(&value, bytes, size);
    return value;
}

#define RS_READ(reader, type) ((type)rs_read_number((reader), sizeof(type)))

#endif
