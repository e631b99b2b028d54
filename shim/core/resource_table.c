#include "shim/core/resource_table.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/resource.h"

enum { LEAST_BITS = 8 };

static struct {
    struct rs_resource **bucket;
    uint32_t bits; /* of their number */
    uint32_t count;
} table;

void rs_resource_table_reset(void)
{
    rs_zero(&table, sizeof table);
}

/* Handles are small numbers, or addresses that differ anywhere but in their lowest bits: of the
 * product the highest bits depend on all of these. */
static struct rs_resource **bucket_of(struct rs_resource_key key)
{
    uint64_t hash = (key.handle ^ key.kind << 48) * 0x9e3779b97f4a7c15u;
    return &table.bucket[hash >> (64 - table.bits)];
}

struct rs_resource *rs_resource_table_find(struct rs_resource_key key)
{
    if (!table.bucket)
        return NULL;
    struct rs_resource *resource = *bucket_of(key);
    while (resource && (resource->key.handle != key.handle || resource->key.kind != key.kind))
        resource = resource->in_bucket;
    return resource;
}

static void push(struct rs_resource *resource)
{
    struct rs_resource **bucket = bucket_of(resource->key);
    resource->in_bucket = *bucket;
    *bucket = resource;
}

/* Without memory it stays as large as it is. */
static void grow(void)
{
    struct rs_resource **old = table.bucket;
    size_t count = old ? (size_t)1 << table.bits : 0;
    uint32_t bits = old ? table.bits + 1 : LEAST_BITS;
    struct rs_resource **larger = rs_arena_take(((size_t)1 << bits) * sizeof *larger);
    if (!larger)
        return;
    table.bucket = larger;
    table.bits = bits;
    for (size_t i = 0; i < count; i++)
        for (struct rs_resource *resource = old[i], *next; resource; resource = next) {
            next = resource->in_bucket;
            push(resource);
        }
    if (old)
        rs_arena_give(old, count * sizeof *old);
}

bool rs_resource_table_enter(struct rs_resource *resource)
{
    if (!table.bucket || table.count >> table.bits)
        grow();
    if (!table.bucket)
        return false;
    push(resource);
    table.count++;
    return true;
}

void rs_resource_table_remove(struct rs_resource *resource)
{
    struct rs_resource **link = bucket_of(resource->key);
    while (*link != resource)
        link = &(*link)->in_bucket;
    *link = resource->in_bucket;
    table.count--;
}

/* What is dropped may take others with it, or give place to one: the bucket is begun anew. */
void rs_resource_table_drop(bool (*stale)(const struct rs_resource *))
{
    size_t count = table.bucket ? (size_t)1 << table.bits : 0;
    for (size_t i = 0; i < count; i++)
        for (struct rs_resource *resource = table.bucket[i]; resource;) {
            bool drop = stale(resource);
            if (drop)
                rs_resource_drop(resource, false);
            resource = drop ? table.bucket[i] : resource->in_bucket;
        }
}
