/* The ledger of everything that is no block: by kind and handle. */
#include <criterion/criterion.h>
#include <pthread.h>
#include "shim/core/arena.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

enum { TICKET, GATE, HEAP, BUFFER };

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind ticket class=other counted\n"
                           "kind gate class=critical-section\n"
                           "kind heap class=private-heap\n"
                           "kind buffer class=buffer\n");
    core_sites(9);
}

TestSuite(resources, .init = begin);

static void acquire(uint32_t kind, uint64_t handle, uint64_t size, uint32_t site)
{
    static const uint32_t class[] = {RESIDUE_CLASS_OTHER, RESIDUE_CLASS_CRITICAL_SECTION,
                                     RESIDUE_CLASS_PRIVATE_HEAP, RESIDUE_CLASS_BUFFER};
    rs_resource_acquire(&(struct rs_acquisition){.kind = kind,
                                                 .class = class[kind],
                                                 .counted = kind == TICKET,
                                                 .handle = handle,
                                                 .size = size,
                                                 .site = site,
                                                 .ordinal = 10 * site});
}

static void acquire_in(uint64_t parent, uint32_t kind, uint64_t handle, uint32_t site)
{
    rs_resource_acquire(&(struct rs_acquisition){.kind = kind,
                                                 .class = RESIDUE_CLASS_BUFFER,
                                                 .handle = handle,
                                                 .size = 16,
                                                 .parent = parent,
                                                 .site = site,
                                                 .ordinal = 10 * site});
}

/* Live resources: how many, and the sum of their sites as a fingerprint of which. */
struct live {
    unsigned count, sites;
    uint64_t bytes;
};

static void add_up(void *closure, uint32_t site, uint32_t ordinal, uint64_t size)
{
    struct live *live = closure;
    cr_assert_eq(ordinal, 10 * site);
    live->count++;
    live->sites += 1u << site;
    live->bytes += size;
}

static struct live live_now(void)
{
    struct live live = {0};
    rs_resources_visit(add_up, &live);
    return live;
}

/* Live resources of this handle, whatever they are, as the trace has them. */
static unsigned held(uint64_t handle)
{
    unsigned count = 0;
    const struct residue_resource *record;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        count += record->state == RESIDUE_RESOURCE_LIVE && record->handle == handle;
    return count;
}

Test(resources, released_once)
{
    struct rs_acquisition taken;
    acquire(BUFFER, 0x1000, 40, 1);
    cr_assert_eq(held(0x1000), 1u);
    cr_assert_not(rs_resource_release(GATE, 0x1000, &taken), "another kind of thing there");
    cr_assert(rs_resource_release(BUFFER, 0x1000, &taken));
    cr_assert(taken.kind == BUFFER && taken.handle == 0x1000 && taken.size == 40 &&
              taken.site == 1 && taken.ordinal == 10);
    cr_assert_eq(held(0x1000), 0u);
    cr_assert_not(rs_resource_release(BUFFER, 0x1000, NULL));
    cr_assert_eq(live_now().count, 0u);
}

Test(resources, handles_of_any_value)
{
    const uint64_t handles[] = {0, 1, UINT64_MAX, (uint64_t)1 << 47, 0xffff800000001000u};
    for (unsigned i = 0; i < 5; i++) {
        acquire(TICKET, handles[i], 0, 1);
        acquire(GATE, handles[i], 0, 2);
    }
    cr_assert_eq(live_now().count, 10u);
    for (unsigned i = 0; i < 5; i++)
        cr_assert(rs_resource_release(TICKET, handles[i], NULL) &&
                  rs_resource_release(GATE, handles[i], NULL));
    cr_assert_eq(live_now().count, 0u);
}

/* A handle that comes again was released unseen: one is left, the later. */
Test(resources, not_counted_replaces)
{
    acquire(BUFFER, 0x1000, 40, 1);
    acquire(BUFFER, 0x1000, 50, 2);
    struct live live = live_now();
    cr_assert(live.count == 1 && live.sites == 1u << 2 && live.bytes == 50);
    cr_assert(rs_resource_release(BUFFER, 0x1000, NULL));
    cr_assert_not(rs_resource_release(BUFFER, 0x1000, NULL));
}

