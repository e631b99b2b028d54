#include "shim/core/resources.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/ranges.h"
#include "shim/core/table.h"
#include "shim/core/writer.h"

struct key {
    uint64_t kind, handle;
};

struct resource {
    UT_hash_handle hh;
    struct key key;
    struct residue_resource *record;
    struct resource *below;             /* counted kinds: the acquisition before this one */
    struct resource *parent, *children; /* released together */
    struct resource *next, *previous;   /* among its parent's children, or in the free list */
    struct rs_range range;              /* mappings: released by address */
    struct resource *page_next;         /* critical sections: others on the same page */
    uint64_t moment;                    /* when it was acquired: see rs_resources_now */
    bool section;
};

struct page {
    UT_hash_handle hh;
    uint64_t number;
    struct resource *first;
};

static struct {
    struct rs_lock lock;
    struct resource *table;
    struct page *pages;
    struct resource *unused;           /* released; their records are used again */
    struct rs_range *mappings;         /* all live ones */
    struct residue_resource **records; /* every record ever made, for visits */
    uint32_t record_count, record_room;
    uint64_t moment; /* counts acquisitions */
} ledger;

void rs_resources_reset(void)
{
    rs_zero(&ledger, sizeof ledger);
    rs_sections_live = 0;
}

/* ---- records ---- */

static bool remember(struct residue_resource *record)
{
    if (ledger.record_count == ledger.record_room) {
        uint32_t room = ledger.record_room ? ledger.record_room * 2 : 1024;
        struct residue_resource **records = rs_arena_take(room * sizeof *records);
        if (!records)
            return false;
        rs_copy(records, ledger.records, ledger.record_count * sizeof *records);
        ledger.records = records;
        ledger.record_room = room;
    }
    ledger.records[ledger.record_count++] = record;
    return true;
}

static struct residue_resource *record_new(void)
{
    rs_lock(&rs.lock);
    struct residue_resource *record = rs_record_new(RESIDUE_RECORD_RESOURCE, sizeof *record);
    if (record)
        rs_record_done();
    rs_unlock(&rs.lock);
    return record && remember(record) ? record : NULL;
}

static struct resource *resource_new(void)
{
    struct resource *resource = ledger.unused;
    if (resource) {
        ledger.unused = resource->next;
        struct residue_resource *record = resource->record;
        rs_zero(resource, sizeof *resource);
        resource->record = record;
    } else {
        resource = rs_arena_take(sizeof *resource);
    }
    if (resource && !resource->record)
        resource->record = record_new();
    return resource && resource->record ? resource : NULL;
}

static void recycle(struct resource *resource)
{
    resource->next = ledger.unused;
    ledger.unused = resource;
}

/* ---- critical sections by page ---- */

static struct page *page_of(uint64_t handle)
{
    uint64_t number = handle >> 12;
    struct page *page = NULL;
    HASH_FIND(hh, ledger.pages, &number, sizeof number, page);
    return page;
}

uint32_t rs_sections_live;

static void count_section(uint64_t handle, int by)
{
    uintptr_t address = (uintptr_t)handle;
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (!leaf && (rs_is_beyond(handle) || !(leaf = rs_leaf_make(address))))
        return;
    uint16_t *on_page = &leaf->sections[(address >> 12) % RESIDUE_LEAF_PAGES];
    *on_page = (uint16_t)(*on_page + by);
    leaf->sections_total = (uint32_t)((int)leaf->sections_total + by);
    rs_sections_live = (uint32_t)((int)rs_sections_live + by);
}

static void section_enter(struct resource *resource)
{
    struct page *page = page_of(resource->key.handle);
    if (!page) {
        page = rs_arena_take(sizeof *page);
        if (!page)
            return;
        page->number = resource->key.handle >> 12;
        HASH_ADD(hh, ledger.pages, number, sizeof page->number, page);
    }
    resource->page_next = page->first;
    page->first = resource;
    count_section(resource->key.handle, 1);
}

static void section_leave(struct resource *resource)
{
    struct page *page = page_of(resource->key.handle);
    struct resource **link = page ? &page->first : NULL;
    while (link && *link && *link != resource)
        link = &(*link)->page_next;
    if (!link || !*link)
        return;
    *link = resource->page_next;
    count_section(resource->key.handle, -1);
}

