/*
 * Limits: what a call may leave behind. A file of lines
 *
 *     GLOB  [bytes=N] [things=N] [verdicts=NAME,...] [findings=GLOB,...]
 *     default  ...                                                          # of all other calls
 *
 *   GLOB      of the call's name; or, with " > " in it and in quotes, of the calls around it too
 *   bytes     that each call may leave, on average: a number with an optional K, M, G (of 1024)
 *   things    (blocks, critical sections, references ...) that each call may leave
 *   verdicts  that are good, by their names in a report ("none" = none but clean). Not given: all
 *             where bytes or things are limited, else all but leak and growing
 *   findings  of the call that are good, by their kinds ("none" = none, which is the default)
 *
 * The first line that matches a call counts. For calls of no line nothing may leak. The line for
 * what happens in no call is "outside": its findings. # begins a comment.
 */
#ifndef ANALYZER_CHECK_LIMITS_H
#define ANALYZER_CHECK_LIMITS_H

#include "analyzer/figures.h"

struct check_limit {
    char *glob; /* NULL = default */
    bool has_bytes, has_things, has_verdicts;
    double bytes, things; /* per call */
    unsigned verdicts;    /* bit 1 << verdict_kind: good */
    char *findings;       /* globs separated by commas; NULL = none */
    unsigned line;
};

struct check_limits {
    struct check_limit *limit;
    size_t count;
};

/* False with one line in `problem`. Freed by check_limits_free in either case. */
bool check_limits_read(struct check_limits *, const char *file, char *problem, size_t problem_size);
void check_limits_free(struct check_limits *);

/* The limit of a call by its name and key (NULL: outside). Never NULL. */
const struct check_limit *check_limit_of(const struct check_limits *, const char *name,
                                         const char *key);

bool check_limit_allows_verdict(const struct check_limit *, enum verdict_kind);
bool check_limit_allows_finding(const struct check_limit *, const char *kind);

#endif
