/* Live critical sections by page: so that memory that goes tells cheaply whether one is lost in it.
 */
#include "shim/core/ledger.h"
#include "shim/core/resource.h"
#include "shim/core/table.h"
#include "shim/core/writer.h"

struct page {
    UT_hash_handle hh;
    uint64_t number;
    struct rs_resource *first;
};

static struct page *pages;

void rs_sections_reset(void)
{
    pages = NULL;
    rs_sections_live = 0;
}

static struct page *page_of(uint64_t handle)
{
    uint64_t number = handle >> 12;
    struct page *page = NULL;
    HASH_FIND(hh, pages, &number, sizeof number, page);
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

void rs_section_enter(struct rs_resource *resource)
{
    struct page *page = page_of(resource->key.handle);
    if (!page) {
        page = rs_arena_take(sizeof *page);
        if (!page)
            return;
        page->number = resource->key.handle >> 12;
        HASH_ADD(hh, pages, number, sizeof page->number, page);
    }
    resource->page_next = page->first;
    page->first = resource;
    count_section(resource->key.handle, 1);
}

void rs_section_leave(struct rs_resource *resource)
{
    struct page *page = page_of(resource->key.handle);
    struct rs_resource **link = page ? &page->first : NULL;
    while (link && *link && *link != resource)
        link = &(*link)->page_next;
    if (!link || !*link)
        return;
    *link = resource->page_next;
    count_section(resource->key.handle, -1);
}

uint32_t rs_sections_lost(uint64_t address, uint64_t size, uint64_t before, uint32_t block_site,
                          uint32_t freed_site, uint32_t freed_ordinal)
{
    uint32_t lost = 0;
    rs_resources_lock();
    for (uint64_t number = address >> 12; number <= (address + size - 1) >> 12; number++) {
        struct page *page = page_of(number << 12);
        struct rs_resource *next;
        for (struct rs_resource *section = page ? page->first : NULL; section; section = next) {
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
            rs_resource_drop(section, true);
        }
    }
    rs_resources_unlock();
    return lost;
}
