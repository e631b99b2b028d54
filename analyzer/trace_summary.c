#include "analyzer/trace_summary.h"
#include <stdbool.h>

_Static_assert(RESIDUE_BUCKETS <= 32, "a bit for each bucket");

static bool filled(const struct residue_summary *summary, unsigned bucket)
{
    return summary->bucket_survivors[bucket] || summary->bucket_bytes[bucket];
}

static bool wide(const struct residue_summary *summary)
{
    for (unsigned i = 0; i < RESIDUE_BUCKETS; i++)
        if (summary->bucket_survivors[i] > UINT16_MAX || summary->bucket_bytes[i] > UINT32_MAX)
            return true;
    return false;
}

size_t trace_summary_size(const struct residue_summary *summary)
{
    size_t count = 0;
    for (unsigned i = 0; i < RESIDUE_BUCKETS; i++)
        count += filled(summary, i);
    size_t columns = count * (wide(summary) ? sizeof(uint64_t) + sizeof(uint32_t)
                                            : sizeof(uint32_t) + sizeof(uint16_t));
    return sizeof(struct trace_summary) + ((columns + 7) & ~(size_t)7);
}

void trace_summary_pack(const struct residue_summary *from, struct trace_summary *to)
{
    *to = (struct trace_summary){.checkpoint = from->checkpoint,
                                 .site = from->site,
                                 .calls = from->calls,
                                 .bucket_width = from->bucket_width,
                                 .survivors = from->survivors,
                                 .bytes = from->bytes,
                                 .first_ordinal = from->first_ordinal,
                                 .last_ordinal = from->last_ordinal,
                                 .wide = wide(from)};
    for (unsigned i = 0; i < RESIDUE_BUCKETS; i++)
        to->filled |= (uint32_t)filled(from, i) << i;
    unsigned count = (unsigned)__builtin_popcount(to->filled), at = 0;
    uint64_t *long_bytes = to->columns;
    uint32_t *bytes = (void *)to->columns, *long_survivors = (void *)(long_bytes + count);
    uint16_t *survivors = (void *)(bytes + count);
    for (unsigned i = 0; i < RESIDUE_BUCKETS; i++) {
        if (!(to->filled >> i & 1))
            continue;
        if (to->wide) {
            long_bytes[at] = from->bucket_bytes[i];
            long_survivors[at++] = from->bucket_survivors[i];
        } else {
            bytes[at] = (uint32_t)from->bucket_bytes[i];
            survivors[at++] = (uint16_t)from->bucket_survivors[i];
        }
    }
}

void trace_summary_unpack(const struct trace_summary *from, struct residue_summary *to)
{
    *to = (struct residue_summary){.checkpoint = from->checkpoint,
                                   .site = from->site,
                                   .calls = from->calls,
                                   .bucket_width = from->bucket_width,
                                   .survivors = from->survivors,
                                   .bytes = from->bytes,
                                   .first_ordinal = from->first_ordinal,
                                   .last_ordinal = from->last_ordinal};
    unsigned count = (unsigned)__builtin_popcount(from->filled), at = 0;
    const uint64_t *long_bytes = from->columns;
    const uint32_t *bytes = (const void *)from->columns,
                   *long_survivors = (const void *)(long_bytes + count);
    const uint16_t *survivors = (const void *)(bytes + count);
    for (unsigned i = 0; i < RESIDUE_BUCKETS; i++) {
        if (!(from->filled >> i & 1))
            continue;
        to->bucket_bytes[i] = from->wide ? long_bytes[at] : bytes[at];
        to->bucket_survivors[i] = from->wide ? long_survivors[at] : survivors[at];
        at++;
    }
}
