#include "analyzer/symbols_ranges.h"
#include "analyzer/array.h"

#include <stdlib.h>

/* Far more than the largest program has functions. */
enum { most_ranges = 1 << 24 };

bool ranges_add(struct ranges *ranges, uint64_t start, uint64_t end, uint32_t what, uint32_t rank)
{
    if (start >= end)
        return true;
    struct range *items =
        ranges->count == most_ranges
            ? NULL
            : array_grow(ranges->items, sizeof *items, ranges->count, &ranges->room, 1);
    if (!items)
        return false;
    ranges->items = items;
    ranges->items[ranges->count++] = (struct range){start, end, what, rank};
    return true;
}

/* The innermost of nested ranges, and the best of equal ones, comes last. */
static int compare(const void *left, const void *right)
{
    const struct range *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->what > b->what) - (a->what < b->what);
}

bool ranges_sort(struct ranges *ranges)
{
    if (!ranges->count)
        return true;
    qsort(ranges->items, ranges->count, sizeof *ranges->items, compare);
    ranges->around = calloc(ranges->count, sizeof *ranges->around);
    if (!ranges->around) {
        ranges->count = 0;
        return false;
    }
    for (size_t i = 1; i < ranges->count; i++) {
        uint32_t outer = (uint32_t)i; /* the one before */
        while (outer && ranges->items[outer - 1].end <= ranges->items[i].start)
            outer = ranges->around[outer - 1];
        ranges->around[i] = outer;
    }
    return true;
}

const struct range *ranges_find(const struct ranges *ranges, uint64_t address)
{
    size_t low = 0, high = ranges->count;
    while (low < high) { /* the first that starts beyond the address */
        size_t middle = low + (high - low) / 2;
        if (ranges->items[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    while (low && ranges->items[low - 1].end <= address)
        low = ranges->around[low - 1];
    return low ? &ranges->items[low - 1] : NULL;
}

void ranges_free(struct ranges *ranges)
{
    free(ranges->items);
    free(ranges->around);
    *ranges = (struct ranges){0};
}
