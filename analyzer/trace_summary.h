/* A checkpoint's summary of a site, as small as it is: of most sites few buckets are filled, and a
 * trace may have hundreds of thousands of summaries. */
#ifndef ANALYZER_TRACE_SUMMARY_H
#define ANALYZER_TRACE_SUMMARY_H

#include <residue/trace.h>
#include <stddef.h>

struct trace_summary {
    uint32_t checkpoint; /* its identity in the file */
    uint32_t site;
    uint32_t calls, bucket_width;
    uint64_t survivors, bytes;
    uint32_t first_ordinal, last_ordinal;
    uint32_t filled; /* bit i: bucket i is in the columns */
    uint32_t wide;
    /* Of the buckets that are filled, in order: their bytes, then their survivors. 32 and 16 bits
     * of each; if wide 64 and 32. */
    uint64_t columns[];
};

/* How many bytes the summary takes, and the same packed into so many at `to` (aligned for 64 bits).
 */
size_t trace_summary_size(const struct residue_summary *);
void trace_summary_pack(const struct residue_summary *, struct trace_summary *to);

/* As it was, without the record's header. */
void trace_summary_unpack(const struct trace_summary *, struct residue_summary *to);

#endif
