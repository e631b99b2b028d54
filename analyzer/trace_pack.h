/* How far a PACKED chunk may unpack: what the reader accepts and the writer keeps to. A few
 * kilobytes of zstd can hold gigabytes of zeros; a trace's own records shrink by 3 to 30. */
#ifndef ANALYZER_TRACE_PACK_H
#define ANALYZER_TRACE_PACK_H

#include <stdint.h>

#define TRACE_UNPACKED_BASE  ((uint64_t)16 << 20) /* bytes that any trace may unpack to */
#define TRACE_UNPACKED_RATIO 64u                  /* and so many more for each packed byte */

/* Bytes that all chunks so far may unpack to, of `packed` bytes in all. */
static inline uint64_t trace_unpacked_limit(uint64_t packed)
{
    return TRACE_UNPACKED_BASE + packed * TRACE_UNPACKED_RATIO;
}

#endif
