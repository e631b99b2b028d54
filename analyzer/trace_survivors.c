/* Survivors, sorted by site and ordinal. There may be millions: a radix sort, and only over the
 * bits in which they differ. */
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 11, BUCKETS = 1 << BITS };

static uint64_t key_of(const struct trace_survivor *survivor)
{
    return (uint64_t)survivor->site << 32 | survivor->ordinal;
}

/* Moves all from `from` to `to` in the order of BITS bits of the key; what is alike stays in
 * order. */
static void pass(const struct trace_survivor *from, struct trace_survivor *to, size_t count,
                 unsigned shift, size_t *place)
{
    memset(place, 0, BUCKETS * sizeof *place);
    for (size_t i = 0; i < count; i++)
        place[key_of(&from[i]) >> shift & (BUCKETS - 1)]++;
    size_t sum = 0;
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        size_t here = place[bucket];
        place[bucket] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[place[key_of(&from[i]) >> shift & (BUCKETS - 1)]++] = from[i];
}

static bool sort(struct trace_records *records)
{
    struct trace_survivor *from = records->survivors;
    size_t count = records->survivor_count;
    uint64_t differ = 0;
    bool sorted = true;
    for (size_t i = 1; i < count; i++) {
        differ |= key_of(&from[i]) ^ key_of(&from[0]);
        sorted = sorted && key_of(&from[i - 1]) <= key_of(&from[i]);
    }
    if (sorted)
        return true; /* a compact file's are */
    struct trace_survivor *to = malloc(count * sizeof *to);
    size_t *place = malloc(BUCKETS * sizeof *place);
    bool fine = to && place;
    while (fine && differ) {
        unsigned shift = (unsigned)__builtin_ctzll(differ);
        pass(from, to, count, shift, place);
        struct trace_survivor *swap = from;
        from = to;
        to = swap;
        differ = shift + BITS < 64 ? differ >> (shift + BITS) << (shift + BITS) : 0;
    }
    records->survivors = from;
    records->survivor_room = count;
    free(to);
    free(place);
    return fine;
}

bool trace_survivors_finish(struct trace_records *records, struct trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->survivor_count; i++) {
        struct trace_survivor *survivor = &records->survivors[i];
        if (survivor->site > trace->site_count || !records->site_known[survivor->site])
            continue;
        if (survivor->freed_site > trace->site_count || !survivor->freed_site)
            survivor->freed_site = survivor->freed_block_site = survivor->freed_ordinal = 0;
        if (survivor->freed_block_site > trace->site_count)
            survivor->freed_block_site = 0;
        if (kept != i)
            records->survivors[kept] = *survivor;
        kept++;
    }
    records->survivor_count = kept;
    if (!sort(records))
        return false;
    trace->survivors = records->survivors;
    trace->survivor_count = kept;
    return true;
}
