#include "shim/core/ranges.h"
#include <stddef.h>

/* What heap order goes by: as good as random, and always the same for one range. */
static uint64_t priority(const struct rs_range *range)
{
    uint64_t hash = range->first * 0x9e3779b97f4a7c15u;
    return (hash ^ hash >> 32) * 0xff51afd7ed558ccdu;
}

void rs_range_add(struct rs_range **tree, struct rs_range *range)
{
    struct rs_range **link = tree;
    while (*link && priority(*link) > priority(range))
        link = range->first < (*link)->first ? &(*link)->left : &(*link)->right;
    struct rs_range *rest = *link, **left = &range->left, **right = &range->right;
    *link = range;
    while (rest) { /* what was there goes to either side of it */
        if (rest->first < range->first) {
            *left = rest;
            left = &rest->right;
            rest = rest->right;
        } else {
            *right = rest;
            right = &rest->left;
            rest = rest->left;
        }
    }
    *left = *right = NULL;
}

void rs_range_remove(struct rs_range **tree, struct rs_range *range)
{
    struct rs_range **link = tree;
    while (*link && *link != range)
        link = range->first < (*link)->first ? &(*link)->left : &(*link)->right;
    if (!*link)
        return;
    struct rs_range *left = range->left, *right = range->right;
    while (left && right) {
        if (priority(left) > priority(right)) {
            *link = left;
            link = &left->right;
            left = left->right;
        } else {
            *link = right;
            link = &right->left;
            right = right->left;
        }
    }
    *link = left ? left : right;
}

struct rs_range *rs_range_from(struct rs_range *tree, uint64_t address)
{
    struct rs_range *found = NULL;
    while (tree) {
        if (tree->end > address) {
            found = tree;
            tree = tree->left;
        } else {
            tree = tree->right;
        }
    }
    return found;
}
