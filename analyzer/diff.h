/*
 * Two runs compared, call by call: what differs beyond chance. All calls and places are tested
 * together (Holm), each by the worst of its tests.
 */
#ifndef ANALYZER_DIFF_H
#define ANALYZER_DIFF_H

#include "analyzer/compare_sites.h"
#include "analyzer/text_options.h"

enum diff_kind { DIFF_SAME, DIFF_WORSE, DIFF_BETTER, DIFF_NEW, DIFF_GONE, DIFF_MOVED, DIFF_KINDS };

/* "same", "worse", "better", "new", "gone", "moved". */
const char *diff_kind_name(enum diff_kind);

struct diff_site {
    enum diff_kind kind; /* new and gone: beyond chance; else same */
    const struct compared_site *compared;
    double chance;
};

struct diff_call {
    const char *key, *name, *within;
    enum diff_kind kind; /* new, gone: the call itself was made on one side only, and leaks there */
    struct compared_call compared;
    double chance;
    struct diff_site *site; /* most changed first */
};

struct diff_finding {
    enum diff_kind kind;
    const struct figures_finding *before, *after; /* NULL where there is none */
};

struct diff {
    const struct figures *before, *after;
    double level;           /* the chance of any false difference */
    struct diff_call *call; /* those that differ first, most bytes changed first */
    size_t count, different;
    struct diff_finding *finding;
    size_t finding_count;
};

/* The first three fields are set; freed by diff_free, which leaves those. */
void diff_judge(struct diff *);
void diff_free(struct diff *);

/* Write it; errors stay in `out` (ferror). `look`: text_options.h. */
void diff_text(const struct diff *, bool all, const struct text_look *look, FILE *out);
void diff_json(const struct diff *, FILE *out);

#endif
