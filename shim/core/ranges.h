/*
 * Disjoint ranges of addresses in order: a treap, so that a process of many mappings finds its own
 * among them at once. Nodes are part of what they describe; the caller locks.
 */
#ifndef SHIM_CORE_RANGES_H
#define SHIM_CORE_RANGES_H

#include <stdint.h>

struct rs_range {
    struct rs_range *left, *right;
    uint64_t first, end;
};

/* `range->first` and `range->end` are set, and no range there overlaps it. */
void rs_range_add(struct rs_range **tree, struct rs_range *range);

void rs_range_remove(struct rs_range **tree, struct rs_range *range);

/* The lowest range that ends behind `address`, or NULL. */
struct rs_range *rs_range_from(struct rs_range *tree, uint64_t address);

#endif