/* Counted: as many releases as acquisitions, last in, first out. */
Test(resources, counted_piles_up)
{
    struct rs_acquisition taken;
    for (uint32_t site = 1; site <= 5; site++)
        acquire(TICKET, 7, 0, site);
    cr_assert_eq(live_now().count, 5u);
    for (uint32_t site = 5; site >= 1; site--) {
        cr_assert_eq(held(7), site);
        cr_assert(rs_resource_release(TICKET, 7, &taken));
        cr_assert_eq(taken.site, site);
    }
    cr_assert_not(rs_resource_release(TICKET, 7, NULL));
    acquire(TICKET, 7, 0, 6);
    cr_assert_eq(live_now().sites, 1u << 6);
}

/* What is released is used again: the trace does not grow with the calls. */
Test(resources, bounded_by_what_is_live)
{
    uint64_t bytes = 0;
    for (unsigned round = 0; round < 1000; round++) {
        for (uint32_t i = 0; i < 50; i++)
            acquire(i % 4, 0x1000 + i * 64, i, 1 + i % 9);
        for (uint32_t i = 0; i < 50; i++)
            cr_assert(rs_resource_release(i % 4, 0x1000 + i * 64, NULL));
        if (round == 10)
            bytes = rs_arena_bytes();
    }
    cr_assert_eq(rs_arena_bytes(), bytes);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_RESOURCE), 50u);
}

/* ---- parents ---- */

Test(resources, a_chain_goes_with_its_head)
{
    acquire(BUFFER, 0x1000, 8, 1);
    acquire_in(0x1000, BUFFER, 0x2000, 2);
    acquire_in(0x1000, BUFFER, 0x3000, 3);
    acquire_in(0x2000, BUFFER, 0x4000, 4);
    acquire(BUFFER, 0x5000, 8, 5);
    cr_assert(rs_resource_release(BUFFER, 0x3000, NULL), "a link may go alone");
    cr_assert_eq(live_now().sites, 1u << 1 | 1u << 2 | 1u << 4 | 1u << 5);
    cr_assert(rs_resource_release(BUFFER, 0x1000, NULL));
    cr_assert_eq(live_now().sites, 1u << 5);
    cr_assert_eq(held(0x4000), 0u);
}

/* HeapDestroy: what was allocated from the heap goes, whatever its kind. */
Test(resources, a_private_heap_takes_its_blocks_along)
{
    acquire(HEAP, 0x77, 0, 1);
    for (uint32_t i = 0; i < 100; i++)
        acquire_in(0x77, BUFFER, 0x1000 + 64 * i, 2);
    acquire_in(0x88, BUFFER, 0x9000, 3); /* of a heap that is not known */
    for (uint32_t i = 0; i < 100; i += 3)
        rs_resource_release(BUFFER, 0x1000 + 64 * i, NULL);
    cr_assert(rs_resource_release(HEAP, 0x77, NULL));
    cr_assert_eq(live_now().sites, 1u << 3);
    cr_assert_eq(live_now().count, 1u);
}

Test(resources, nothing_is_its_own_parent)
{
    acquire_in(0x1000, BUFFER, 0x1000, 1);
    cr_assert(rs_resource_release(BUFFER, 0x1000, NULL));
    cr_assert_eq(live_now().count, 0u);
}

/* A head whose address comes again: its old links must not go with the new one. */
Test(resources, links_of_a_replaced_head)
{
    acquire(BUFFER, 0x1000, 8, 1);
    acquire_in(0x1000, BUFFER, 0x2000, 2);
    acquire(BUFFER, 0x1000, 8, 3);
    cr_assert_eq(live_now().sites, 1u << 3, "they went with the head they hung on");
    acquire_in(0x1000, BUFFER, 0x2000, 4);
    rs_resource_release(BUFFER, 0x1000, NULL);
    cr_assert_eq(live_now().count, 0u);
}

/* ---- mappings ---- */

static void map(uint64_t address, uint64_t size, uint32_t site)
{
    rs_resource_acquire(&(struct rs_acquisition){.kind = RS_KIND_MAPPING,
                                                 .class = RESIDUE_CLASS_MAPPING,
                                                 .handle = address,
                                                 .size = size,
                                                 .site = site,
                                                 .ordinal = 10 * site});
}

