#include "analyzer/statistics.h"

#include <math.h>

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

const char *growth_name(enum growth growth)
{
    static const char *const names[] = {"unknown", "constant", "logarithmic", "linear", "worse"};
    return names[growth];
}
