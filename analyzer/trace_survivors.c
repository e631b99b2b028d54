/* Survivors and resources, sorted by site and ordinal. There may be millions of survivors: they are
 * sorted where they are, some bits of the key at a time (McIlroy, Bostic and McIlroy, "Engineering
 * Radix Sort", 1993: American flag sort). */
#include "analyzer/array.h"
#include "analyzer/trace_records.h"

#include <stdlib.h>
#include <string.h>

/* ---- taking them in ---- */

static struct trace_survivor *survivor_room(struct trace_records *records, size_t more)
{
    void *grown = array_grow(records->survivors, sizeof *records->survivors,
                             records->survivor_count, &records->survivor_room, more);
    if (!grown)
        return NULL;
    records->survivors = grown;
    return records->survivors + records->survivor_count;
}

static struct trace_resource *resource_room(struct trace_records *records)
{
    void *grown = array_grow(records->resources, sizeof *records->resources,
                             records->resource_count, &records->resource_room, 1);
    if (!grown)
        return NULL;
    records->resources = grown;
    return records->resources + records->resource_count;
}

/* Millions of blocks may be alike in all that is known of them: most that are acquired outside, for
 * these have no ordinals of their own. They are counted, in so far as few of other kinds come
 * between them. There is room for one more. */
enum { ALIKE = 4096 };

static inline void add(struct trace_records *records, uint32_t site, uint32_t ordinal,
                       uint64_t size)
{
    uint64_t hash = (((uint64_t)site << 32 | ordinal) + size * 0x85ebca6bu) * 0x9e3779b97f4a7c15u;
    uint32_t *last = &records->alike[hash >> 52];
    _Static_assert(ALIKE == 1 << (64 - 52), "see the shift");
    if (*last) {
        struct trace_survivor *known = &records->survivors[*last - 1];
        if (known->site == site && known->ordinal == ordinal && known->size == size &&
            known->count < TRACE_COUNT_MOST) {
            known->count++;
            return;
        }
    }
    records->survivors[records->survivor_count++] = (struct trace_survivor){
        .site = site, .ordinal = ordinal, .size = size & TRACE_SIZE_MOST, .count = 1};
    *last = (uint32_t)records->survivor_count; /* 0 when there are too many for it: not known */
}

bool trace_records_entries(struct trace_records *records, const residue_entry *entries,
                           size_t count)
{
    if (!survivor_room(records, count) ||
        (!records->alike && !(records->alike = calloc(ALIKE, sizeof *records->alike))))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t size;
        if (entries[i] >= RESIDUE_ENTRY_EMPTY_BELOW &&
            residue_entry_size(entries[i], entries[i + 1], &size))
            add(records, residue_entry_site(entries[i]), residue_entry_ordinal(entries[i]), size);
    }
    return true;
}

size_t trace_survivors_columns(const struct residue_survivors *survivors)
{
    return 2u + !!(survivors->flags & RESIDUE_SURVIVORS_WIDE) +
           !!(survivors->flags & RESIDUE_SURVIVORS_COUNTED);
}

bool trace_survivors_take(struct trace_records *records, const struct residue_survivors *from)
{
    struct trace_survivor *out = survivor_room(records, (size_t)from->count);
    if (!out)
        return false;
    const uint32_t *ordinals = from->column, *sizes = ordinals + from->count,
                   *next = sizes + from->count, *upper = NULL, *counts = NULL;
    if (from->flags & RESIDUE_SURVIVORS_WIDE) {
        upper = next;
        next += from->count;
    }
    if (from->flags & RESIDUE_SURVIVORS_COUNTED)
        counts = next;
    uint32_t ordinal = 0;
    for (uint64_t i = 0; i < from->count; i++) {
        ordinal += ordinals[i];
        out[i] = (struct trace_survivor){
            .site = from->site,
            .ordinal = ordinal,
            .size = (sizes[i] | (upper ? (uint64_t)upper[i] << 32 : 0)) & TRACE_SIZE_MOST,
            .count = counts && counts[i] - 1 < TRACE_COUNT_MOST ? (uint16_t)counts[i] : 1};
    }
    records->survivor_count += (size_t)from->count;
    return true;
}

