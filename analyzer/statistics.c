#include "analyzer/statistics.h"

#include <math.h>

static const double Z95 = 1.959963984540054;

void statistics_wilson(double successes, double trials, double interval[2])
{
    double share = successes / trials, z2 = Z95 * Z95;
    double centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
    double half =
        Z95 / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials));
    interval[0] = centre - half < 0 ? 0 : centre - half;
    interval[1] = centre + half > 1 ? 1 : centre + half;
}

void statistics_mean_interval(double sum, double squares, double count, double interval[2])
{
    double mean = sum / count;
    double variance = (squares - sum * mean) / (count - 1);
    double half = variance > 0 ? Z95 * sqrt(variance / count) : 0;
    interval[0] = mean - half < 0 ? 0 : mean - half;
    interval[1] = mean + half;
}

static double overall(const double *hits, const double *trials, size_t segments, double *all)
{
    double hit = 0;
    *all = 0;
    for (size_t i = 0; i < segments; i++) {
        hit += hits[i];
        *all += trials[i];
    }
    return *all > 0 ? hit / *all : 0;
}

double statistics_uniformity(const double *hits, const double *trials, size_t segments)
{
    double all, share = overall(hits, trials, segments, &all), chi = 0;
    if (share <= 0 || share >= 1)
        return 0;
    for (size_t i = 0; i < segments; i++) {
        double off = hits[i] - trials[i] * share;
        if (trials[i] > 0)
            chi += off * off / (trials[i] * share * (1 - share));
    }
    return chi;
}

/* Cochran and Armitage's test, with the segments' numbers as scores. */
double statistics_trend(const double *hits, const double *trials, size_t segments)
{
    double all, share = overall(hits, trials, segments, &all), mean = 0, top = 0, spread = 0;
    if (share <= 0 || share >= 1)
        return 0;
    for (size_t i = 0; i < segments; i++)
        mean += (double)i * trials[i] / all;
    for (size_t i = 0; i < segments; i++) {
        double score = (double)i - mean;
        top += score * (hits[i] - trials[i] * share);
        spread += score * score * trials[i];
    }
    return spread > 0 ? top / sqrt(share * (1 - share) * spread) : 0;
}
