/* Heap blocks and mappings as the wrappers report them: site, call, and what lies in them. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include "shim/core/blocks.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/intern.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static struct rs_call_name open_name = {.text = "Open"};

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind gate class=critical-section\n");
    core_load_modules();
}

TestSuite(blocks, .init = begin);

/* Wrappers, as the malloc family has them; blocks are at whatever address the test says. */
static __attribute__((noinline)) void *take(uintptr_t address, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    residue_entry expected = rs_block_expected(regs.pc, regs.sp, regs.bp);
    if (expected)
        rs_ledger_enter(address, size, expected);
    else
        rs_block_acquired((void *)address, size, &regs);
    return (void *)address;
}

static __attribute__((noinline)) void give(uintptr_t address, struct rs_block *was)
{
    struct rs_regs regs = RS_CALLER_REGS();
    if (was || rs_block_forgotten((void *)address) == RS_NOT_SIMPLE)
        rs_block_released((void *)address, was, &regs);
    __asm__ volatile("");
}

static __attribute__((noinline)) void map(uintptr_t address, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_mapping_acquired((void *)address, size, &regs);
    __asm__ volatile("");
}

static __attribute__((noinline)) void unmap(uintptr_t address, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_mapping_released((void *)address, size, UINT64_MAX, &regs);
    __asm__ volatile("");
}

static struct rs_block block_at(uintptr_t address)
{
    struct rs_block block = {0};
    if (rs_ledger_take(address, &block))
        rs_ledger_put(address, block);
    return block;
}

/* Runs `body` inside a call. */
static __attribute__((noinline)) void in_call(void (*body)(void))
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    struct rs_thread *self = core_thread();
    cr_assert_not_null(rs_call_enter(self, frame, &open_name));
    core_done(self);
    body();
    self = core_thread();
    cr_assert_not_null(rs_call_at(self, frame));
    rs_call_leave(self);
    core_done(self);
}

static void take_one(void)
{
    static uintptr_t next = 0x7f0000000010;
    take(next, 48);
    next += 64;
}

Test(blocks, belong_to_the_call_they_are_taken_in)
{
    for (uint32_t i = 0; i < 100; i++)
        in_call(take_one);
    take_one();
    uint32_t site = block_at(0x7f0000000010).site;
    for (uint32_t i = 0; i < 100; i++) {
        struct rs_block block = block_at(0x7f0000000010 + 64 * i);
        cr_assert(block.size == 48 && block.site == site && block.ordinal == i + 1);
    }
    struct rs_block outside = block_at(0x7f0000000010 + 6400);
    cr_assert_eq(outside.ordinal, rs_modules_generation, "which tells the loads of a module apart");
    cr_assert_eq(rs_site(outside.site)->path, 0u);
    cr_assert_eq(rs_site(site)->path, rs_intern_path(0, rs_intern_name("Open", 0)));
}

/* Two places are two sites, one place is one; the stack leads to the test's own code. */
Test(blocks, the_stack_of_the_place)
{
    for (volatile unsigned i = 0; i < 3; i++) /* not to be unrolled: one place */
        take(0x10000 + 32 * i, 8);
    take(0x20000, 8);
    cr_assert_eq(block_at(0x10000).site, block_at(0x10040).site);
    cr_assert_neq(block_at(0x10000).site, block_at(0x20000).site);
    struct trace *trace = core_read();
    const struct trace_stack *stack = &trace->stacks[trace->sites[block_at(0x10000).site].stack];
    cr_assert_gt(stack->depth, 2u);
    cr_assert_eq(stack->flags, 0u, "it goes up to the thread's beginning");
    cr_assert_neq(trace->frames[stack->frame[0]].module, 0u);
    trace_close(trace);
}

Test(blocks, released_and_restored)
{
    take(0x10000, 48);
    struct rs_block was, expected = block_at(0x10000);
    give(0x10000, &was);
    cr_assert(was.size == 48 && was.site == expected.site);
    cr_assert_eq(block_at(0x10000).site, 0u);
    rs_block_restored((void *)0x10000, &was); /* realloc failed: it is there still */
    cr_assert_eq(block_at(0x10000).site, expected.site);
    give(0x10000, NULL);
    give(0x10000, &was);
    cr_assert_eq(was.site, 0u, "not known");
    rs_block_restored((void *)0x10000, &was);
    cr_assert_eq(block_at(0x10000).site, 0u);
    was.site = 7;
    give(0, &was);
    cr_assert_eq(was.site, 0u, "NULL is no block");
}

/* ---- events that can't be recorded ---- */

Test(blocks, missed_when_the_shim_is_interrupted)
{
    struct rs_thread *self = core_thread();
    take(0x10000, 48);
    core_done(self);
    cr_assert_eq(block_at(0x10000).site, 0u);
    cr_assert_eq(rs.trace->missed, 1u);
    take(0x10000, 48);
    cr_assert_neq(block_at(0x10000).site, 0u);
    cr_assert_eq(rs.trace->missed, 1u);
}

