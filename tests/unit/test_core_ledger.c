/* The shadow: what is put at an address is what is taken from it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/resources.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind gate class=critical-section\n");
    core_sites(8);
}

TestSuite(ledger, .init = begin);

static void put(uintptr_t address, uint64_t size, uint32_t site, uint32_t ordinal)
{
    rs_ledger_put(address, (struct rs_block){size, site, ordinal});
}

static void expect(uintptr_t address, uint64_t size, uint32_t site, uint32_t ordinal)
{
    struct rs_block block = {0};
    cr_assert(rs_ledger_take(address, &block), "nothing at %#zx", (size_t)address);
    cr_assert(block.size == size && block.site == site && block.ordinal == ordinal,
              "%lu bytes, site %u, ordinal %u at %#zx", (unsigned long)block.size, block.site,
              block.ordinal, (size_t)address);
}

static void expect_nothing(uintptr_t address)
{
    struct rs_block block;
    cr_assert_not(rs_ledger_take(address, &block), "something at %#zx", (size_t)address);
}

Test(ledger, gives_back_what_it_was_given_once)
{
    put(0x7f1200001230, 48, 1, 17);
    expect_nothing(0x7f1200001220);
    expect_nothing(0x7f1200001240);
    expect_nothing(0x7f1200001238); /* inside the block */
    expect(0x7f1200001230, 48, 1, 17);
    expect_nothing(0x7f1200001230);
}

Test(ledger, every_size_and_ordinal)
{
    const uint64_t tib = (uint64_t)1 << 40;
    const uint64_t sizes[] = {0, 1, 63, 64, 65, UINT32_MAX, tib - 1, tib, (uint64_t)1 << 47};
    for (unsigned place = 0; place <= 16; place += 8) /* in the granule */
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
            put(0x10000 + place + i * 64, sizes[i], 1 + i, UINT32_MAX - i);
    for (unsigned place = 0; place <= 16; place += 8)
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
            expect(0x10000 + place + i * 64, sizes[i], 1 + i, UINT32_MAX - i);
}

/* What glibc takes for a block. */
static uintptr_t chunk(uint64_t size)
{
    return size < 24 ? 32 : (size + 23) & ~(uintptr_t)15;
}

/* Small blocks lie side by side; the size of a large one stands where no block can begin. */
Test(ledger, large_and_small_side_by_side)
{
    const uint64_t sizes[] = {64, 16, 1000, 63, 48, 80, 0, 100};
    for (unsigned round = 0; round < 2; round++) {
        uintptr_t address = 0x7f0000000010;
        for (uint32_t i = 0; i < 8; address += chunk(sizes[i++]))
            put(address, sizes[i], 1 + i, 10 + i);
        cr_assert_eq(rs_leaf_of(0x7f0000000010)->overflow, 0u, "none is aside");
        address = 0x7f0000000010;
        for (uint32_t i = 0; i < 8; address += chunk(sizes[i++])) {
            expect(address, sizes[i], 1 + i, 10 + i);
            if (sizes[i] >= RESIDUE_SMALL_SIZES)
                expect_nothing((address | 31) + 1); /* its size is no block */
        }
    }
    const struct residue_leaf *leaf = rs_leaf_of(0x7f0000000010);
    for (uint32_t i = 0; i < RESIDUE_LEAF_ENTRIES; i++)
        cr_assert_eq(leaf->entry[i], 0u, "%u", i);
}

/* No more sites than an entry can tell apart. */
Test(ledger, the_highest_site)
{
    put(0x20000, 40, RESIDUE_SITE_LIMIT - 1, UINT32_MAX);
    expect(0x20000, 40, RESIDUE_SITE_LIMIT - 1, UINT32_MAX);
}

/* An address that comes again without having been released (missed): the new block stands. */
Test(ledger, the_later_block_stands)
{
    put(0x20010, 100, 1, 1);
    put(0x20010, 200, 2, 2);
    expect(0x20010, 200, 2, 2);
    expect_nothing(0x20010);
}

/* Blocks of allocators that go below 32 bytes: all of them are kept, in whatever order they go. */
Test(ledger, neighbours_within_a_granule)
{
    for (unsigned order = 0; order < 24; order++) {
        unsigned left[4] = {0, 1, 2, 3}, choice = order;
        for (unsigned i = 0; i < 4; i++)
            put(0x30000 + 8 * i, 8 + i, 1 + i, 10 + i);
        for (unsigned count = 4; count; count--) {
            unsigned at = choice % count, which = left[at];
            choice /= count;
            left[at] = left[count - 1];
            expect(0x30000 + 8 * which, 8 + which, 1 + which, 10 + which);
        }
        for (unsigned i = 0; i < 4; i++)
            expect_nothing(0x30000 + 8 * i);
    }
}

/* One stands aside while its neighbour goes and comes again. */
Test(ledger, the_one_aside_stays_itself)
{
    put(0x40000, 8, 1, 1);
    put(0x40010, 16, 2, 2);
    expect(0x40000, 8, 1, 1);
    put(0x40000, 9, 3, 3);
    expect(0x40010, 16, 2, 2);
    expect(0x40000, 9, 3, 3);
    expect_nothing(0x40010);
}

