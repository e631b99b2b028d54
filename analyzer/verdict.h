/*
 * The verdict on one site: does every so many calls leave something behind, or is it a cache that
 * fills, a call in flight, a container? Decided from which ordinals still have survivors, because a
 * cache keeps the first or the last calls' and a leak keeps some of all. Pure functions.
 */
#ifndef ANALYZER_VERDICT_H
#define ANALYZER_VERDICT_H

#include "analyzer/trace.h"

enum verdict_kind {
    VERDICT_LEAK,
    VERDICT_CLEAN,
    VERDICT_WARMING,
    VERDICT_IN_FLIGHT,
    VERDICT_ONE_OFF,
    VERDICT_BOUNDED,
    VERDICT_GROWING,
    VERDICT_TOO_FEW_CALLS,
    VERDICT_KINDS
};

/* Fewer calls can't tell a slowly filling cache from a leak (measured by simulation). */
enum { VERDICT_LEAST_CALLS = 128 };

struct verdict {
    enum verdict_kind kind;
    double per_call, bytes_per_call;
    double ci95[2];       /* of bytes_per_call */
    bool exact;           /* every call, but for warm-up and tail, left the same */
    bool from_checkpoint; /* seen before a teardown call freed it */
};

/* A summary of the site at one checkpoint, oldest first. */
struct verdict_checkpoint {
    const struct residue_summary *summary;
    bool teardown; /* taken just before a call that tears down */
};

struct verdict_evidence {
    uint32_t calls;                         /* of the site's path, in the whole run */
    const struct trace_survivor *survivors; /* at the end, by ordinal */
    size_t survivor_count;
    const struct verdict_checkpoint *checkpoints;
    size_t checkpoint_count;
};

struct verdict verdict_of_site(const struct verdict_evidence *);

/* The sum of several sites' verdicts of one path: rates add up, the interval of independent sites.
 */
struct verdict verdict_combine(const struct verdict *, size_t count);

#endif
