/* Ranges in order, against a plain array of them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "shim/core/ranges.h"

enum { SPAN = 4096, STEPS = 20000 };

static struct rs_range ranges[SPAN]; /* by their first address */
static struct rs_range *tree;
static uint64_t seed = 88172645463325252u;

static uint64_t random_below(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 32) % limit;
}

static struct rs_range *expected(uint64_t address)
{
    for (uint64_t first = 0; first < SPAN; first++)
        if (ranges[first].end > address)
            return &ranges[first];
    return NULL;
}

static int depth(const struct rs_range *range)
{
    if (!range)
        return 0;
    int left = depth(range->left), right = depth(range->right);
    return 1 + (left > right ? left : right);
}

Test(ranges, as_an_array)
{
    for (int step = 0; step < STEPS; step++) {
        uint64_t first = random_below(SPAN), size = 1 + random_below(8);
        struct rs_range *there = rs_range_from(tree, first);
        cr_assert_eq(there, expected(first));
        if (there && there->first < first + size) {
            rs_range_remove(&tree, there);
            there->end = 0;
        } else {
            ranges[first].first = first;
            ranges[first].end = first + size;
            rs_range_add(&tree, &ranges[first]);
        }
    }
    while (tree) {
        struct rs_range *lowest = rs_range_from(tree, 0);
        cr_assert_eq(lowest, expected(0));
        rs_range_remove(&tree, lowest);
        lowest->end = 0;
    }
    cr_assert_null(expected(0));
}

/* Mappings come in order, page after page: the tree must not become a list. */
Test(ranges, in_order_they_stay_shallow)
{
    enum { MANY = 100000 };
    struct rs_range *many = calloc(MANY, sizeof *many);
    tree = NULL;
    for (uint64_t i = 0; i < MANY; i++) {
        many[i].first = 0x7f0000000000u + i * 4096;
        many[i].end = many[i].first + 4096;
        rs_range_add(&tree, &many[i]);
    }
    int deepest = depth(tree);
    cr_assert_lt(deepest, 60, "%d levels", deepest);
    cr_assert_eq(rs_range_from(tree, many[777].end - 1), &many[777]);
    cr_assert_eq(rs_range_from(tree, many[777].end), &many[778]);
    cr_assert_null(rs_range_from(tree, many[MANY - 1].end));
    free(many);
}