/* ---- acquiring and releasing, under the lock ---- */

static struct resource *find(uint32_t kind, uint64_t handle)
{
    struct key key = {kind, handle};
    struct resource *found = NULL;
    HASH_FIND(hh, ledger.table, &key, sizeof key, found);
    return found;
}

/* A parent is of the same kind (linked buffers) or a private heap. */
static struct resource *find_parent(uint32_t kind, uint64_t handle)
{
    struct resource *parent = find(kind, handle);
    const struct residue_plan_kind *kinds = rs_plan_at(rs.plan->kinds);
    for (uint32_t i = 0; !parent && i < rs.plan->kind_count; i++)
        if (kinds[i].class == RESIDUE_CLASS_PRIVATE_HEAP)
            parent = find(i, handle);
    return parent;
}

static void detach(struct resource *resource)
{
    if (resource->previous)
        resource->previous->next = resource->next;
    else if (resource->parent)
        resource->parent->children = resource->next;
    if (resource->next)
        resource->next->previous = resource->previous;
    resource->parent = resource->next = resource->previous = NULL;
}

static void attach(struct resource *resource, struct resource *parent)
{
    resource->parent = parent;
    resource->next = parent->children;
    if (parent->children)
        parent->children->previous = resource;
    parent->children = resource;
}

/* ---- mappings in order of address ---- */

static struct resource *resource_of(struct rs_range *range)
{
    return range ? (struct resource *)((char *)range - offsetof(struct resource, range)) : NULL;
}

static void enter_range(struct resource *resource)
{
    resource->range.first = resource->record->handle;
    resource->range.end = resource->record->handle + resource->record->size;
    rs_range_add(&ledger.mappings, &resource->range);
}

/* ---- the table ---- */

static void enter(struct resource *resource)
{
    HASH_ADD(hh, ledger.table, key, sizeof resource->key, resource);
}

/* Out of the table, its children with it. The record is FREE afterwards unless `keep`. */
static void drop(struct resource *resource, bool keep)
{
    while (resource->children)
        drop(resource->children, false);
    detach(resource);
    if (resource->section)
        section_leave(resource);
    if (resource->range.end)
        rs_range_remove(&ledger.mappings, &resource->range);
    struct resource *below = resource->below;
    HASH_DELETE(hh, ledger.table, resource);
    if (below)
        enter(below);
    if (keep)
        resource->record = NULL;
    else
        __atomic_store_n(&resource->record->state, RESIDUE_RESOURCE_FREE, __ATOMIC_RELEASE);
    recycle(resource);
}

static void fill(struct residue_resource *record, const struct rs_acquisition *what)
{
    record->site = what->site;
    record->ordinal = what->ordinal;
    record->freed_site = record->freed_block_site = record->freed_ordinal = 0;
    record->handle = what->handle;
    record->size = what->size;
    __atomic_store_n(&record->state, RESIDUE_RESOURCE_LIVE, __ATOMIC_RELEASE);
}

static struct resource *acquire(const struct rs_acquisition *what)
{
    struct resource *before = find(what->kind, what->handle);
    if (before && !what->counted) {
        drop(before, false);
        before = NULL;
    }
    struct resource *resource = resource_new();
    if (!resource)
        return NULL;
    resource->key = (struct key){what->kind, what->handle};
    resource->moment = __atomic_fetch_add(&ledger.moment, 1, __ATOMIC_RELAXED);
    if (before) {
        HASH_DELETE(hh, ledger.table, before);
        resource->below = before;
    }
    enter(resource);
    fill(resource->record, what);
    struct resource *parent = what->parent ? find_parent(what->kind, what->parent) : NULL;
    if (parent && parent != resource)
        attach(resource, parent);
    else if (what->class == RESIDUE_CLASS_MAPPING)
        enter_range(resource);
    resource->section = what->class == RESIDUE_CLASS_CRITICAL_SECTION;
    if (resource->section)
        section_enter(resource);
    return resource;
}

/* ---- what others call ---- */

void rs_resource_acquire(const struct rs_acquisition *what)
{
    rs_lock(&ledger.lock);
    acquire(what);
    rs_unlock(&ledger.lock);
}

