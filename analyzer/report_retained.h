/* What calls retained as they went on, from the checkpoints, and which of them still have
 * survivors: what plots are drawn from. */
#ifndef ANALYZER_REPORT_RETAINED_H
#define ANALYZER_REPORT_RETAINED_H

#include "analyzer/report.h"

/* What was live of a call path's sites at one moment: of those the report lists, and of those of
 * them that leak or grow. */
struct retained_point {
    uint32_t checkpoint; /* index in trace.checkpoints; of the end, how many there are */
    uint64_t calls;      /* begun by then */
    uint64_t bytes, things, leaking_bytes, leaking_things;
};

enum { RETAINED_BUCKETS = 64 };

/* Survivors by the ordinal of the call that left them: bucket i is of ordinals
 * (i * width, (i + 1) * width]. */
struct retained_ordinals {
    uint64_t width;
    uint32_t count;
    bool before_teardown; /* not of the end: what a teardown freed */
    uint64_t survivors[RETAINED_BUCKETS];
};

/* The caller frees it with retained_free. Never NULL: without memory the process ends. */
struct retained *retained_of(const struct report *);
void retained_free(struct retained *);

/* The points of a call path, in order of time, and its end as the last; sets `*count`. */
const struct retained_point *retained_points(const struct retained *, uint32_t path, size_t *count);

struct retained_ordinals retained_ordinals(const struct retained *, const struct analysis_site *);

#endif
