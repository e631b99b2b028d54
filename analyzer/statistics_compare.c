#include "analyzer/statistics_compare.h"
#include <math.h>

static const double Z95 = 1.959963984540054;

struct estimate statistics_nothing_of(uint64_t calls, double size)
{
    double most = calls ? statistics_wilson(0, calls).high : 0;
    return (struct estimate){0, 0, most * size};
}

struct estimate statistics_count_of(double count, double calls)
{
    if (!(calls > 0))
        return (struct estimate){count, count, count};
    if (count <= calls) {
        struct interval share =
            statistics_wilson((uint64_t)llround(count), (uint64_t)llround(calls));
        return (struct estimate){count / calls, share.low, share.high};
    }
    /* Square roots of counts spread by a half, however many there are. */
    double root = sqrt(count), low = fmax(0, root - Z95 / 2), high = root + Z95 / 2;
    return (struct estimate){count / calls, low * low / calls, high * high / calls};
}

double statistics_spread(double variance, double count)
{
    return count > 0 ? Z95 * sqrt(fmax(0, variance) / count) : 0;
}

bool statistics_is_exact(struct estimate estimate)
{
    return estimate.high - estimate.low <= 1e-9 * estimate.high;
}

/* The half-widths of two intervals put together. */
static double together(double one, double other)
{
    return sqrt(one * one + other * other);
}

static double root(double rate)
{
    return sqrt(fmax(0, rate));
}

static double chance_of(struct estimate less, struct estimate more)
{
    double width = together(root(more.rate) - root(more.low), root(less.high) - root(less.rate));
    double distance = root(more.rate) - root(less.rate);
    if (!(distance > 1e-9 * root(more.rate)))
        return 1;
    return width > 0 ? erfc(distance / width * Z95 / sqrt(2)) : 0;
}

struct difference statistics_difference(struct estimate before, struct estimate after)
{
    double change = after.rate - before.rate;
    return (struct difference){
        .change = change,
        .low = change - together(after.rate - after.low, before.high - before.rate),
        .high = change + together(after.high - after.rate, before.rate - before.low),
        .chance = change < 0 ? chance_of(after, before) : chance_of(before, after),
    };
}

/* The quantile that a normal value exceeds with `chance`: by halving, a gate asks but once. */
static double quantile_above(double chance)
{
    double low = -10, high = 40;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (erfc(middle / sqrt(2)) / 2 > chance)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double statistics_surely(struct estimate estimate, double chance)
{
    double width = (root(estimate.rate) - root(estimate.low)) / Z95 * quantile_above(chance);
    double surely = fmax(0, root(estimate.rate) - fmax(0, width));
    return statistics_is_exact(estimate) ? estimate.rate : surely * surely;
}

void statistics_holm(const double *chances, size_t count, double level, bool *small)
{
    size_t passed = 0;
    for (size_t i = 0; i < count; i++)
        small[i] = false;
    while (passed < count) {
        size_t least = count;
        for (size_t i = 0; i < count; i++)
            if (!small[i] && (least == count || chances[i] < chances[least]))
                least = i;
        if (!(chances[least] <= level / (double)(count - passed)))
            return;
        small[least] = true;
        passed++;
    }
}