bool trace_resource_take(struct trace_records *records, const struct residue_resource *from)
{
    if (from->state != RESIDUE_RESOURCE_LIVE)
        return true;
    struct trace_survivor *survivor = survivor_room(records, 1);
    struct trace_resource *resource = resource_room(records);
    if (!survivor || !resource)
        return false;
    *survivor = (struct trace_survivor){.site = from->site,
                                        .ordinal = from->ordinal,
                                        .size = from->size & TRACE_SIZE_MOST,
                                        .count = 1};
    *resource = (struct trace_resource){.site = from->site,
                                        .ordinal = from->ordinal,
                                        .size = from->size,
                                        .handle = from->handle,
                                        .freed_site = from->freed_site,
                                        .freed_block_site = from->freed_block_site,
                                        .freed_ordinal = from->freed_ordinal,
                                        .parent = from->parent,
                                        .thread = from->thread};
    records->survivor_count++;
    records->resource_count++;
    return true;
}

/* ---- in order ---- */

enum { BITS = 6, BUCKETS = 1 << BITS, FEW = 24 };

static uint64_t key_of(const struct trace_survivor *survivor)
{
    return (uint64_t)survivor->site << 32 | survivor->ordinal;
}

static void insert(struct trace_survivor *survivors, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct trace_survivor one = survivors[i];
        size_t at = i;
        for (; at && key_of(&survivors[at - 1]) > key_of(&one); at--)
            survivors[at] = survivors[at - 1];
        survivors[at] = one;
    }
}

/* The bits in which the keys differ; 0 when they are in order already. */
static uint64_t disorder(const struct trace_survivor *survivors, size_t count)
{
    uint64_t differ = 0, first = key_of(survivors), before = first;
    bool sorted = true;
    for (size_t i = 1; i < count; i++) {
        uint64_t key = key_of(&survivors[i]);
        differ |= key ^ first;
        sorted = sorted && before <= key;
        before = key;
    }
    return sorted ? 0 : differ;
}

/* Puts each survivor into its bucket by following the chain of who lies in whose place. */
static void distribute(struct trace_survivor *survivors, const size_t *end, size_t *next,
                       size_t buckets, unsigned shift)
{
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        while (next[bucket] < end[bucket]) {
            struct trace_survivor one = survivors[next[bucket]];
            for (;;) {
                size_t place = (size_t)(key_of(&one) >> shift) & (buckets - 1);
                size_t at = next[place]++;
                if (place == bucket) {
                    survivors[at] = one;
                    break;
                }
                struct trace_survivor other = survivors[at];
                survivors[at] = one;
                one = other;
            }
        }
    }
}

/* Each level has the keys agree in up to BITS more bits: first those of the site, within which
 * survivors are often in order. */
static void sort(struct trace_survivor *survivors, size_t count)
{
    if (count <= FEW) {
        insert(survivors, count);
        return;
    }
    uint64_t differ = disorder(survivors, count);
    if (!differ)
        return;
    unsigned top = 63 - (unsigned)__builtin_clzll(differ), lowest = top >= 32 ? 32 : 0;
    unsigned shift = top >= lowest + BITS ? top - BITS + 1 : lowest;
    size_t end[BUCKETS], next[BUCKETS], buckets = (size_t)2 << (top - shift), sum = 0;
    memset(end, 0, buckets * sizeof *end);
    for (size_t i = 0; i < count; i++)
        end[key_of(&survivors[i]) >> shift & (buckets - 1)]++;
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        next[bucket] = sum;
        sum += end[bucket];
        end[bucket] = sum;
    }
    distribute(survivors, end, next, buckets, shift);
    for (size_t bucket = 0, from = 0; shift && bucket < buckets; from = end[bucket++])
        sort(survivors + from, end[bucket] - from);
}

