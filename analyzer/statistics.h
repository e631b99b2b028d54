/*
 * Intervals, trends and fits: the statistics under the verdicts. Pure functions, the same answer
 * for the same input, safe to call from any thread.
 */
#ifndef ANALYZER_STATISTICS_H
#define ANALYZER_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    double low, high;
};

/* Wilson's score interval, 95%, of a share: `hits` of `trials`. Of no trials: [0, 1]. */
struct interval statistics_wilson(uint64_t hits, uint64_t trials);

/* 95% interval of the mean of `trials` values of which the sums of the values, of their squares and
 * of their cubes are given. It allows for their skewness as a studentised bootstrap does (Hall
 * 1992), at no cost: most values of a call are zero, some are large. */
struct interval statistics_skewed_mean(double sum, double squares, double cubes, uint64_t trials);

/* A slope of hits over cells in units of its standard deviation, if hits were as likely in each
 * trial (Cochran-Armitage). Where the cells scatter by much more than chance (bursts), their own
 * scatter is the unit. Cell i has trials[i] > 0, hits[i] <= trials[i]. 0 when hits are all or none.
 */
double statistics_trend(const double *hits, const double *trials, size_t count);

/* By how much the cells scatter around their trend more than chance makes them: 1 is chance; less
 * than twice is taken for it, and so are fewer than four hits a cell. */
double statistics_burstiness(const double *hits, const double *trials, size_t count);

/* The chance of `hits` or fewer in `trials` when each hits with `share`. */
double statistics_binomial_tail(uint64_t hits, uint64_t trials, double share);

enum growth { GROWTH_UNKNOWN, GROWTH_CONSTANT, GROWTH_LOGARITHMIC, GROWTH_LINEAR, GROWTH_WORSE };

/* "unknown", "constant", "logarithmic", "linear", "worse". */
const char *growth_name(enum growth);

/* How y grows with x > 0 (sorted): the simplest shape that fits about as well as the best one.
 * Unknown for fewer than four points. */
enum growth statistics_growth(const double *x, const double *y, size_t count);

enum { STATISTICS_SLOPE_POINTS = 64 };

/* The median of the slopes between any two of the points (Theil and Sen): a third of them may be
 * far off without moving it. x is sorted; of more than STATISTICS_SLOPE_POINTS the last ones count.
 * 0 when all x are equal, and of fewer than two points. */
double statistics_theil_sen(const double *x, const double *y, size_t count);

#endif
