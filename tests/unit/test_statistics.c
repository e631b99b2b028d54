/* Intervals, trends and fits, against figures worked out elsewhere and against simulation. */
#include "analyzer/statistics.h"
#include "tests/unit/seeded_random.h"
#include <criterion/criterion.h>
#include <math.h>

Test(statistics, random_numbers_repeat_and_fill_their_range)
{
    struct seeded_random one = seeded(7), other = seeded(7);
    int seen[10] = {0};
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        cr_assert_eq(seeded_next(&one), seeded_next(&other));
        seen[seeded_below(&one, 10)]++;
        double unit = seeded_unit(&one);
        cr_assert(unit >= 0 && unit < 1);
        sum += unit;
        other = one;
    }
    for (int i = 0; i < 10; i++)
        cr_assert(seen[i] > 850 && seen[i] < 1150, "%d: %d", i, seen[i]);
    cr_assert_float_eq(sum / 10000, 0.5, 0.02);
}

/* Figures of Newcombe (1998), table I, method 3. */
Test(statistics, wilson)
{
    static const struct {
        uint64_t hits, trials;
        double low, high;
    } known[] = {{81, 263, 0.2553, 0.3662},
                 {15, 148, 0.0624, 0.1605},
                 {0, 20, 0, 0.1611},
                 {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct interval got = statistics_wilson(known[i].hits, known[i].trials);
        cr_expect_float_eq(got.low, known[i].low, 5e-5);
        cr_expect_float_eq(got.high, known[i].high, 5e-5);
    }
    cr_expect_eq(statistics_wilson(20, 20).high, 1);
    cr_expect_eq(statistics_wilson(0, 0).low, 0);
    cr_expect_eq(statistics_wilson(0, 0).high, 1);
}

/* The interval of `count` values and so many zeros that there are `trials`. */
static struct interval interval_of(const double *values, size_t count, uint64_t trials)
{
    double sum = 0, squares = 0, cubes = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        squares += values[i] * values[i];
        cubes += values[i] * values[i] * values[i];
    }
    return statistics_skewed_mean(sum, squares, cubes, trials);
}

Test(statistics, interval_of_what_never_varies_has_no_width)
{
    double same[50];
    for (int i = 0; i < 50; i++)
        same[i] = 48;
    struct interval got = interval_of(same, 50, 50);
    cr_expect_eq(got.low, 48);
    cr_expect_eq(got.high, 48);
    got = interval_of(same, 0, 50);
    cr_expect_eq(got.low, 0);
    cr_expect_eq(got.high, 0);
    got = interval_of(same, 0, 0);
    cr_expect_eq(got.high, 0);
    got = interval_of(same, 1, 1);
    cr_expect_eq(got.low, 48);
    cr_expect_eq(got.high, 48);
}

/* Means of few skewed values, most of them zero: 95% of intervals hold the truth, whether it lies
 * below or above them; of many values they are the normal ones. */
Test(statistics, interval_covers_skewed_means)
{
    static const struct {
        int trials;
        double share;
    } cases[] = {{200, 0.3}, {1000, 0.02}, {24, 0.9}};
    struct seeded_random random = seeded(3);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int below = 0, above = 0;
        for (int run = 0; run < 4000; run++) {
            double values[1000];
            size_t count = 0;
            for (int i = 0; i < cases[c].trials; i++)
                if (seeded_unit(&random) < cases[c].share)
                    values[count++] = -log(1 - seeded_unit(&random)); /* mean 1 */
            struct interval got = interval_of(values, count, (uint64_t)cases[c].trials);
            below += got.high < cases[c].share;
            above += got.low > cases[c].share;
        }
        cr_expect(below + above >= 100 && below + above <= 280, "%zu: %d and %d of 4000", c, below,
                  above);
        cr_expect_leq(above, 160, "%zu: %d too high", c, above);
        cr_expect_leq(below, 200, "%zu: %d too low", c, below);
    }
    static double many[4000];
    double sum = 0, squares = 0;
    for (int i = 0; i < 4000; i++) {
        many[i] = seeded_unit(&random);
        sum += many[i];
        squares += many[i] * many[i];
    }
    double mean = sum / 4000, half = 1.96 * sqrt((squares / 4000 - mean * mean) / 3999);
    struct interval got = interval_of(many, 4000, 4000);
    cr_expect_float_eq(got.low, mean - half, 0.02 * half);
    cr_expect_float_eq(got.high, mean + half, 0.02 * half);
}

