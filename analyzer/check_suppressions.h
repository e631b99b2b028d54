/*
 * Suppressions: what is known, and until when it is put up with. A file of lines
 *
 *     [call=GLOB] [module=GLOB] [function=GLOB] [finding=GLOB] until=YYYY-MM-DD reason=TEXT
 *
 *   call      the call's name
 *   module    the file name of a module in the stack, without folders
 *   function  a function in the stack
 *   finding   its kind; a line with one is about findings alone, one without about leaks too
 *   until     the last day on which the line applies
 *   reason    why; in quotes, or the rest of the line
 *
 * At least one of the first four is given; what matches all that are given is suppressed.
 * # begins a comment.
 */
#ifndef ANALYZER_CHECK_SUPPRESSIONS_H
#define ANALYZER_CHECK_SUPPRESSIONS_H

#include "analyzer/figures.h"
#include <time.h>

struct check_suppression {
    char *call, *module, *function, *finding; /* globs; NULL = any */
    char *reason;
    int until; /* as 20271231 */
    unsigned line;
    bool expired;
    uint64_t used; /* by how many leaks and findings */
};

struct check_suppressions {
    const char *file;
    struct check_suppression *line;
    size_t count;
};

/* `now` decides what has expired, by the local calendar. False with one line in `problem`. Freed by
 * check_suppressions_free in either case. */
bool check_suppressions_read(struct check_suppressions *, const char *file, time_t now,
                             char *problem, size_t problem_size);
void check_suppressions_free(struct check_suppressions *);

/* The first line that holds for a leak of `call` (NULL = outside) with this stack, or, with a
 * `finding`, for that kind with any of its `count` stacks; NULL for none. Expired ones don't hold.
 */
struct check_suppression *check_suppression_of(struct check_suppressions *, const char *call,
                                               const char *finding,
                                               const struct figures_stack *stacks, size_t count);

#endif