static bool mapped(uint64_t address)
{
    return held(address);
}

static bool unmap(uint64_t address, uint64_t size)
{
    return rs_mapping_release(address, size, UINT64_MAX);
}

Test(resources, a_mapping_is_released_in_parts)
{
    map(0x10000, 0x10000, 1);
    unmap(0x14000, 0x4000); /* a hole: two are left */
    cr_assert(mapped(0x10000) && mapped(0x18000) && !mapped(0x14000));
    cr_assert_eq(live_now().bytes, 0xc000u);
    unmap(0x10000, 0x1000); /* at its beginning */
    cr_assert(!mapped(0x10000) && mapped(0x11000));
    unmap(0x1f000, 0x1000); /* at an end */
    cr_assert_eq(live_now().bytes, 0x3000u + 0x7000);
    unmap(0x12000, 0x8000); /* over both */
    cr_assert_eq(live_now().bytes, 0x1000u + 0x5000);
    unmap(0, 1 << 30);
    cr_assert_eq(live_now().count, 0u);
}

Test(resources, neighbours_of_a_released_range_stay)
{
    map(0x10000, 0x1000, 1);
    map(0x11000, 0x1000, 2);
    map(0x12000, 0x1000, 3);
    unmap(0x11000, 0x1000);
    cr_assert_eq(live_now().sites, 1u << 1 | 1u << 3);
    unmap(0x11000, 0x1000);
    unmap(0x11000, 0);
    cr_assert_eq(live_now().count, 2u);
}

/* A mapping over the whole of what is left of the address space does not wrap around. */
Test(resources, mappings_at_the_end)
{
    map(0x7ffffffff000, 0x1000, 1);
    map(0x1000, 0x1000, 2);
    unmap(0x7ffffffff000, 0x1000);
    cr_assert_eq(live_now().sites, 1u << 2);
}

/* The system unmaps first; what another thread was given there meanwhile is not what went. */
Test(resources, a_younger_mapping_at_the_same_place)
{
    map(0x10000, 0x4000, 1);
    uint64_t before = rs_resources_now();
    unmap(0x11000, 0x1000); /* what is left is as old as the whole was */
    map(0x11000, 0x1000, 2);
    cr_assert(rs_mapping_release(0x10000, 0x4000, before));
    cr_assert_eq(live_now().sites, 1u << 2);
    cr_assert_not(rs_mapping_release(0x10000, 0x4000, before));
    cr_assert(rs_mapping_release(0x10000, 0x4000, rs_resources_now()));
    cr_assert_eq(live_now().count, 0u);
}

Test(resources, a_part_of_a_mapping_is_known)
{
    map(0x10000, 0x4000, 1);
    cr_assert(rs_mapping_known(0x10000, 1));
    cr_assert(rs_mapping_known(0x13fff, 1));
    cr_assert(rs_mapping_known(0, 1 << 20));
    cr_assert_not(rs_mapping_known(0xf000, 0x1000));
    cr_assert_not(rs_mapping_known(0x14000, 0x1000));
}

/* ---- critical sections in memory that goes ---- */

Test(resources, sections_lost_with_their_memory)
{
    acquire(GATE, 0x1000, 0, 1);
    acquire(GATE, 0x1ff8, 0, 2);
    acquire(GATE, 0x2000, 0, 3);
    acquire(GATE, 0x5000, 0, 4);
    cr_assert_eq(rs_sections_lost(0x1000, 0x1000, UINT64_MAX, 0, 0, 0), 2u, "counting only");
    cr_assert_eq(rs_sections_lost(0x1008, 0xff8, UINT64_MAX, 0, 0, 0), 1u);
    cr_assert_eq(rs_sections_lost(0x1008, 0xff0, UINT64_MAX, 0, 0, 0), 0u);
    cr_assert_eq(rs_sections_lost(0x1000, 0x1001, UINT64_MAX, 7, 8, 9), 3u);
    cr_assert_eq(rs_sections_lost(0x1000, 0x1001, UINT64_MAX, 7, 8, 9), 0u,
                 "they are lost already");
    cr_assert_not(rs_sections_near(0x1000, 0x3000));
    cr_assert(rs_sections_near(0x5000, 1));
    cr_assert_eq(live_now().count, 4u, "what is lost is left behind for good");
    for (unsigned i = 0; i < 4; i++) {
        const struct residue_resource *record = core_record(RESIDUE_RECORD_RESOURCE, i);
        bool lost = record->site != 4;
        cr_assert_eq(record->state, (uint32_t)RESIDUE_RESOURCE_LIVE);
        cr_assert_eq(record->freed_site, lost ? 8u : 0u);
        cr_assert_eq(record->freed_block_site, lost ? 7u : 0u);
        cr_assert_eq(record->freed_ordinal, lost ? 9u : 0u);
    }
}