/* By hand: shares 1/10, 2/10, 3/10: slope 1 hit a cell, T = 2, variance 0.2 * 0.8 * 20. */
Test(statistics, trend)
{
    static const double rising[] = {1, 2, 3}, falling[] = {3, 2, 1}, level[] = {2, 2, 2},
                        all[] = {10, 10, 10}, trials[] = {10, 10, 10};
    cr_expect_float_eq(statistics_trend(rising, trials, 3), 2 / sqrt(3.2), 1e-12);
    cr_expect_float_eq(statistics_trend(falling, trials, 3), -2 / sqrt(3.2), 1e-12);
    cr_expect_float_eq(statistics_trend(level, trials, 3), 0, 1e-12);
    cr_expect_eq(statistics_trend(all, trials, 3), 0);
}

Test(statistics, bursts_are_told_from_chance)
{
    double bursts[16], even[16], trials[16];
    for (int i = 0; i < 16; i++) {
        bursts[i] = i % 2 ? 50 : 0;
        even[i] = 25 + i % 3;
        trials[i] = 50;
    }
    cr_expect(statistics_burstiness(bursts, trials, 16) > 30);
    cr_expect_eq(statistics_burstiness(even, trials, 16), 1);
}

Test(statistics, binomial_tail)
{
    cr_expect_float_eq(statistics_binomial_tail(0, 10, 0.5), 1.0 / 1024, 1e-12);
    cr_expect_float_eq(statistics_binomial_tail(3, 10, 0.5), 176.0 / 1024, 1e-12);
    cr_expect_eq(statistics_binomial_tail(10, 10, 0.5), 1);
    cr_expect_eq(statistics_binomial_tail(9, 10, 1), 0);
    cr_expect_eq(statistics_binomial_tail(0, 10, 0), 1);
    cr_expect_float_eq(statistics_binomial_tail(500000, 1000000, 0.5), 0.5, 1e-3);
}

static enum growth shape(double (*y)(double))
{
    double x[12], values[12], at = 16;
    for (int i = 0; i < 12; i++, at = floor(at * 1.5)) {
        x[i] = at;
        values[i] = y(at);
    }
    return statistics_growth(x, values, 12);
}

static double flat(double x)
{
    return x < 64 ? x : 64;
}
static double slow(double x)
{
    return 100 * log(x);
}
static double straight(double x)
{
    return 5000 + 48 * x;
}
static double doubling(double x)
{
    return exp2(ceil(log2(x + 1)));
}
static double square(double x)
{
    return x * x;
}

Test(statistics, growth_is_named)
{
    cr_expect_eq(shape(flat), GROWTH_CONSTANT);
    cr_expect_eq(shape(slow), GROWTH_LOGARITHMIC);
    cr_expect_eq(shape(straight), GROWTH_LINEAR);
    cr_expect_eq(shape(doubling), GROWTH_LINEAR);
    cr_expect_eq(shape(square), GROWTH_WORSE);
    double few[] = {1, 2, 3};
    cr_expect_eq(statistics_growth(few, few, 3), GROWTH_UNKNOWN);
    cr_expect_str_eq(growth_name(GROWTH_LOGARITHMIC), "logarithmic");
}

Test(statistics, a_slope_that_a_few_points_far_off_do_not_move)
{
    static const double x[] = {0, 1, 2, 3, 4, 5, 6}, line[] = {5, 7, 9, 11, 13, 15, 17},
                        wild[] = {5, 900, 9, 11, -900, 15, 17}, twins[] = {1, 1, 2};
    cr_expect_float_eq(statistics_theil_sen(x, line, 7), 2, 1e-9);
    cr_expect_float_eq(statistics_theil_sen(x, wild, 7), 2, 1e-9);
    cr_expect_float_eq(statistics_theil_sen(twins, line, 3), 3, 1e-9); /* of 4 and 2 */
    cr_expect_eq(statistics_theil_sen(twins, line, 2), 0);
    cr_expect_eq(statistics_theil_sen(x, line, 1), 0);
    double many_x[STATISTICS_SLOPE_POINTS + 40], many_y[STATISTICS_SLOPE_POINTS + 40];
    for (int i = 0; i < STATISTICS_SLOPE_POINTS + 40; i++) {
        many_x[i] = i;
        many_y[i] = i < 40 ? 0 : 3 * i;
    }
    cr_expect_float_eq(statistics_theil_sen(many_x, many_y, STATISTICS_SLOPE_POINTS + 40), 3, 1e-9);
}
