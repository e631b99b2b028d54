#include "shim/core/resources.h"
#include "shim/core/resource.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/ranges.h"
#include "shim/core/released.h"
#include "shim/core/writer.h"

uint32_t rs_buffers_live;

static struct {
    struct rs_lock lock;
    struct rs_resource *unused;        /* released; their records are used again */
    struct residue_resource **records; /* every record ever made, for visits */
    uint32_t record_count, record_room;
    uint64_t moment; /* counts acquisitions; read without the lock */
    /* Of the plan: the spaces of the kinds of these classes. */
    bool spaces_known;
    uint32_t buffer_space[4], buffer_spaces;
    uint32_t returned_space; /* UINT32_MAX: there is none */
} ledger;

void rs_resources_reset(void)
{
    rs_zero(&ledger, sizeof ledger);
    rs_resource_table_reset();
    rs_sections_reset();
    rs_mappings_reset();
    rs_buffers_live = 0;
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

/* With a record, related to nothing; what it is of is the caller's to fill in. */
static struct rs_resource *resource_new(void)
{
    struct rs_resource *resource = ledger.unused;
    if (resource)
        ledger.unused = resource->next;
    else
        resource = rs_arena_take(sizeof *resource);
    if (resource && !resource->record)
        resource->record = record_new();
    if (!resource || !resource->record)
        return NULL;
    resource->below = resource->parent = resource->children = NULL;
    resource->next = resource->previous = NULL;
    resource->range.end = 0;
    return resource;
}

static void recycle(struct rs_resource *resource)
{
    resource->next = ledger.unused;
    ledger.unused = resource;
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

static struct rs_resource *find(uint32_t kind, uint64_t handle)
{
    return rs_resource_table_find((struct rs_resource_key){space_of(kind), handle});
}

/* A parent is of the same kind (linked buffers) or a private heap. */
static struct rs_resource *find_parent(uint32_t kind, uint64_t handle)
{
    struct rs_resource *parent = find(kind, handle);
    const struct residue_plan_kind *kinds = rs_plan_at(rs.plan->kinds);
    for (uint32_t i = 0; !parent && i < rs.plan->kind_count; i++)
        if (kinds[i].class == RESIDUE_CLASS_PRIVATE_HEAP)
            parent = find(i, handle);
    return parent;
}

static struct rs_resource *find_buffer(uint64_t handle)
{
    struct rs_resource *buffer = NULL;
    if (!ledger.spaces_known)
        find_spaces();
    for (uint32_t i = 0; !buffer && i < ledger.buffer_spaces; i++)
        buffer = find(ledger.buffer_space[i], handle);
    return buffer;
}

/* Of linked buffers the first one. */
static const struct rs_resource *root_of(const struct rs_resource *resource)
{
    while (resource->parent && resource->parent->class == resource->class)
        resource = resource->parent;
    return resource;
}

static void detach(struct rs_resource *resource)
{
    if (resource->previous)
        resource->previous->next = resource->next;
    else if (resource->parent)
        resource->parent->children = resource->next;
    if (resource->next)
        resource->next->previous = resource->previous;
    resource->parent = resource->next = resource->previous = NULL;
}

static void attach(struct rs_resource *resource, struct rs_resource *parent)
{
    resource->parent = parent;
    resource->next = parent->children;
    if (parent->children)
        parent->children->previous = resource;
    parent->children = resource;
}

/* ---- coming and going ---- */

/* Out of the table, its children with it. The record is FREE afterwards unless `keep`. */
void rs_resource_drop(struct rs_resource *resource, bool keep)
{
    while (resource->children)
        rs_resource_drop(resource->children, false);
    detach(resource);
    if (resource->class == RESIDUE_CLASS_CRITICAL_SECTION)
        rs_section_leave(resource);
    else if (resource->class == RESIDUE_CLASS_BUFFER)
        rs_buffers_live--;
    if (resource->range.end)
        rs_mapping_leave(resource);
    struct rs_resource *below = resource->below;
    rs_resource_table_remove(resource);
    if (below)
        rs_resource_table_enter(below);
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
    struct rs_resource *stale = NULL;
    rs_buffers_live++;
    if (!ledger.spaces_known)
        find_spaces();
    if (ledger.returned_space != UINT32_MAX)
        stale = find(ledger.returned_space, what->handle);
    if (stale)
        rs_resource_drop(stale, false);
}

/* Links it to what it is released with, if anything. */
static void join(struct rs_resource *resource, const struct rs_acquisition *what)
{
    struct rs_resource *parent = NULL;
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

struct rs_resource *rs_resource_enter(const struct rs_acquisition *what)
{
    const struct rs_resource_key key = {space_of(what->kind), what->handle};
    struct rs_resource *before = rs_resource_table_find(key);
    if (before && !what->counted) {
        rs_resource_drop(before, false);
        before = NULL;
    }
    struct rs_resource *resource = resource_new();
    if (!resource)
        return NULL;
    resource->key = key;
    resource->kind = what->kind;
    resource->class = (uint8_t)what->class;
    resource->owner = what->owner;
    resource->block_site = what->block_site;
    resource->block_ordinal = what->block_ordinal;
    resource->moment = ledger.moment;
    __atomic_store_n(&ledger.moment, resource->moment + 1, __ATOMIC_RELEASE);
    if (before) {
        rs_resource_table_remove(before);
        resource->below = before;
    }
    if (!rs_resource_table_enter(resource)) {
        recycle(resource);
        return NULL;
    }
    if (what->class == RESIDUE_CLASS_BUFFER)
        begin_buffer(what);
    join(resource, what);
    fill(resource->record, what);
    if (what->class == RESIDUE_CLASS_MAPPING)
        rs_mapping_enter(resource);
    else if (what->class == RESIDUE_CLASS_CRITICAL_SECTION)
        rs_section_enter(resource);
    return resource;
}

/* ---- what others call ---- */

void rs_resources_lock(void)
{
    rs_lock(&ledger.lock);
}

void rs_resources_unlock(void)
{
    rs_unlock(&ledger.lock);
}

void rs_resource_acquire(const struct rs_acquisition *what)
{
    rs_lock(&ledger.lock);
    if (what->class == RESIDUE_CLASS_BUFFER || what->class == RESIDUE_CLASS_RETURNED)
        rs_released_forget(what->handle);
    rs_resource_enter(what);
    rs_unlock(&ledger.lock);
}

static void describe(const struct rs_resource *resource, struct rs_acquisition *out)
{
    const struct residue_resource *record = resource->record;
    out->kind = resource->kind;
    out->class = resource->class;
    out->counted = false;
    out->handle = record->handle;
    out->size = record->size;
    out->parent = record->parent;
    out->site = record->site;
    out->ordinal = record->ordinal;
    out->thread = record->thread;
    out->owner = resource->owner;
    out->block_site = out->block_ordinal = 0;
}

bool rs_resource_look(uint32_t kind, uint64_t handle, struct rs_acquisition *out)
{
    rs_lock(&ledger.lock);
    const struct rs_resource *resource = find(kind, handle);
    if (resource)
        describe(resource, out);
    rs_unlock(&ledger.lock);
    return resource;
}

bool rs_resource_release(uint32_t kind, uint64_t handle, struct rs_acquisition *taken)
{
    rs_lock(&ledger.lock);
    struct rs_resource *resource = find(kind, handle);
    if (resource) {
        if (taken)
            describe(resource, taken);
        rs_resource_drop(resource, false);
    }
    rs_unlock(&ledger.lock);
    return resource != NULL;
}

/* The first of what was linked to it is the root of the others from now on. */
static void leave_behind(struct rs_resource *root)
{
    struct rs_resource *heir = NULL;
    for (struct rs_resource *child = root->children, *next; child; child = next) {
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
    struct rs_resource *buffer = find_buffer(handle);
    if (buffer) {
        describe(buffer, taken);
        leave_behind(buffer);
        rs_resource_drop(buffer, false);
    }
    rs_unlock(&ledger.lock);
    return buffer != NULL;
}

uint64_t rs_resources_now(void)
{
    return __atomic_load_n(&ledger.moment, __ATOMIC_ACQUIRE);
}

/* What a call returned was freed as the heap block that it is: nobody told, for that costs nothing
 * more than it must. */
static bool is_stale(const struct rs_resource *resource)
{
    struct rs_block block;
    return resource->block_site &&
           (!rs_ledger_look((uintptr_t)resource->key.handle, &block) ||
            block.site != resource->block_site || block.ordinal != resource->block_ordinal);
}

void rs_resources_visit(void (*visit)(void *, uint32_t site, uint32_t ordinal, uint64_t size),
                        void *closure)
{
    rs_lock(&ledger.lock);
    rs_resource_table_drop(is_stale);
    for (uint32_t i = 0; i < ledger.record_count; i++) {
        const struct residue_resource *record = ledger.records[i];
        if (record->state == RESIDUE_RESOURCE_LIVE)
            visit(closure, record->site, record->ordinal, record->size);
    }
    rs_unlock(&ledger.lock);
}
