/*
 * Two rates, before and after: whether they differ by more than chance makes them. Pure functions,
 * as those of statistics.h.
 *
 * An estimate is a rate with its 95% interval; one without width is exact, and any difference
 * between two such counts. Of others the half-widths that face each other are put together, as if
 * the two were independent (the method of variance estimates recovery: Zou and Donner, 2008), on
 * the scale of square roots, where the spread of counts does not depend on how many there are: few
 * survivors among many calls come out as in an exact test of two proportions.
 */
#ifndef ANALYZER_STATISTICS_COMPARE_H
#define ANALYZER_STATISTICS_COMPARE_H

#include "analyzer/statistics.h"

/* A rate >= 0 with the 95% interval around it. */
struct estimate {
    double rate, low, high;
};

/* Nothing was seen in `calls` calls, of things that are `size` each. */
struct estimate statistics_nothing_of(uint64_t calls, double size);

/* `count` things in `calls` calls, which come one by one: several a call as well. */
struct estimate statistics_count_of(double count, double calls);

/* Whether the estimate has no width: every call left the same. */
bool statistics_is_exact(struct estimate);

struct difference {
    double change, low, high; /* after - before, with its 95% interval */
    double chance;            /* of a difference at least as large, up or down, if there is none:
                                 0 or 1 between exact rates */
};

struct difference statistics_difference(struct estimate before, struct estimate after);

/* The lower end of the estimate's interval that is only exceeded by chance with `chance` (one side)
 * in place of the 2.5% of its 95% interval. */
double statistics_surely(struct estimate, double chance);

/* Which of `count` chances are small enough if all of them together may be wrong with `level`
 * (Holm, 1979): sets small[i]. */
void statistics_holm(const double *chances, size_t count, double level, bool *small);

/* Half the 95% interval of a mean of `count` that have that variance. */
double statistics_spread(double variance, double count);

#endif