Test(blocks, missed_without_memory_for_the_thread)
{
    core_os.maps_left = 0;
    take(0x10000, 48);
    cr_assert_eq(rs.trace->missed, 1u);
    cr_assert_eq(block_at(0x10000).site, 0u);
}

/* ---- critical sections in a block that goes ---- */

static void section(uintptr_t address)
{
    rs_resource_acquire(&(struct rs_acquisition){.kind = 0,
                                                 .class = RESIDUE_CLASS_CRITICAL_SECTION,
                                                 .handle = address,
                                                 .site = rs_intern_site(0, 0, rs_intern_kind(0))});
}

static void free_it(void)
{
    give(0x10000, NULL);
}

Test(blocks, a_section_still_initialised_in_a_freed_block)
{
    take(0x10000, 64);
    take(0x10040, 64);
    uint32_t block_site = block_at(0x10000).site;
    section(0x10008);
    section(0x10048);
    in_call(free_it);
    struct trace *trace = core_read();
    unsigned lost = 0;
    for (size_t i = 0; i < trace->resource_count; i++) {
        const struct trace_resource *survivor = &trace->resources[i];
        if (!survivor->freed_site)
            continue;
        lost++;
        cr_assert_eq(survivor->handle, 0x10008u);
        cr_assert_eq(survivor->freed_block_site, block_site);
        cr_assert_eq(survivor->freed_ordinal, 1u);
        const struct trace_site *freed = &trace->sites[survivor->freed_site];
        cr_assert_eq(freed->kind, 0u);
        cr_assert_str_eq(trace->names[trace->paths[freed->path].name].text, "Open");
        cr_assert_gt(trace->stacks[freed->stack].depth, 2u);
    }
    cr_assert_eq(lost, 1u);
    trace_close(trace);
}

/* On the page of a section, but not in the block. */
Test(blocks, a_section_beside_the_freed_block)
{
    take(0x10000, 8);
    section(0x10008);
    give(0x10000, NULL);
    cr_assert(rs_resource_release(0, 0x10008, NULL), "it is not lost");
}

/* ---- mappings ---- */

static uint64_t mapped_bytes;

static void add_up(void *unused, uint32_t site, uint32_t ordinal, uint64_t size)
{
    (void)unused, (void)ordinal;
    if (rs_site(site)->kind == rs_intern_kind(RS_KIND_MAPPING))
        mapped_bytes += size;
}

static uint64_t mapped(void)
{
    rs_intern_kind(RS_KIND_MAPPING);
    mapped_bytes = 0;
    rs_resources_visit(add_up, NULL);
    return mapped_bytes;
}

Test(blocks, mappings)
{
    map(0x7f0000000000, 0x10000);
    map(0x7f0000004000, 0x1000); /* MAP_FIXED into it */
    cr_assert_eq(mapped(), 0x10000u);
    unmap(0x7f0000000000, 0x4000);
    cr_assert_eq(mapped(), 0xc000u);
    unmap(0x7f0000000000, 0x10000);
    cr_assert_eq(mapped(), 0u);
}

Test(blocks, a_section_in_a_mapping_that_goes)
{
    map(0x7f0000000000, 0x10000);
    section(0x7f0000008010);
    unmap(0x7f0000000000, 0x8000);
    cr_assert(core_live(0, 0x7f0000008010));
    unmap(0x7f0000008000, 0x1000);
    cr_assert_not(rs_resource_release(0, 0x7f0000008010, NULL), "it can't be deleted any more");
    struct trace *trace = core_read();
    unsigned lost = 0;
    for (size_t i = 0; i < trace->resource_count; i++)
        lost += trace->resources[i].freed_site != 0;
    cr_assert_eq(lost, 1u);
    trace_close(trace);
}

/* ---- threads ---- */

static void *churn(void *base)
{
    for (unsigned i = 0; i < 20000; i++) {
        uintptr_t address = (uintptr_t)base + i % 1000 * 48;
        struct rs_block was;
        take(address, i);
        give(address, &was);
        if (!was.site || was.size != i)
            return "lost";
    }
    take((uintptr_t)base, 1);
    return NULL;
}

Test(blocks, threads)
{
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)(0x10010 + (i << 20))), 0);
    for (unsigned i = 0; i < 4; i++) {
        void *problem;
        pthread_join(thread[i], &problem);
        cr_assert_null(problem);
    }
    cr_assert_eq(rs.trace->missed, 0u);
    struct trace *trace = core_read();
    cr_assert_eq(trace->survivor_count, 1u, "one stack in all, one ordinal, one size");
    cr_assert_eq(trace->survivors[0].count, 4u);
    trace_close(trace);
}
