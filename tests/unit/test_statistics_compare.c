/* Whether two rates differ: against exact tests worked out elsewhere, and against simulation. */
#include "analyzer/statistics_compare.h"
#include "tests/unit/seeded_random.h"
#include <criterion/criterion.h>
#include <math.h>

static struct estimate share_of(uint64_t hits, uint64_t trials)
{
    struct interval interval = statistics_wilson(hits, trials);
    return (struct estimate){(double)hits / (double)trials, interval.low, interval.high};
}

Test(statistics_compare, between_exact_rates_any_difference_counts)
{
    struct estimate less = {24, 24, 24}, more = {24.5, 24.5, 24.5};
    cr_assert(statistics_is_exact(less) && !statistics_is_exact((struct estimate){1, 0.9, 1.1}));
    cr_expect_eq(statistics_difference(less, less).chance, 1);
    struct difference up = statistics_difference(less, more);
    cr_expect(up.change == 0.5 && up.low == 0.5 && up.high == 0.5 && up.chance == 0);
    struct difference down = statistics_difference(more, less);
    cr_expect(down.change == -0.5 && down.chance == 0);
    cr_expect_eq(statistics_difference((struct estimate){0}, (struct estimate){0}).chance, 1);
}

/* Fisher's exact test, two-sided, summed up in whole numbers. */
Test(statistics_compare, shares_as_in_an_exact_test)
{
    static const struct {
        uint64_t before, after, trials;
        double chance;
    } known[] = {{0, 10, 2000, 0.00193},
                 {4, 20, 2000, 0.00150},
                 {0, 5, 2000, 0.0623},
                 {200, 260, 2000, 0.00342},
                 {10, 10, 2000, 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double got = statistics_difference(share_of(known[i].before, known[i].trials),
                                           share_of(known[i].after, known[i].trials))
                         .chance;
        cr_expect(got > known[i].chance / 2.5 && got < known[i].chance * 2.5, "%d: %g, not %g",
                  (int)i, got, known[i].chance);
        double back = statistics_difference(share_of(known[i].after, known[i].trials),
                                            share_of(known[i].before, known[i].trials))
                          .chance;
        cr_expect(back > known[i].chance / 2.5 && back < known[i].chance * 2.5, "%d: %g, not %g",
                  (int)i, back, known[i].chance);
    }
}

static uint64_t draw(struct seeded_random *random, int trials, double share)
{
    uint64_t hits = 0;
    for (int i = 0; i < trials; i++)
        hits += seeded_unit(random) < share;
    return hits;
}

/* How often in a thousand two runs of the same share are found to differ at `level`. */
static double found(double before, double after, double level, int rounds)
{
    struct seeded_random random = seeded(20);
    int differ = 0;
    for (int i = 0; i < rounds; i++)
        differ += statistics_difference(share_of(draw(&random, 500, before), 500),
                                        share_of(draw(&random, 500, after), 500))
                      .chance < level;
    return 1000.0 * differ / rounds;
}

Test(statistics_compare, what_does_not_differ_is_found_to_as_rarely_as_said)
{
    static const double shares[] = {0.004, 0.02, 0.1, 0.5, 0.96};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double often = found(shares[i], shares[i], 0.05, 4000);
        double rarely = found(shares[i], shares[i], 0.002, 4000);
        cr_expect(often < 65, "share %g: %g of 1000 at 0.05", shares[i], often);
        cr_expect(rarely < 5, "share %g: %g of 1000 at 0.002", shares[i], rarely);
        cr_expect(shares[i] < 0.1 || shares[i] > 0.9 || often > 35, "share %g: %g of 1000 only",
                  shares[i], often);
    }
    cr_expect(found(0.1, 0.2, 0.001, 500) > 850);
}

/* The mean of skewed sizes, in one call of ten: the interval of the change has what it should. */
Test(statistics_compare, the_interval_of_a_change_has_the_change_in_it)
{
    struct seeded_random random = seeded(7);
    int rounds = 600, inside = 0;
    for (int round = 0; round < rounds; round++) {
        struct estimate rate[2];
        for (int side = 0; side < 2; side++) {
            double sum = 0, squares = 0, cubes = 0;
            for (int i = 0; i < 2000; i++) {
                double size =
                    seeded_below(&random, 10) ? 0 : 1 + seeded_below(&random, side ? 512 : 256);
                sum += size;
                squares += size * size;
                cubes += size * size * size;
            }
            struct interval interval = statistics_skewed_mean(sum, squares, cubes, 2000);
            rate[side] = (struct estimate){sum / 2000, interval.low, interval.high};
        }
        struct difference difference = statistics_difference(rate[0], rate[1]);
        inside += difference.low <= 12.8 && 12.8 <= difference.high;
    }
    cr_expect(inside > 0.925 * rounds && inside < 0.975 * rounds, "%d of %d", inside, rounds);
}

Test(statistics_compare, nothing_seen_is_not_nothing_there)
{
    struct estimate none = statistics_nothing_of(2000, 48);
    cr_expect(none.rate == 0 && none.low == 0);
    cr_expect_float_eq(none.high, 48 * 0.0019171, 1e-4);
    cr_expect_eq(statistics_nothing_of(0, 48).high, 0);
}

Test(statistics_compare, counts)
{
    struct estimate each = statistics_count_of(2000, 2000), twice = statistics_count_of(4000, 2000);
    cr_expect_eq(each.rate, 1);
    cr_expect_float_eq(each.high, 1, 1e-9);
    cr_expect_eq(twice.rate, 2);
    cr_expect_float_eq(twice.high - twice.rate, 1.96 * sqrt(4000) / 2000, 1e-3);
    cr_expect_eq(statistics_count_of(3, 0).rate, 3);
}

Test(statistics_compare, what_is_surely_exceeded)
{
    struct estimate rate = share_of(200, 2000);
    cr_expect_float_eq(statistics_surely(rate, 0.025), rate.low, 1e-6);
    cr_expect_lt(statistics_surely(rate, 0.0001), rate.low - 0.005);
    cr_expect_eq(statistics_surely((struct estimate){48, 48, 48}, 0.0001), 48);
    cr_expect_float_eq(statistics_surely(rate, 0.5), 0.1, 1e-6);
}

Test(statistics_compare, holm)
{
    bool small[4];
    /* Bonferroni would take the first alone. */
    statistics_holm((double[]){0.04, 0.005, 0.015, 0.02}, 4, 0.05, small);
    cr_expect(small[0] && small[1] && small[2] && small[3]);
    statistics_holm((double[]){0.06, 0.005, 0.02, 0.02}, 4, 0.05, small);
    cr_expect(!small[0] && small[1] && !small[2] && !small[3]);
    statistics_holm(NULL, 0, 0.05, small);
}