bool rs_resource_look(uint32_t kind, uint64_t handle, struct rs_acquisition *out)
{
    rs_lock(&ledger.lock);
    const struct resource *resource = find(kind, handle);
    if (resource)
        *out = (struct rs_acquisition){.kind = kind,
                                       .handle = handle,
                                       .size = resource->record->size,
                                       .site = resource->record->site,
                                       .ordinal = resource->record->ordinal};
    rs_unlock(&ledger.lock);
    return resource;
}

bool rs_resource_release(uint32_t kind, uint64_t handle, struct rs_acquisition *taken)
{
    rs_lock(&ledger.lock);
    struct resource *resource = find(kind, handle);
    if (resource) {
        if (taken)
            *taken = (struct rs_acquisition){.kind = kind,
                                             .handle = handle,
                                             .size = resource->record->size,
                                             .site = resource->record->site,
                                             .ordinal = resource->record->ordinal};
        drop(resource, false);
    }
    rs_unlock(&ledger.lock);
    return resource != NULL;
}

uint64_t rs_resources_now(void)
{
    return __atomic_load_n(&ledger.moment, __ATOMIC_ACQUIRE);
}

/* What is left of a mapping is as old as the whole was. */
static void keep_part(struct rs_acquisition *part, uint64_t from, uint64_t to, uint64_t moment)
{
    if (from >= to)
        return;
    part->handle = from;
    part->size = to - from;
    struct resource *left = acquire(part);
    if (left)
        left->moment = moment;
}

bool rs_mapping_release(uint64_t address, uint64_t size, uint64_t before)
{
    uint64_t end = address + size;
    bool any = false;
    rs_lock(&ledger.lock);
    struct resource *mapping;
    for (uint64_t at = address; (mapping = resource_of(rs_range_from(ledger.mappings, at))) &&
                                mapping->range.first < end;) {
        uint64_t first = mapping->range.first, last = mapping->range.end, moment = mapping->moment;
        at = last;
        if (moment >= before)
            continue;
        struct rs_acquisition part = {.kind = (uint32_t)mapping->key.kind,
                                      .class = RESIDUE_CLASS_MAPPING,
                                      .site = mapping->record->site,
                                      .ordinal = mapping->record->ordinal};
        any = true;
        drop(mapping, false);
        keep_part(&part, first, address, moment);
        keep_part(&part, end, last, moment);
    }
    rs_unlock(&ledger.lock);
    return any;
}

bool rs_mapping_known(uint64_t address, uint64_t size)
{
    rs_lock(&ledger.lock);
    const struct rs_range *range = rs_range_from(ledger.mappings, address);
    bool known = range && range->first < address + size;
    rs_unlock(&ledger.lock);
    return known;
}

uint32_t rs_sections_lost(uint64_t address, uint64_t size, uint64_t before, uint32_t block_site,
                          uint32_t freed_site, uint32_t freed_ordinal)
{
    uint32_t lost = 0;
    rs_lock(&ledger.lock);
    for (uint64_t number = address >> 12; number <= (address + size - 1) >> 12; number++) {
        struct page *page = page_of(number << 12);
        struct resource *next;
        for (struct resource *section = page ? page->first : NULL; section; section = next) {
            next = section->page_next;
            if (section->key.handle < address || section->key.handle >= address + size ||
                section->moment >= before)
                continue;
            lost++;
            if (!freed_site)
                continue;
            section->record->freed_site = freed_site;
            section->record->freed_block_site = block_site;
            section->record->freed_ordinal = freed_ordinal;
            drop(section, true);
        }
    }
    rs_unlock(&ledger.lock);
    return lost;
}

void rs_resources_visit(void (*visit)(void *, uint32_t site, uint32_t ordinal, uint64_t size),
                        void *closure)
{
    rs_lock(&ledger.lock);
    for (uint32_t i = 0; i < ledger.record_count; i++) {
        const struct residue_resource *record = ledger.records[i];
        if (record->state == RESIDUE_RESOURCE_LIVE)
            visit(closure, record->site, record->ordinal, record->size);
    }
    rs_unlock(&ledger.lock);
}
