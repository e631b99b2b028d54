/* Sorted address ranges that may lie within one another, and the innermost around an address. */
#ifndef ANALYZER_SYMBOLS_RANGES_H
#define ANALYZER_SYMBOLS_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t start, end; /* end is the first address beyond */
    uint32_t what;       /* the caller's: an index of its own */
    uint32_t rank;       /* of ranges that are equal the highest rank wins */
};

struct ranges {
    struct range *items;
    uint32_t *around; /* of each: one more than the index of the nearest that may go on longer */
    size_t count, room;
};

/* Adds a range; empty ones are passed over. False when there is no more memory, or no sense in
 * more: damaged files claim any number of ranges. */
bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t end, uint32_t what, uint32_t rank);

/* To be called once, after the last ranges_add and before ranges_find. */
bool ranges_sort(struct ranges *ranges);

/* NULL if no range has this address. */
const struct range *ranges_find(const struct ranges *ranges, uint64_t address);

void ranges_free(struct ranges *ranges);

#endif
