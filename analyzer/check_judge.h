/* How problems come about: what check_judge.c and check_compare.c share. */
#ifndef ANALYZER_CHECK_JUDGE_H
#define ANALYZER_CHECK_JUDGE_H

#include "analyzer/check.h"

/* A new problem of a call or of nothing (NULL); `format` makes its message. */
struct check_problem *check_add(struct check *, enum check_rule, const struct figures_call *,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Which sites of the call are suppressed: an array of its site_count, the caller's to free. Those
 * that leak are problems then, suppressed ones, unless `quietly`. */
bool *check_left_out(struct check *, const struct figures_call *, bool quietly);

/* The problems that a comparison with the baseline finds. */
void check_compare(struct check *);

/* The worst of the call's leaking sites that are not left out; NULL for none. */
const struct figures_site *check_worst_site(const struct figures_call *, const bool *left_out);

/* "48.0 B per call (exact)", "3.3 B per call, 95% CI [2.9, 3.7]", "1 heap block per call" for what
 * has no bytes. */
struct figure check_rate_text(struct estimate bytes, struct estimate things, const char *resource);

#endif