/* What the analyzer reads is every block, wherever it stands. */
Test(ledger, the_reader_sees_all)
{
    put(0x40000, 8, 1, 1);
    put(0x40010, 16, 1, 2);
    put(0x7fffffffffe0, 24, 1, 3);
    put(0x555555550008, 32, 1, 4);
    rs_path(rs_site(1)->path)->started = 4;
    struct trace *trace = core_read();
    cr_assert_eq(trace->survivor_count, 4u);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(trace->survivors[i].ordinal, i + 1);
        cr_assert_eq(trace->survivors[i].size, 8 * (i + 1));
    }
    trace_close(trace);
}

/* User space ends at 2^47; nothing beyond is looked at, let alone written. */
Test(ledger, the_ends_of_the_address_space)
{
    put(0, 1, 1, 1); /* no block: the allocation failed */
    put(32, 1, 1, 1);
    put(0x7fffffffffff, 1, 2, 2);
    expect(0x7fffffffffff, 1, 2, 2);
    expect_nothing(0);
    expect(32, 1, 1, 1);
    const uintptr_t beyond[] = {(uintptr_t)1 << 47, 0xffff800000000000u, UINTPTR_MAX,
                                (uintptr_t)1 << 63};
    for (unsigned i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        expect_nothing(beyond[i]);
        cr_assert_null(rs_leaf_of(beyond[i]));
        cr_assert_not(rs_sections_near(beyond[i], 4096));
    }
}

Test(ledger, neighbouring_leaves_are_apart)
{
    put(0x7f00003fffe0, 64, 1, 1); /* its bytes reach into the next leaf */
    put(0x7f0000400000, 32, 2, 2);
    expect(0x7f0000400000, 32, 2, 2);
    expect(0x7f00003fffe0, 64, 1, 1);
}

/* A full trace takes no more blocks, but gives back those it has. */
Test(ledger, full)
{
    put(0x50000, 32, 1, 1);
    rs.trace_limit = rs.trace->end;
    put(0x7f0000000000, 32, 2, 2);
    cr_assert_not(rs_recording());
    expect_nothing(0x7f0000000000);
    expect(0x50000, 32, 1, 1);
}

/* ---- critical sections near ---- */

static void section(uintptr_t address)
{
    rs_resource_acquire(&(struct rs_acquisition){
        .kind = 0, .class = RESIDUE_CLASS_CRITICAL_SECTION, .handle = address, .site = 1});
}

Test(ledger, sections_near_by_page)
{
    cr_assert_not(rs_sections_near(0x100000, 1 << 20));
    section(0x103040);
    cr_assert(rs_sections_near(0x103000, 1));
    cr_assert(rs_sections_near(0x103fff, 0), "an empty block lies on a page too");
    cr_assert(rs_sections_near(0x102fff, 2));
    cr_assert_not(rs_sections_near(0x102fff, 1));
    cr_assert_not(rs_sections_near(0x104000, 1 << 20));
    cr_assert(rs_sections_near(0, 1 << 21));
    rs_resource_release(0, 0x103040, NULL);
    cr_assert_not(rs_sections_near(0x103000, 4096));
}

Test(ledger, sections_near_counts_each)
{
    section(0x103040);
    section(0x103080);
    rs_resource_release(0, 0x103040, NULL);
    cr_assert(rs_sections_near(0x103000, 16));
    rs_resource_release(0, 0x103040, NULL);
    cr_assert(rs_sections_near(0x103000, 16), "released twice: it is not known the second time");
    rs_resource_release(0, 0x103080, NULL);
    cr_assert_not(rs_sections_near(0x103000, 16));
}

/* Leaves of 4 MiB: the first, the last, one in the midst of many that are not there. */
Test(ledger, sections_near_across_leaves)
{
    section(0x7f0000400000);
    cr_assert(rs_sections_near(0x7f00003ff000, 4097));
    cr_assert_not(rs_sections_near(0x7f00003ff000, 4096));
    put(0x7f0000000000, 32, 1, 1); /* a leaf without sections before it */
    cr_assert(rs_sections_near(0x7f0000000000, (8 << 20)));
    cr_assert(rs_sections_near(0x100000, 0x7f0000400000 - 0x100000 + 1));
    cr_assert_not(rs_sections_near(0x100000, 0x7f0000400000 - 0x100000));
    cr_assert(rs_sections_near(0, (uint64_t)1 << 47));
    cr_assert_not(rs_sections_near(0x7f0000401000, ((uint64_t)1 << 47) - 0x7f0000401000));
    cr_assert_not(rs_sections_near(0x1000, UINT64_MAX), "no such block");
}

/* Blocks of several threads at once, each in granules of its own. */
static void *churn(void *of)
{
    uint32_t site = (uint32_t)(uintptr_t)of;
    for (uint32_t i = 0; i < 20000; i++) {
        uintptr_t address = 0x7f0000000000 + (uintptr_t)(i % 5000) * 128 + (site - 1) * 32;
        struct rs_block block = {0};
        put(address, site * 1000 + i, site, i);
        if (!rs_ledger_take(address, &block) || block.size != site * 1000 + i ||
            block.site != site || block.ordinal != i)
            return "lost";
    }
    return NULL;
}

Test(ledger, threads)
{
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
    for (unsigned i = 0; i < 4; i++) {
        void *problem;
        pthread_join(thread[i], &problem);
        cr_assert_null(problem);
    }
}
