/* One resource of the ledger (resources.h), and what the ledger's parts do for each other. All but
 * the lock itself is called under it. */
#ifndef SHIM_CORE_RESOURCE_H
#define SHIM_CORE_RESOURCE_H

#include <residue/trace.h>
#include "shim/core/ranges.h"
#include "shim/core/resource_table.h"
#include "shim/core/resources.h"

struct rs_resource {
    struct rs_resource *in_bucket; /* the table's own */
    struct rs_resource_key key;
    struct residue_resource *record;
    struct rs_resource *below;             /* counted kinds: the acquisition before this one */
    struct rs_resource *parent, *children; /* released together */
    struct rs_resource *next, *previous;   /* among its parent's children, or in the free list */
    struct rs_range range;                 /* mappings: released by address */
    struct rs_resource *page_next;         /* critical sections: others on the same page */
    uint64_t moment;                       /* when it was acquired: see rs_resources_now */
    uintptr_t owner;
    uint32_t block_site, block_ordinal;
    uint32_t kind;
    uint8_t class;
};

void rs_resources_lock(void);
void rs_resources_unlock(void);

/* Enters it, in place of what was at its handle. NULL without memory. */
struct rs_resource *rs_resource_enter(const struct rs_acquisition *);

/* Out of the table, its children with it. The record is FREE afterwards unless `keep`. */
void rs_resource_drop(struct rs_resource *, bool keep);

/* Anonymous mappings by address (mappings.c), critical sections by page (sections.c). */
void rs_mapping_enter(struct rs_resource *);
void rs_mapping_leave(struct rs_resource *);
void rs_mappings_reset(void);
void rs_section_enter(struct rs_resource *);
void rs_section_leave(struct rs_resource *);
void rs_sections_reset(void);

#endif
