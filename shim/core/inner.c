#include "shim/core/inner.h"
#include "shim/core/ledger.h"
#include "shim/core/resources.h"
#include "shim/core/table.h"
#include "shim/core/thread.h"

enum {
    PAGE_BITS = 12,
    PAGES_MOST = 256 /* larger blocks are no slabs, and would make each search longer */
};

struct layer {
    struct layer *next;
    uint64_t address, size;
    uint32_t kind; /* as in struct rs_recent */
    uint32_t site, ordinal;
};

/* Layers that begin on the same page. */
struct page {
    UT_hash_handle hh;
    uint64_t number;
    struct layer *first;
};

static struct {
    struct rs_lock lock;
    struct page *pages;
    struct layer *unused;
    uint64_t pages_most; /* that a layer covers: how far back a search goes; 0 = there is none */
} inner;

void rs_inner_reset(void)
{
    rs_zero(&inner, sizeof inner);
}

static struct page *page_of(uint64_t number)
{
    struct page *page = NULL;
    HASH_FIND(hh, inner.pages, &number, sizeof number, page);
    return page;
}

static bool covers(const struct layer *layer, uint64_t handle)
{
    return handle >= layer->address && handle - layer->address < layer->size;
}

/* What the ledgers have there, without taking it; a block put aside is not looked for. */
static bool look(uint64_t address, uint32_t kind, struct rs_block *out)
{
    if (kind != UINT32_MAX) {
        struct rs_acquisition there;
        if (!rs_resource_look(kind, address, &there))
            return false;
        *out = (struct rs_block){there.size, there.site, there.ordinal};
        return true;
    }
    return rs_ledger_look((uintptr_t)address, out);
}

/* Whether it still is what was remembered: it may have been released since, and the address used
 * again. */
static bool lives(const struct layer *layer)
{
    struct rs_block block;
    return look(layer->address, layer->kind, &block) && block.site == layer->site &&
           block.ordinal == layer->ordinal && block.size == layer->size;
}

/* ---- keeping ---- */

static void drop(struct layer **link)
{
    struct layer *layer = *link;
    *link = layer->next;
    layer->next = inner.unused;
    inner.unused = layer;
}

static void drop_dead(struct page *page)
{
    for (struct layer **link = &page->first; *link;) {
        if (lives(*link))
            link = &(*link)->next;
        else
            drop(link);
    }
}

static void insert(const struct layer *from)
{
    uint64_t number = from->address >> PAGE_BITS;
    uint64_t covered = ((from->address + from->size - 1) >> PAGE_BITS) - number + 1;
    struct page *page = page_of(number);
    if (!page) {
        page = rs_arena_take(sizeof *page);
        if (!page)
            return;
        page->number = number;
        HASH_ADD(hh, inner.pages, number, sizeof page->number, page);
    }
    drop_dead(page);
    struct layer *layer = inner.unused;
    if (layer)
        inner.unused = layer->next;
    else if (!(layer = rs_arena_take(sizeof *layer)))
        return;
    *layer = *from;
    layer->next = page->first;
    page->first = layer;
    if (covered > inner.pages_most)
        __atomic_store_n(&inner.pages_most, covered, __ATOMIC_RELAXED);
}

void rs_inner_keep(struct rs_thread *self)
{
    uint32_t count = self->recent_count < RS_RECENT_MAX ? self->recent_count : RS_RECENT_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct rs_recent *recent = &self->recent[i];
        struct layer layer = {
            .address = recent->address, .size = recent->size, .kind = recent->kind};
        struct rs_block block;
        if (!recent->size || recent->size > (uint64_t)PAGES_MOST << PAGE_BITS)
            continue;
        if (!look(recent->address, recent->kind, &block) || block.size != recent->size)
            continue;
        layer.site = block.site;
        layer.ordinal = block.ordinal;
        rs_lock(&inner.lock);
        insert(&layer);
        rs_unlock(&inner.lock);
    }
}

/* ---- handing out ---- */

static void absorb(uint64_t address, uint32_t kind)
{
    struct rs_block block;
    if (kind == UINT32_MAX)
        rs_ledger_take((uintptr_t)address, &block);
    else
        rs_resource_release(kind, address, NULL);
}

/* Of this call: the block was taken a moment ago. */
static bool hand_out_recent(struct rs_thread *self, uint64_t handle)
{
    uint32_t count = self->recent_count < RS_RECENT_MAX ? self->recent_count : RS_RECENT_MAX;
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        struct rs_recent *recent = &self->recent[i];
        if (handle < recent->address || handle >= recent->address + recent->size)
            continue;
        absorb(recent->address, recent->kind);
        recent->size = 0;
        found = true;
    }
    return found;
}

/* Takes the layer that `handle` lies in out of the table; false without one. */
static bool find(uint64_t handle, struct layer *found)
{
    uint64_t last = handle >> PAGE_BITS;
    for (uint64_t back = 0; back < inner.pages_most && back <= last; back++) {
        struct page *page = page_of(last - back);
        for (struct layer **link = page ? &page->first : NULL; link && *link;
             link = &(*link)->next) {
            if (!covers(*link, handle))
                continue;
            *found = **link;
            drop(link);
            return true;
        }
    }
    return false;
}

void rs_inner_hand_out(struct rs_thread *self, uint64_t handle)
{
    struct layer layer;
    if (hand_out_recent(self, handle) || !__atomic_load_n(&inner.pages_most, __ATOMIC_RELAXED))
        return;
    rs_lock(&inner.lock);
    bool found = find(handle, &layer);
    rs_unlock(&inner.lock);
    if (found && lives(&layer))
        absorb(layer.address, layer.kind);
}