Test(resources, a_younger_section_in_memory_that_went)
{
    acquire(GATE, 0x1000, 0, 1);
    uint64_t before = rs_resources_now();
    acquire(GATE, 0x1040, 0, 2);
    cr_assert_eq(rs_sections_lost(0x1000, 0x1000, before, 7, 8, 9), 1u);
    cr_assert(rs_resource_release(GATE, 0x1040, NULL));
    cr_assert_not(rs_resource_release(GATE, 0x1000, NULL));
}

/* The memory is used again: the new section is a thing of its own, and the lost one stays lost. */
Test(resources, a_section_where_one_was_lost)
{
    acquire(GATE, 0x1000, 0, 1);
    rs_sections_lost(0x1000, 64, UINT64_MAX, 7, 8, 9);
    cr_assert_not(rs_resource_release(GATE, 0x1000, NULL));
    acquire(GATE, 0x1000, 0, 2);
    cr_assert(rs_resource_release(GATE, 0x1000, NULL));
    cr_assert_eq(live_now().sites, 1u << 1);
}

Test(resources, a_section_initialised_twice)
{
    acquire(GATE, 0x1000, 0, 1);
    acquire(GATE, 0x1000, 0, 2);
    cr_assert_eq(rs_sections_lost(0x1000, 64, UINT64_MAX, 0, 0, 0), 1u);
    rs_resource_release(GATE, 0x1000, NULL);
    cr_assert_not(rs_sections_near(0x1000, 64));
}

/* ---- threads, forks ---- */

static void *churn(void *kind)
{
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t handle = 0x1000 + i % 300 * 32 + (uintptr_t)kind;
        acquire((uint32_t)(uintptr_t)kind, handle, i, 1);
        if (!rs_resource_release((uint32_t)(uintptr_t)kind, handle, NULL))
            return "lost";
    }
    return NULL;
}

Test(resources, threads)
{
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)i), 0);
    for (unsigned i = 0; i < 4; i++) {
        void *problem;
        pthread_join(thread[i], &problem);
        cr_assert_null(problem);
    }
    cr_assert_eq(live_now().count, 0u);
    cr_assert_not(rs_sections_near(0, 1 << 20));
}

Test(resources, a_child_forgets_all)
{
    acquire(TICKET, 7, 0, 1);
    map(0x10000, 0x1000, 1);
    rs_resources_reset();
    cr_assert_not(rs_resource_release(TICKET, 7, NULL));
    cr_assert_eq(live_now().count, 0u);
    unmap(0, 1 << 30);
}

/* The table grows under them: what is the same place's of two kinds stays apart, and the rest is
 * where it was. */
Test(resources, many)
{
    enum { MANY = 5000 };
    struct rs_acquisition taken;
    for (uint64_t i = 0; i < MANY; i++) {
        acquire(BUFFER, 0x1000 + 16 * i, i, 1 + i % 8);
        acquire(HEAP, 0x1000 + 16 * i, 2 * i, 9);
    }
    for (uint64_t i = 0; i < MANY; i += 2)
        cr_assert(rs_resource_release(BUFFER, 0x1000 + 16 * i, &taken) && taken.size == i);
    for (uint64_t i = 0; i < MANY; i++) {
        cr_assert_eq(rs_resource_look(BUFFER, 0x1000 + 16 * i, &taken), i % 2, "%zu", (size_t)i);
        cr_assert(i % 2 == 0 || (taken.size == i && taken.site == 1 + i % 8));
        cr_assert(rs_resource_release(HEAP, 0x1000 + 16 * i, &taken) && taken.size == 2 * i);
    }
}
