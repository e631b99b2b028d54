/* Live resources by kind and handle. Their own chains: what a buffer costs is mostly its being
 * looked for, a dozen times from its coming to its going. All under the ledger's lock (resource.h).
 */
#ifndef SHIM_CORE_RESOURCE_TABLE_H
#define SHIM_CORE_RESOURCE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct rs_resource;

struct rs_resource_key {
    uint64_t kind, handle;
};

/* NULL: there is none. */
struct rs_resource *rs_resource_table_find(struct rs_resource_key);

/* By its key, which nothing else there has. False without memory: it is not there then. */
bool rs_resource_table_enter(struct rs_resource *);

/* It is there. */
void rs_resource_table_remove(struct rs_resource *);

/* Drops (rs_resource_drop) all for which `stale` is true. */
void rs_resource_table_drop(bool (*stale)(const struct rs_resource *));

/* After a fork, in the child: forgets all. */
void rs_resource_table_reset(void);

#endif
