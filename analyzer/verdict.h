/*
 * The verdict on a site: from which calls still have survivors, whether it leaks and how much.
 *
 * All of it is computed from the arguments: no I/O, no state, the same answer each time, safe to
 * call from any thread.
 *
 * A leak is told from a cache by *which ordinals* have survivors. What leaks is left behind as
 * often late in the run as early, and stays; what a cache keeps is from its warm-up, or is evicted
 * (checkpoints saw survivors that are gone at the end), or becomes rarer as the keys run out.
 */
#ifndef ANALYZER_VERDICT_H
#define ANALYZER_VERDICT_H

#include "analyzer/statistics.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict_kind {
    VERDICT_CLEAN,         /* nothing is left */
    VERDICT_LEAK,          /* survivors spread over the run, after warm-up and before the tail */
    VERDICT_WARMING,       /* of the first calls only, or ever rarer: something fills */
    VERDICT_IN_FLIGHT,     /* of the last calls only: not released yet */
    VERDICT_ONE_OFF,       /* a call or two left something, once */
    VERDICT_BOUNDED,       /* a cache: new survivors replace old ones */
    VERDICT_GROWING,       /* few blocks whose size rises with the calls: a container */
    VERDICT_TOO_FEW_CALLS, /* no verdict; the rate is what was observed */
    VERDICT_KINDS
};

/* "leak", "clean", "warming", "in-flight", "one-off", "bounded", "growing", "too-few-calls". */
const char *verdict_name(enum verdict_kind);

/* Whether every so many calls leave something: leak or growing. */
bool verdict_leaks(enum verdict_kind);

/* How much a verdict matters, for sorting and for a call that has several sites: leak most, then
 * growing, too few calls, warming, in flight, one-off, bounded, clean. */
int verdict_rank(enum verdict_kind);

/* With fewer calls than the first, nothing is called a leak: a cache of 256 entries that is not
 * full yet looks exactly like one. With fewer than the second, only what every call leaves, or
 * every n-th, is a leak: what some calls leave may be a cache that fills. Both are measured in
 * tests/unit/test_verdict_simulation.c. */
enum { VERDICT_MIN_CALLS = 300, VERDICT_MIN_CALLS_IRREGULAR = 1000 };

/* The same for survivors that nobody can release any more: no cache is among them, only what
 * happens in the first calls alone must be told from a leak. */
enum { VERDICT_MIN_CALLS_DEAD = 100, VERDICT_MIN_CALLS_DEAD_IRREGULAR = 300 };

/* What one call left behind and is still there. */
struct verdict_point {
    uint32_t ordinal; /* from 1 */
    uint32_t things;
    uint64_t bytes; /* of all of them; 0 for things without a size */
};

/* A summary of the site, taken when its call path had begun `calls` calls. Bucket i covers ordinals
 * [i * bucket_width + 1, (i + 1) * bucket_width]. */
struct verdict_checkpoint {
    uint32_t calls;
    uint64_t survivors, bytes;
    uint32_t bucket_width; /* 0 = no buckets */
    uint32_t bucket_count; /* up to 64 */
    const uint32_t *bucket_survivors;
    const uint64_t *bucket_bytes;
    bool teardown; /* taken just before a call that tears things down (a logoff, a shutdown) */
};

/* Everything is the caller's and is only read. */
struct verdict_evidence {
    uint32_t calls;   /* the path's calls over the whole run */
    uint32_t threads; /* that made calls, when known; else 0 */
    /* Survivors at the end, sorted by ordinal; several points of one ordinal are as good as one.
     * More than should be in memory at a time come in pieces instead: piece(pieces, true, &points)
     * gives the first and its length, with false the next, with length 0 the end; several times
     * over. One ordinal's points are in one piece. */
    const struct verdict_point *points;
    size_t point_count;
    size_t (*piece)(void *pieces, bool first, const struct verdict_point **);
    void *pieces;
    /* In order of time. Checkpoints at which the site had no survivor may be left out. */
    const struct verdict_checkpoint *checkpoints;
    size_t checkpoint_count;
    bool dead; /* nobody can release the survivors any more, nor those of earlier calls */
};

struct verdict {
    enum verdict_kind kind;
    /* Rates: of leak and growing what each call leaves, of all else what was observed: survivors at
     * the end over all calls. */
    double per_call, things95[2];   /* things */
    double bytes_per_call, ci95[2]; /* bytes */
    bool exact;           /* every call of the window left the same: interval of width 0 */
    bool perhaps_leak;    /* is none, but of a hundred leaks one or two look so by chance */
    bool from_checkpoint; /* seen just before a teardown that freed it */
    enum growth growth;   /* of live bytes, or of things when they have none */
    uint32_t first, last; /* ordinals of the window: after warm-up, before the tail */
    uint64_t which_calls; /* a hash of the ordinals that leaked, for verdict_combine */
};

/* The verdict on one site. */
void verdict_of_site(const struct verdict_evidence *, struct verdict *out);

/* The sum of `count` sites of one call: rates and intervals are of the sites that leak or grow, the
 * kind is the one of highest rank (clean for none), exact if each summed one is. Sites that leaked
 * in the same calls vary together, so their intervals add up; of others, the squares. */
struct verdict verdict_combine(const struct verdict *, size_t count);

#endif
