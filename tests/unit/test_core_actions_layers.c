/* What is acquired for something else that is acquired: it goes with that, or counts as it. */
#include "shim/core/blocks.h"
#include "tests/unit/core_actions.h"

/* ---- parents ---- */

Test(actions, linked_buffers_go_with_their_first)
{
    uint64_t out = 0;
    call("Malloc", 0x1000, 48, 0, 0);
    core_call(&(struct core_call){.thunk = core_watch("More", 0x1000),
                                  .argument = {16, 0x1000, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &out});
    cr_assert_eq(only(0x1234567890)->size, 16u);
    call("Free", 0, 0x1000, 0, 0);
    cr_assert_eq(core_live_count(), 0u);
}

Test(actions, a_heap_takes_its_blocks_along)
{
    call("HeapCreate", 0x77, 0, 0, 0);
    for (uint64_t i = 1; i <= 10; i++)
        call("HeapAlloc", 0x1000 * i, 0x77, 0, 8);
    call("Malloc", 0xb000, 8, 0, 0);
    cr_assert_eq(core_live_count(), 12u);
    call("HeapDestroy", 0, 0x77, 0, 0);
    cr_assert_eq(core_live_count(), 1u);
}

/* ---- layers ---- */

static __attribute__((noinline)) void block(uintptr_t address, size_t size)
{
    struct rs_regs regs = RS_CALLER_REGS();
    rs_block_acquired((void *)address, size, &regs);
    __asm__ volatile("");
}

static bool in_shadow(uintptr_t address)
{
    struct rs_block was;
    bool found = rs_ledger_take(address, &was);
    if (found)
        rs_ledger_put(address, was);
    return found;
}

static uint64_t take_blocks(void *unused)
{
    (void)unused;
    block(0x1000, 64); /* with a header before what is handed out */
    block(0x3000, 500);
    return 0x1010;
}

/* A part of a block of its own is handed out: that block counts once, under the outer name. What
 * else was allocated on the way stays. */
Test(actions, the_block_behind_a_buffer)
{
    core_call(&(struct core_call){
        .thunk = core_watch("Malloc", 0x1000), .argument = {48}, .body = take_blocks});
    cr_assert_eq(only(0x1010)->size, 48u);
    cr_assert_not(in_shadow(0x1000));
    cr_assert(in_shadow(0x3000));
}

static uint64_t take_and_fail(void *unused)
{
    take_blocks(unused);
    return 0;
}

Test(actions, blocks_of_one_that_fails_stay)
{
    core_call(&(struct core_call){
        .thunk = core_watch("Malloc", 0x1000), .argument = {48}, .body = take_and_fail});
    cr_assert(in_shadow(0x1000) && in_shadow(0x3000));
}

static uint64_t inner_malloc(void *unused)
{
    (void)unused;
    core_call(&(struct core_call){
        .thunk = core_watch("Malloc", 0x1000), .argument = {48}, .body = take_blocks});
    return 0x1020;
}

/* Three layers: a wrapper of an allocator of malloc. */
Test(actions, a_buffer_behind_a_buffer)
{
    core_call(&(struct core_call){
        .thunk = core_watch("Wrap", 0x2000), .argument = {32}, .body = inner_malloc});
    cr_assert_eq(only(0x1020)->size, 32u);
    cr_assert_not(known(BUFFER, 0x1010));
    cr_assert_not(in_shadow(0x1000));
    cr_assert(in_shadow(0x3000));
    cr_assert_eq(core_live_count(), 1u);
}

/* A block taken inside a pair, whatever became of that, is a slab when a part of it is handed out
 * later; one taken outside of pairs is a block of its own. */
Test(actions, blocks_of_earlier_calls)
{
    core_call(&(struct core_call){
        .thunk = core_watch("Malloc", 0x1000), .argument = {48}, .body = take_and_fail});
    call("Malloc", 0x1010, 48, 0, 0);
    cr_assert_not(in_shadow(0x1000), "it counts under the pair's name");
    block(0x5000, 64);
    call("Malloc", 0x5010, 16, 0, 0);
    cr_assert(in_shadow(0x5000));
}

static uint64_t inner_load(void *unused)
{
    (void)unused;
    call("Load", 0x5000, 0, 0, 0);
    return 0x77;
}

/* dlopen in LoadLibrary: one reference, under the outer name. */
Test(actions, a_load_in_a_load)
{
    core_call(&(struct core_call){.thunk = core_watch("LoadLibrary", 0x1000), .body = inner_load});
    cr_assert(known(MODULE, 0x77));
    cr_assert_not(known(MODULE, 0x5000));
    call("Load", 0x5000, 0, 0, 0);
    cr_assert(known(MODULE, 0x5000), "alone it counts");
}

static uint64_t inner_gate(void *unused)
{
    (void)unused;
    call("InitGate", 0, 0x6000, 0, 0);
    call("Load", 0x5000, 0, 0, 0);
    return 0x55;
}

static uint64_t inner_key(void *unused)
{
    (void)unused;
    call("OpenArg", 0, 0x66, 0, 0);
    return 0x55;
}

/* Things of a profile are layers of each other only within a kind: a door's key is left behind by
 * itself. */
Test(actions, a_key_in_a_key_and_in_a_door)
{
    core_call(
        &(struct core_call){.thunk = core_watch("OpenNotMinusOne", 0x1000), .body = inner_key});
    cr_assert(known(KEY, 0x55) && !known(KEY, 0x66));
    core_call(&(struct core_call){.thunk = core_watch("OpenDoor", 0x1000), .body = inner_key});
    cr_assert(known(DOOR, 0x55) && known(KEY, 0x66));
}

/* Other things that a call acquires are its own residue. */
Test(actions, other_things_in_a_load)
{
    core_call(&(struct core_call){
        .thunk = core_watch("OpenArg", 0x1000), .argument = {0x55}, .body = inner_gate});
    cr_assert(known(KEY, 0x55) && known(GATE, 0x6000) && known(MODULE, 0x5000));
}

/* ---- sections in what is released ---- */

Test(actions, a_section_in_a_buffer_that_goes)
{
    call("Malloc", 0x10000, 64, 0, 0);
    call("InitGate", 0, 0x10008, 0, 0);
    call("Free", 0, 0x10000, 0, 0);
    const struct residue_resource *lost = only(0x10008);
    cr_assert_neq(lost->freed_site, 0u);
    cr_assert_eq(lost->freed_ordinal, 1u);
    cr_assert_eq(rs_site(lost->freed_site)->path, path_of("Free")->id);
    cr_assert_eq(rs_site(lost->freed_block_site)->path, path_of("Malloc")->id);
}