int trace_survivors_order(const void *one, const void *other)
{
    const struct trace_survivor *a = one, *b = other;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

int trace_resources_order(const void *one, const void *other)
{
    const struct trace_resource *a = one, *b = other;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    return (a->handle > b->handle) - (a->handle < b->handle);
}

static bool known(const struct trace_records *records, const struct trace *trace, uint32_t site)
{
    return site <= trace->site_count && records->site_known[site];
}

/* Whether there is more to say of it than how many bytes of its site are left. */
static bool worth_keeping(const struct trace *trace, const struct trace_resource *resource)
{
    switch (trace->kinds[trace->sites[resource->site].kind].class) {
    case RESIDUE_CLASS_CRITICAL_SECTION:
    case RESIDUE_CLASS_PRIVATE_HEAP:
    case RESIDUE_CLASS_MODULE_REFERENCE:
    case RESIDUE_CLASS_INTERFACE_REFERENCE:
    case RESIDUE_CLASS_BUFFER:
    case RESIDUE_CLASS_RETURNED:
        return true;
    case RESIDUE_CLASS_OTHER: /* of one kind all are counted by thread, or none */
        return resource->thread;
    default:
        return false;
    }
}

static void finish_resources(struct trace_records *records, struct trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->resource_count; i++) {
        struct trace_resource *resource = &records->resources[i];
        if (!known(records, trace, resource->site) || !worth_keeping(trace, resource))
            continue;
        if (resource->freed_site > trace->site_count || !resource->freed_site)
            resource->freed_site = resource->freed_block_site = resource->freed_ordinal = 0;
        if (resource->freed_block_site > trace->site_count)
            resource->freed_block_site = 0;
        records->resources[kept++] = *resource;
    }
    if (kept)
        qsort(records->resources, kept, sizeof *records->resources, trace_resources_order);
    trace->resources = records->resources;
    trace->resource_count = records->resource_count = kept;
}

/* Live objects are survivors, some of them at sites that are added for it. */
static bool add_references(struct trace_records *records, struct trace *trace)
{
    struct trace_references more;
    bool fine = trace_references_of(trace, &more);
    trace->references = more.survivors;
    trace->reference_count = more.survivor_count;
    struct trace_site *sites = NULL;
    if (fine && more.site_count)
        fine = (sites = realloc(trace->sites, (trace->site_count + (size_t)more.site_count + 1) *
                                                  sizeof *sites)) != NULL;
    if (sites) {
        trace->sites = sites;
        memcpy(sites + trace->site_count + 1, more.sites, more.site_count * sizeof *sites);
        trace->site_count += more.site_count;
    }
    if (fine && more.survivor_count) {
        struct trace_survivor *room = survivor_room(records, more.survivor_count);
        fine = room != NULL;
        if (fine)
            memcpy(room, more.survivors, more.survivor_count * sizeof *room);
        records->survivor_count += fine ? more.survivor_count : 0;
    }
    free(more.sites);
    return fine;
}

bool trace_survivors_finish(struct trace_records *records, struct trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->survivor_count; i++)
        if (known(records, trace, records->survivors[i].site))
            records->survivors[kept++] = records->survivors[i];
    records->survivor_count = kept;
    finish_resources(records, trace);
    if (!add_references(records, trace))
        return false;
    trace_counts_of_survivors(records, trace);
    trace->resource_count = records->resource_count;
    sort(records->survivors, records->survivor_count);
    trace->survivors = records->survivors;
    trace->survivor_count = records->survivor_count;
    return true;
}

const struct trace_resource *trace_resources_of(const struct trace *trace, uint32_t site,
                                                size_t *count)
{
    size_t low = 0, high = trace->resource_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->resources[middle].site < site)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < trace->resource_count && trace->resources[end].site == site)
        end++;
    *count = end - low;
    return *count ? &trace->resources[low] : NULL;
}
