/* The places where a call leaks, before and after: which are the same, which only moved, and by how
 * much each differs. For the gate and for `residue diff`. */
#ifndef ANALYZER_COMPARE_SITES_H
#define ANALYZER_COMPARE_SITES_H

#include "analyzer/figures.h"

enum compared_as {
    COMPARED_BOTH,  /* the same place, before and after */
    COMPARED_MOVED, /* what was left at one place is now left at another, as much of it */
    COMPARED_NEW,
    COMPARED_GONE,
};

/* A place that leaks, before or after. */
struct compared_site {
    enum compared_as as;
    const struct figures_site *before, *after; /* NULL where there is none */
    struct difference bytes, things;
    bool sizes_differ;  /* each time things of one size, but of another size now */
    double size_change; /* bytes, then */
};

struct compared_call {
    const struct figures_call *before, *after; /* NULL: the call was not made */
    struct difference bytes;                   /* of all that count */
    struct estimate bytes_before, bytes_after;
    struct compared_site *site;
    size_t count;
};

/* Either call may be NULL. Sites that are left out (NULL: none) are none of it. A site moved if the
 * chance of a difference is above `level`. The caller frees it with compare_free. */
struct compared_call compare_calls(const struct figures_call *before, const bool *before_left_out,
                                   const struct figures_call *after, const bool *after_left_out,
                                   double level);
void compare_free(struct compared_call *);

/* Whether a site leaks, or is called none by chance perhaps: one that was there before is compared
 * by what it leaves all the same, and of one that was not a verdict that is wrong once in a hundred
 * runs is not believed. */
bool compare_leaks(const struct figures_site *);

/* The chance that a site only seems to differ: of its things, its bytes and their size together. 0
 * where an exact figure differs. */
double compare_chance(const struct compared_site *);

#endif
