/* What must not be done with buffers, and what only looks like it. */
#include "shim/core/blocks.h"
#include "shim/core/capture.h"
#include "shim/core/misuse.h"
#include "tests/unit/core_buffers.h"

TestSuite(buffers_misuse, .init = begin);

/* ---- the wrong function ---- */

Test(buffers_misuse, a_row_set_freed_as_a_buffer)
{
    query_rows(AT(0));
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_FUNCTION);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("HrQueryAllRows"));
    cr_assert_eq(rs_site(misuse->site)->kind, 0u);
    cr_assert_eq(misuse->count, 1u);
    cr_assert_eq(misuse->first_ordinal, 1u);
    cr_assert_null(at(AT(0), "row set"));
    query_rows(AT(0));
    free_buffer(AT(0));
    cr_assert_leq(core_record_count(RESIDUE_RECORD_MISUSE), 2u);
}

Test(buffers_misuse, a_buffer_freed_as_a_row_set)
{
    get_property(AT(0), 0);
    call("FreeProws", 0, AT(0), 0, 0);
    only_misuse(RESIDUE_MISUSE_WRONG_FUNCTION);
}

/* SRowSet: a count, then for each row a pad, a count and its properties. */
static void fill_rows(uint64_t first, uint64_t second)
{
    memory[0][0] = 2;
    memory[0][1] = (uint64_t)1 << 32;
    memory[0][2] = first;
    memory[0][3] = (uint64_t)1 << 32;
    memory[1][0] = second;
}

static uint64_t free_each(void *closure)
{
    (void)closure;
    for (int i = 2; i < 4; i++)
        call_from_library(
            &(struct core_call){.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(i)}});
    return call_from_library(
        &(struct core_call){.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(0)}});
}

Test(buffers_misuse, rows_go_with_their_set)
{
    for (int seen = 0; seen < 2; seen++) { /* what FreeProws does inside is seen, or not */
        for (int i = 0; i < 4; i++)
            if (i != 1)
                allocate(AT(i));
        query_rows(AT(0));
        fill_rows(AT(2), AT(3));
        core_call(&(struct core_call){.thunk = thunk_of(seen ? "FreeProws" : "FreePadrlist"),
                                      .argument = {AT(0)},
                                      .body = seen ? free_each : NULL});
        for (int i = 0; i < 4; i++)
            cr_assert_null(at(AT(i), "MAPI buffer"), "row %d", i);
        cr_assert_null(at(AT(0), "row set"));
    }
    no_misuse();
}

Test(buffers_misuse, rows_that_are_none_are_not_followed)
{
    allocate(AT(2));
    fill_rows(AT(2), 0);
    memory[0][0] = UINT32_MAX;
    call("FreeProws", 0, AT(0), 0, 0);
    call("FreeProws", 0, 16, 0, 0);
    no_misuse();
}

/* ---- double free ---- */

Test(buffers_misuse, freed_twice)
{
    allocate(AT(0));
    free_buffer(AT(0));
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("MAPIAllocateBuffer"));
    cr_assert_eq(rs_site(misuse->released_site)->kind, 0u);
    cr_assert_neq(misuse->site, misuse->released_site);
}

Test(buffers_misuse, what_was_returned_is_named_when_it_is_freed_twice)
{
    get_property(AT(0), 0);
    free_buffer(AT(0));
    free_buffer(AT(0));
    cr_assert_eq(rs_site(only_misuse(RESIDUE_MISUSE_DOUBLE_FREE)->acquired_site)->path,
                 path_of("HrGetOneProp"));
}

Test(buffers_misuse, freed_and_had_again)
{
    allocate(AT(0));
    free_buffer(AT(0));
    get_property(AT(0), 0);
    free_buffer(AT(0));
    allocate(AT(0));
    free_buffer(AT(0));
    no_misuse();
}

Test(buffers_misuse, handed_out_again_by_a_call_nobody_knows)
{
    allocate(AT(0));
    free_buffer(AT(0));
    struct rs_thread *self = core_thread();
    struct rs_block slab = {1024, rs_capture_site(self, &CORE_REGS(), RS_KIND_BLOCK), 1};
    core_done(self);
    rs_ledger_put((uintptr_t)memory - 512, slab); /* its memory is another's by now */
    free_buffer(AT(0));
    no_misuse();
    rs_ledger_take((uintptr_t)memory - 512, &slab);
    free_buffer(AT(0));
    only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
}

Test(buffers_misuse, inner_releases_are_no_misuse)
{
    allocate(AT(0));
    struct core_call inner = {.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(0)}};
    for (int i = 0; i < 2; i++)
        core_call(&(struct core_call){
            .thunk = thunk_of("MAPILogonEx"), .body = call_inside, .closure = &inner});
    no_misuse();
}

/* ---- wrong allocators ---- */

Test(buffers_misuse, a_block_of_the_clients_freed_as_a_buffer)
{
    rs_block_acquired(memory[0], 24, &CORE_REGS());
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
    cr_assert_eq(misuse->resource_kind, rs_intern_kind(RS_KIND_BLOCK));
    cr_assert_eq(rs_site(misuse->acquired_site)->path, 0u);
}

static uint64_t take_block(void *closure)
{
    rs_block_acquired(closure, 24, &CORE_REGS());
    return 0;
}

Test(buffers_misuse, a_block_that_a_call_acquired_may_be_handed_out)
{
    core_call(&(struct core_call){
        .thunk = thunk_of("MAPILogonEx"), .body = take_block, .closure = memory[0]});
    free_buffer(AT(0));
    no_misuse();
}

Test(buffers_misuse, a_buffer_freed_as_a_block)
{
    allocate(AT(0));
    for (int i = 1; i < 4; i++)
        allocate_more(AT(0), AT(i));
    rs_block_stray(memory[0], &CORE_REGS());
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("MAPIAllocateBuffer"));
    cr_assert_null(at(AT(0), "MAPI buffer"));
    uint64_t root = 0; /* what was linked is lost with its root gone, and still one chain */
    for (int i = 1; i < 4; i++) {
        const struct residue_resource *linked = at(AT(i), "MAPI buffer");
        cr_assert_not_null(linked);
        root = linked->parent ? root : linked->handle;
    }
    for (int i = 1; i < 4; i++)
        cr_assert(AT(i) == root || at(AT(i), "MAPI buffer")->parent == root);
    rs_block_stray(memory[0], &CORE_REGS());
    only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
}

Test(buffers_misuse, its_own_makers_may_free_it_as_a_block)
{
    allocate(AT(0));
    struct rs_regs regs = CORE_REGS();
    regs.pc = library() + 1;
    rs_block_stray(memory[0], &regs);
    cr_assert_null(at(AT(0), "MAPI buffer"));
    no_misuse();
}

/* ---- the table of misuse ---- */

Test(buffers_misuse, misuse_is_counted)
{
    struct rs_misuse what = {.misuse = RESIDUE_MISUSE_DOUBLE_FREE, .site = 1, .acquired_site = 2};
    for (uint32_t ordinal = 3; ordinal < 103; ordinal++)
        rs_misuse(&what, ordinal);
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
    cr_assert_eq(misuse->count, 100u);
    cr_assert_eq(misuse->first_ordinal, 3u);
    cr_assert_eq(misuse->last_ordinal, 102u);
    what.acquired_site = 1;
    rs_misuse(&what, 1);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 2u);
    rs_misuse_reset();
    rs_misuse(&what, 1);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 3u);
}
