#include "analyzer/statistics.h"
#include <math.h>
#include <stdlib.h>

static const double Z95 = 1.959963984540054;

/* ---- intervals ---- */

struct interval statistics_wilson(uint64_t hits, uint64_t trials)
{
    if (!trials)
        return (struct interval){0, 1};
    double n = (double)trials, share = (double)hits / n, z2 = Z95 * Z95;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    return (struct interval){fmax(0, centre - half), fmin(1, centre + half)};
}

/* The standard deviation of a mean. */
static double error_of_mean(double sum, double squares, double trials)
{
    double variance = (squares - sum * sum / trials) / (trials - 1);
    return trials > 1 && variance > 0 ? sqrt(variance / trials) : 0;
}

/* Hall's inverse of the transformation that takes the skewness out of a studentised mean ("On the
 * removal of skewness by transformation", 1992). */
static double unskewed(double z, double skewness, double trials)
{
    double part = skewness / sqrt(trials);
    if (fabs(part) < 1e-6)
        return z;
    return 3 / part * (cbrt(1 + part * (z - part / 6)) - 1);
}

struct interval statistics_skewed_mean(double sum, double squares, double cubes, uint64_t trials)
{
    double n = (double)trials, mean = trials ? sum / n : 0;
    double error = trials > 1 ? error_of_mean(sum, squares, n) : 0;
    if (!(error > 1e-9 * mean))
        return (struct interval){mean, mean};
    double variance = squares / n - mean * mean;
    /* Student's quantile for few trials (its expansion in 1 / trials). */
    double quantile = Z95 + (Z95 * Z95 * Z95 + Z95) / (4 * n);
    double third = cubes / n - 3 * mean * squares / n + 2 * mean * mean * mean;
    double skewness = third / (variance * sqrt(variance));
    return (struct interval){fmax(0, mean - unskewed(quantile, skewness, n) * error),
                             fmax(mean, mean - unskewed(-quantile, skewness, n) * error)};
}

/* ---- hits over cells ---- */

struct cells {
    double trials, hits, share;
    double slope;  /* of the share, per cell */
    double middle; /* mean cell of a trial */
    double spread; /* sum over trials of (cell - middle) squared */
};

static struct cells sum_cells(const double *hits, const double *trials, size_t count)
{
    struct cells sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.trials += trials[i];
        sum.hits += hits[i];
        sum.middle += (double)i * trials[i];
    }
    if (!(sum.trials > 0))
        return sum;
    sum.share = sum.hits / sum.trials;
    sum.middle /= sum.trials;
    for (size_t i = 0; i < count; i++) {
        double off = (double)i - sum.middle;
        sum.spread += off * off * trials[i];
        sum.slope += off * (hits[i] - sum.share * trials[i]);
    }
    sum.slope = sum.spread > 0 ? sum.slope / sum.spread : 0;
    return sum;
}

double statistics_burstiness(const double *hits, const double *trials, size_t count)
{
    struct cells sum = sum_cells(hits, trials, count);
    double variance = sum.share * (1 - sum.share), chi = 0;
    /* Few hits a cell scatter by themselves. */
    if (count < 4 || !(variance > 0) || sum.hits < 4 * (double)count)
        return 1;
    for (size_t i = 0; i < count; i++) {
        double share = sum.share + sum.slope * ((double)i - sum.middle);
        double off = hits[i] - share * trials[i];
        chi += off * off / (trials[i] * variance);
    }
    chi /= (double)(count - 2);
    return chi > 2 ? chi : 1;
}

double statistics_trend(const double *hits, const double *trials, size_t count)
{
    struct cells sum = sum_cells(hits, trials, count);
    double variance = sum.share * (1 - sum.share);
    if (!(variance > 0) || !(sum.spread > 0))
        return 0;
    return sum.slope * sqrt(sum.spread / variance / statistics_burstiness(hits, trials, count));
}

double statistics_binomial_tail(uint64_t hits, uint64_t trials, double share)
{
    double n = (double)trials, sum = 0;
    if (hits >= trials || !(share > 0))
        return 1;
    if (share >= 1)
        return 0;
    /* Downwards from `hits`, where terms only shrink below the mean; above it the tail is most. */
    for (uint64_t k = hits + 1; k-- > 0;) {
        double at = (double)k;
        double term = exp(lgamma(n + 1) - lgamma(at + 1) - lgamma(n - at + 1) + at * log(share) +
                          (n - at) * log1p(-share));
        sum += term;
        if (at < n * share && term < 1e-12 * sum)
            break;
    }
    return fmin(1, sum);
}

/* ---- fits ---- */

/* Residual of a line through (log x, y), (x, y) or (x squared, y), without arrays of their own. */
static double residual_of(const double *x, const double *y, size_t count, enum growth shape)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            double at = shape == GROWTH_LOGARITHMIC ? log(x[i])
                        : shape == GROWTH_WORSE     ? x[i] * x[i]
                                                    : x[i];
            if (pass == 0) {
                mean_x += at / (double)count;
                mean_y += y[i] / (double)count;
                continue;
            }
            xx += (at - mean_x) * (at - mean_x);
            xy += (at - mean_x) * (y[i] - mean_y);
            yy += (y[i] - mean_y) * (y[i] - mean_y);
        }
    }
    return xx > 0 ? fmax(0, yy - xy * xy / xx) : yy;
}

enum growth statistics_growth(const double *x, const double *y, size_t count)
{
    if (count < 4)
        return GROWTH_UNKNOWN;
    /* Flat is what no longer grows: the first quarter is warm-up. */
    double low = y[count - 1], high = y[count - 1];
    for (size_t i = 0; i < count; i++) {
        if (x[i] * 4 >= x[count - 1]) {
            low = fmin(low, y[i]);
            high = fmax(high, y[i]);
        }
    }
    if (high - low <= 0.1 * high)
        return GROWTH_CONSTANT;
    double slower = residual_of(x, y, count, GROWTH_LOGARITHMIC);
    double linear = residual_of(x, y, count, GROWTH_LINEAR);
    double faster = residual_of(x, y, count, GROWTH_WORSE);
    if (linear <= 2 * fmin(slower, faster)) /* steps and noise of a line */
        return GROWTH_LINEAR;
    return slower < faster ? GROWTH_LOGARITHMIC : GROWTH_WORSE;
}

const char *growth_name(enum growth growth)
{
    static const char *const names[] = {
        [GROWTH_UNKNOWN] = "unknown",
        [GROWTH_CONSTANT] = "constant",
        [GROWTH_LOGARITHMIC] = "logarithmic",
        [GROWTH_LINEAR] = "linear",
        [GROWTH_WORSE] = "worse",
    };
    return growth <= GROWTH_WORSE ? names[growth] : "unknown";
}

static int by_value(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

double statistics_theil_sen(const double *x, const double *y, size_t count)
{
    double slopes[STATISTICS_SLOPE_POINTS * (STATISTICS_SLOPE_POINTS - 1) / 2];
    size_t used = 0;
    if (count > STATISTICS_SLOPE_POINTS) {
        x += count - STATISTICS_SLOPE_POINTS;
        y += count - STATISTICS_SLOPE_POINTS;
        count = STATISTICS_SLOPE_POINTS;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (x[j] > x[i])
                slopes[used++] = (y[j] - y[i]) / (x[j] - x[i]);
    if (!used)
        return 0;
    qsort(slopes, used, sizeof *slopes, by_value);
    return used % 2 ? slopes[used / 2] : (slopes[used / 2 - 1] + slopes[used / 2]) / 2;
}
