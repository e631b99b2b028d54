/* The arithmetic behind verdicts. Pure functions. */
#ifndef ANALYZER_STATISTICS_H
#define ANALYZER_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* Wilson's 95% interval of a share: `successes` of `trials` (> 0). */
void statistics_wilson(double successes, double trials, double interval[2]);

/* The 95% interval of the mean of `count` (> 1) values with this sum and sum of squares, by the
 * normal approximation with the sample's own deviation. */
void statistics_mean_interval(double sum, double squares, double count, double interval[2]);

/* Is a share the same in all `segments`? hits[i] of trials[i] each. Returns chi-squared with
 * segments - 1 degrees of freedom; 0 when all or none are hits. */
double statistics_uniformity(const double *hits, const double *trials, size_t segments);

/* Does the share rise or fall from the first segment to the last? A standard normal deviate,
 * negative for falling; 0 when it can't be told. */
double statistics_trend(const double *hits, const double *trials, size_t segments);

#endif
