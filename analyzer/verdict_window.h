/*
 * What the calls between warm-up and tail left behind, at the end of a run or at a checkpoint: what
 * verdict.c judges. Pure, as all of the verdict.
 */
#ifndef ANALYZER_VERDICT_WINDOW_H
#define ANALYZER_VERDICT_WINDOW_H

#include "analyzer/verdict.h"

enum { WINDOW_CELLS = 32, WINDOW_BUCKETS = 64 };

/* The moment at which survivors are looked at: the end of the run, or a checkpoint. */
struct moment {
    const struct verdict_evidence *evidence;
    const struct verdict_checkpoint *at; /* NULL: the end */
    uint32_t calls;
    size_t earlier; /* checkpoints before it */
    uint64_t survivors;
    double bytes;
    uint32_t first, last; /* ordinals with survivors, at the end of a run */
};

/* Values of the calls that left something. Each is kept only of buckets; of calls there may be
 * millions. */
struct sample {
    double values[WINDOW_BUCKETS], sum, squares, cubes;
    size_t count;
    bool alike;
};

/* What the calls between warm-up and tail left behind. A cell is a run of ordinals. */
struct window {
    uint32_t first, last;
    size_t cells;
    double hits[WINDOW_BUCKETS], trials[WINDOW_BUCKETS]; /* calls that left something, calls */
    uint64_t ordinals, leaking;
    struct sample things, bytes; /* by leaking call; of a checkpoint by bucket, per call */
    bool by_bucket;
    uint32_t before, gap; /* the last leaking ordinal, and how many ordinals after the one before */
    bool regular;         /* every gap the same, from first to last */
    uint64_t which_calls;
};

struct moment moment_end(const struct verdict_evidence *);

/* The last teardown of the run. False without one, and when most calls came after it. */
bool moment_teardown(const struct verdict_evidence *, struct moment *);

/* How many calls at the beginning are warm-up. */
uint32_t moment_warm_up(uint32_t calls);

/* How many calls at the end may have survivors that are released yet. */
uint32_t moment_tail(const struct moment *);

/* Survivors of ordinals up to `ordinal`; at a checkpoint, of the buckets that end there or before.
 */
uint64_t moment_survivors(const struct moment *, uint64_t ordinal);

/* Fills `window` with the calls between the first `skip` and the last `end`: with none when there
 * are no more. */
void window_look(struct window *, const struct moment *, uint32_t skip, uint32_t end);

/* Every call of the window left the same. Of buckets: the same in each, and whole things. */
bool window_exact(const struct window *);

/* Whether calls leave something as regularly as no cache does: every one, or every n-th. */
bool window_regular(const struct window *);

#endif
