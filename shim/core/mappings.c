/* Anonymous mappings in order of address: they are released by address, in parts and several at a
 * time. */
#include <stddef.h>
#include "shim/core/resource.h"

static struct rs_range *mappings; /* all live ones */

void rs_mappings_reset(void)
{
    mappings = NULL;
}

static struct rs_resource *resource_of(struct rs_range *range)
{
    return range ? (struct rs_resource *)((char *)range - offsetof(struct rs_resource, range))
                 : NULL;
}

void rs_mapping_enter(struct rs_resource *resource)
{
    resource->range.first = resource->record->handle;
    resource->range.end = resource->record->handle + resource->record->size;
    rs_range_add(&mappings, &resource->range);
}

void rs_mapping_leave(struct rs_resource *resource)
{
    rs_range_remove(&mappings, &resource->range);
}

/* What is left of a mapping is as old as the whole was. */
static void keep_part(struct rs_acquisition *part, uint64_t from, uint64_t to, uint64_t moment)
{
    if (from >= to)
        return;
    part->handle = from;
    part->size = to - from;
    struct rs_resource *left = rs_resource_enter(part);
    if (left)
        left->moment = moment;
}

bool rs_mapping_release(uint64_t address, uint64_t size, uint64_t before)
{
    uint64_t end = address + size;
    bool any = false;
    rs_resources_lock();
    struct rs_resource *mapping;
    for (uint64_t at = address;
         (mapping = resource_of(rs_range_from(mappings, at))) && mapping->range.first < end;) {
        uint64_t first = mapping->range.first, last = mapping->range.end, moment = mapping->moment;
        at = last;
        if (moment >= before)
            continue;
        struct rs_acquisition part = {.kind = mapping->kind,
                                      .class = RESIDUE_CLASS_MAPPING,
                                      .site = mapping->record->site,
                                      .ordinal = mapping->record->ordinal};
        any = true;
        rs_resource_drop(mapping, false);
        keep_part(&part, first, address, moment);
        keep_part(&part, end, last, moment);
    }
    rs_resources_unlock();
    return any;
}

bool rs_mapping_known(uint64_t address, uint64_t size)
{
    rs_resources_lock();
    const struct rs_range *range = rs_range_from(mappings, address);
    bool known = range && range->first < address + size;
    rs_resources_unlock();
    return known;
}
