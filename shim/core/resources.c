#include "shim/core/resources.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/ranges.h"
#include "shim/core/released.h"
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
    uintptr_t owner;
    uint32_t kind;
    uint8_t class;
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
    /* Of the plan: the spaces of the kinds of these classes. */
    bool spaces_known;
    uint32_t buffer_space[4], buffer_spaces;
    uint32_t returned_space; /* UINT32_MAX: there is none */
} ledger;

void rs_resources_reset(void)
{
    rs_zero(&ledger, sizeof ledger);
    rs_sections_live = rs_buffers_live = 0;
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

uint32_t rs_sections_live, rs_buffers_live;

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

static uint32_t space_of(uint32_t kind)
{
    return kind < RS_KIND_BLOCK
               ? ((const struct residue_plan_kind *)rs_plan_at(rs.plan->kinds))[kind].space
               : kind;
}

static void find_spaces(void)
{
    const struct residue_plan_kind *kinds = rs_plan_at(rs.plan->kinds);
    ledger.spaces_known = true;
    ledger.returned_space = UINT32_MAX;
    for (uint32_t i = 0; i < rs.plan->kind_count; i++) {
        if (kinds[i].class == RESIDUE_CLASS_RETURNED && ledger.returned_space == UINT32_MAX)
            ledger.returned_space = kinds[i].space;
        else if (kinds[i].class == RESIDUE_CLASS_BUFFER && kinds[i].space == i &&
                 ledger.buffer_spaces < sizeof ledger.buffer_space / sizeof *ledger.buffer_space)
            ledger.buffer_space[ledger.buffer_spaces++] = i;
    }
}

static struct resource *find(uint32_t kind, uint64_t handle)
{
    struct key key = {space_of(kind), handle};
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

static struct resource *find_buffer(uint64_t handle)
{
    struct resource *buffer = NULL;
    if (!ledger.spaces_known)
        find_spaces();
    for (uint32_t i = 0; !buffer && i < ledger.buffer_spaces; i++)
        buffer = find(ledger.buffer_space[i], handle);
    return buffer;
}

/* Of linked buffers the first one. */
static const struct resource *root_of(const struct resource *resource)
{
    while (resource->parent && resource->parent->class == resource->class)
        resource = resource->parent;
    return resource;
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
    if (resource->class == RESIDUE_CLASS_CRITICAL_SECTION)
        section_leave(resource);
    else if (resource->class == RESIDUE_CLASS_BUFFER)
        rs_buffers_live--;
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
    record->thread = what->thread;
    __atomic_store_n(&record->state, RESIDUE_RESOURCE_LIVE, __ATOMIC_RELEASE);
}

/* What was known of a buffer's address before is over: it was released unseen. */
static void begin_buffer(const struct rs_acquisition *what)
{
    struct resource *stale = NULL;
    rs_buffers_live++;
    if (!ledger.spaces_known)
        find_spaces();
    if (ledger.returned_space != UINT32_MAX)
        stale = find(ledger.returned_space, what->handle);
    if (stale)
        drop(stale, false);
}

/* Links it to what it is released with, if anything. */
static void join(struct resource *resource, const struct rs_acquisition *what)
{
    struct resource *parent = NULL;
    resource->record->parent = 0;
    if (what->class == RESIDUE_CLASS_RETURNED)
        parent = find_buffer(what->handle);
    else if (what->parent)
        parent = find_parent(what->kind, what->parent);
    if (parent && parent != resource)
        attach(resource, parent);
    if (resource->parent && what->class != RESIDUE_CLASS_RETURNED)
        resource->record->parent = root_of(resource->parent)->record->handle;
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
    resource->key = (struct key){space_of(what->kind), what->handle};
    resource->kind = what->kind;
    resource->class = (uint8_t)what->class;
    resource->owner = what->owner;
    resource->moment = __atomic_fetch_add(&ledger.moment, 1, __ATOMIC_RELAXED);
    if (before) {
        HASH_DELETE(hh, ledger.table, before);
        resource->below = before;
    }
    enter(resource);
    if (what->class == RESIDUE_CLASS_BUFFER)
        begin_buffer(what);
    join(resource, what);
    fill(resource->record, what);
    if (what->class == RESIDUE_CLASS_MAPPING)
        enter_range(resource);
    else if (what->class == RESIDUE_CLASS_CRITICAL_SECTION)
        section_enter(resource);
    return resource;
}

/* ---- what others call ---- */

void rs_resource_acquire(const struct rs_acquisition *what)
{
    if (what->class == RESIDUE_CLASS_BUFFER || what->class == RESIDUE_CLASS_RETURNED)
        rs_released_forget(what->handle);
    rs_lock(&ledger.lock);
    acquire(what);
    rs_unlock(&ledger.lock);
}

static struct rs_acquisition describe(const struct resource *resource)
{
    const struct residue_resource *record = resource->record;
    return (struct rs_acquisition){.kind = resource->kind,
                                   .class = resource->class,
                                   .handle = record->handle,
                                   .size = record->size,
                                   .parent = record->parent,
                                   .site = record->site,
                                   .ordinal = record->ordinal,
                                   .thread = record->thread,
                                   .owner = resource->owner};
}

bool rs_resource_look(uint32_t kind, uint64_t handle, struct rs_acquisition *out)
{
    rs_lock(&ledger.lock);
    const struct resource *resource = find(kind, handle);
    if (resource)
        *out = describe(resource);
    rs_unlock(&ledger.lock);
    return resource;
}

bool rs_resource_release(uint32_t kind, uint64_t handle, struct rs_acquisition *taken)
{
    rs_lock(&ledger.lock);
    struct resource *resource = find(kind, handle);
    if (resource) {
        if (taken)
            *taken = describe(resource);
        drop(resource, false);
    }
    rs_unlock(&ledger.lock);
    return resource != NULL;
}

/* The first of what was linked to it is the root of the others from now on. */
static void leave_behind(struct resource *root)
{
    struct resource *heir = NULL;
    for (struct resource *child = root->children, *next; child; child = next) {
        next = child->next;
        if (child->class != RESIDUE_CLASS_BUFFER)
            continue;
        detach(child);
        child->record->parent = 0;
        if (heir)
            attach(child, heir);
        else
            heir = child;
        child->record->parent = child == heir ? 0 : heir->record->handle;
    }
}

bool rs_buffer_release_alone(uint64_t handle, struct rs_acquisition *taken)
{
    rs_lock(&ledger.lock);
    struct resource *buffer = find_buffer(handle);
    if (buffer) {
        *taken = describe(buffer);
        leave_behind(buffer);
        drop(buffer, false);
    }
    rs_unlock(&ledger.lock);
    return buffer != NULL;
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
        struct rs_acquisition part = {.kind = mapping->kind,
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
