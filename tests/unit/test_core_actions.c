/* What a watched function acquires, releases and resizes, by its profile. */
#include <criterion/criterion.h>
#include <string.h>
#include "shim/core/blocks.h"
#include "shim/core/capture.h"
#include "shim/core/intern.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static const char *profile =
    "kind ticket class=other counted\n"
    "kind key class=other\n"
    "kind door class=other\n"
    "kind buffer class=buffer\n"
    "kind heap class=private-heap\n"
    "kind gate class=critical-section\n"
    "kind module class=module-reference counted\n"
    "acquire OpenOut key handle=out2\n"
    "acquire OpenArg key handle=arg1\n"
    "acquire OpenZero key handle=arg1 ok=zero\n"
    "acquire OpenNonnegative key handle=arg1 ok=nonnegative\n"
    "acquire OpenNotMinusOne key ok=not-minus-one\n"
    "acquire OpenEighth key handle=arg8 size=arg7\n"
    "acquire OpenMost key handle=arg1 ok=nonzero call=outermost\n"
    "acquire OpenQuiet key handle=arg1 call=never\n"
    "acquire OpenDoor door\n"
    "release CloseKey key\n"
    "release CloseZero key ok=zero\n"
    "release CloseThird key handle=arg3\n"
    "acquire Calloc buffer size=arg1*arg2\n"
    "acquire Malloc buffer size=arg1\n"
    "acquire Wrap buffer size=arg1\n"
    "resize Realloc buffer from=arg1 size=arg2\n"
    "resize ReallocOut buffer from=arg1 handle=out2 size=arg3\n"
    "release Free buffer\n"
    "acquire More buffer handle=out3 size=arg1 parent=arg2 ok=zero\n"
    "acquire HeapCreate heap\n"
    "acquire HeapAlloc buffer size=arg3 parent=arg1\n"
    "release HeapDestroy heap\n"
    "pair Init Cleanup handle=none release-handle=none ok=zero kind=ticket\n"
    "acquire InitGate gate handle=arg1 ok=any call=never\n"
    "acquire LoadLibrary module\n"
    "acquire Load module\n"
    "release FreeLibrary module\n";

enum { TICKET, KEY, DOOR, BUFFER, HEAP, GATE, MODULE };

static void begin(void)
{
    core_begin(CORE_LIMIT, profile);
    core_load_modules();
}

TestSuite(actions, .init = begin);

static uint64_t call(const char *name, uint64_t result, uint64_t first, uint64_t second,
                     uint64_t third)
{
    return core_call(&(struct core_call){
        .thunk = core_watch(name, 0x1000), .argument = {first, second, third}, .result = result});
}

static bool known(uint32_t kind, uint64_t handle)
{
    return core_live(kind, handle);
}

static const struct residue_resource *only(uint64_t handle)
{
    const struct residue_resource *found = NULL, *record;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        if (record->state == RESIDUE_RESOURCE_LIVE && record->handle == handle) {
            cr_assert_null(found, "%#zx is there twice", (size_t)handle);
            found = record;
        }
    cr_assert_not_null(found, "%#zx is not there", (size_t)handle);
    return found;
}

static unsigned live(void)
{
    unsigned count = 0;
    const struct residue_resource *record;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        count += record->state == RESIDUE_RESOURCE_LIVE;
    return count;
}

static const struct residue_path *path_of(const char *name)
{
    return rs_path(rs_intern_path(0, rs_intern_name(name, 0)));
}

/* ---- where the handle is, and whether it counts ---- */

Test(actions, the_handle_is_returned)
{
    cr_assert_eq(call("OpenNotMinusOne", 0x77, 0, 0, 0), 0x77u, "the result is the function's");
    cr_assert(known(KEY, 0x77));
    cr_assert_eq(only(0x77)->ordinal, 1u);
    call("CloseKey", 0, 0x77, 0, 0);
    cr_assert_not(known(KEY, 0x77));
    cr_assert_eq(live(), 0u);
}

static uint64_t hand_out(void *closure)
{
    *(uint64_t *)closure = 0x1234567890;
    return 0;
}

/* The out-parameter is read afterwards; all of its 64 bits. */
Test(actions, the_handle_comes_out)
{
    uint64_t out = 0x99;
    core_call(&(struct core_call){.thunk = core_watch("OpenOut", 0x1000),
                                  .argument = {5, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &out});
    cr_assert(known(KEY, 0x1234567890));
    cr_assert_eq(live(), 1u);
}

Test(actions, no_out_parameter_given)
{
    call("OpenOut", 0, 5, 0, 0);
    cr_assert_eq(live(), 0u);
}

Test(actions, the_handle_is_an_argument)
{
    call("OpenArg", 0, 0x55, 0, 0);
    cr_assert(known(KEY, 0x55));
    call("CloseThird", 0, 0x66, 0x77, 0x55);
    cr_assert_not(known(KEY, 0x55));
}

/* Beyond the sixth, parameters are on the stack. */
Test(actions, parameters_on_the_stack)
{
    core_call_long(&(struct core_call){.thunk = core_watch("OpenEighth", 0x1000)}, 0, 0, 0, 0, 0,
                   4096, 0x8888);
    cr_assert(known(KEY, 0x8888));
    cr_assert_eq(only(0x8888)->size, 4096u);
}

static void expect_success(const char *name, uint64_t result, bool counts)
{
    uint64_t handle = strcmp(name, "OpenNotMinusOne") ? 0x55 : result;
    call(name, result, 0x55, 0, 0);
    cr_assert_eq(known(KEY, handle), counts, "%s returning %lx", name, (unsigned long)result);
    call("CloseKey", 0, handle, 0, 0);
}

Test(actions, what_counts_as_success)
{
    const uint64_t failure = 0xffffffff80004005u, upper = 0xabcd00000000u;
    expect_success("OpenZero", 0, true);
    expect_success("OpenZero", upper, true); /* an int: the upper half is anything */
    expect_success("OpenZero", 1, false);
    expect_success("OpenZero", failure, false);
    expect_success("OpenNonnegative", 0, true);
    expect_success("OpenNonnegative", upper + 1, true);
    expect_success("OpenNonnegative", upper + 0x80000000u, false);
    expect_success("OpenNonnegative", failure, false);
    expect_success("OpenNotMinusOne", 1, true);
    expect_success("OpenNotMinusOne", 0xffffffffu, true);
    expect_success("OpenNotMinusOne", UINT64_MAX, false);
    expect_success("OpenNotMinusOne", 0, false);
    expect_success("OpenArg", 0, true);
    expect_success("OpenMost", 0, false);
    expect_success("OpenMost", upper, true);
}

Test(actions, null_is_no_handle)
{
    call("OpenArg", 0, 0, 0, 0);
    call("Malloc", 0, 100, 0, 0);
    cr_assert_eq(live(), 0u);
    call("CloseKey", 0, 0, 0, 0);
}

/* ---- releases ---- */

static uint64_t acquire_again(void *unused)
{
    (void)unused;
    cr_assert_not(known(KEY, 0x55), "it is out before the real function runs");
    rs_resource_acquire(
        &(struct rs_acquisition){.kind = KEY,
                                 .class = RESIDUE_CLASS_OTHER,
                                 .handle = 0x55,
                                 .site = rs_intern_site(0, 0, rs_intern_kind(KEY))});
    return 0;
}

/* Another thread may get the handle while the function still runs. */
Test(actions, released_before_it_is_released)
{
    call("OpenArg", 0, 0x55, 0, 0);
    core_call(&(struct core_call){
        .thunk = core_watch("CloseKey", 0x1000), .argument = {0x55}, .body = acquire_again});
    cr_assert(known(KEY, 0x55), "the new one stays");
}

/* Where only the result tells, the release counts afterwards. */
Test(actions, a_release_that_fails)
{
    call("OpenArg", 0, 0x55, 0, 0);
    call("CloseZero", 5, 0x55, 0, 0);
    cr_assert(known(KEY, 0x55));
    call("CloseZero", 0, 0x55, 0, 0);
    cr_assert_not(known(KEY, 0x55));
}

Test(actions, counters)
{
    for (unsigned i = 0; i < 5; i++)
        call("Init", 0, 0, 0, 0);
    call("Init", 1, 0, 0, 0);
    cr_assert_eq(live(), 5u);
    for (unsigned i = 0; i < 3; i++)
        call("Cleanup", 0, 0, 0, 0);
    cr_assert_eq(live(), 2u);
    for (unsigned i = 0; i < 3; i++)
        call("Cleanup", 0, 0, 0, 0);
    cr_assert_eq(live(), 0u);
    cr_assert_eq(path_of("Init")->started, 6u);
}

/* ---- sizes ---- */

Test(actions, sizes)
{
    call("Malloc", 0x1000, 48, 0, 0);
    call("Calloc", 0x2000, 1000, 3000000000, 0);
    call("Malloc", 0x3000, (uint64_t)1 << 40, 0, 0);
    call("Malloc", 0x4000, 0, 0, 0);
    cr_assert_eq(only(0x1000)->size, 48u);
    cr_assert_eq(only(0x2000)->size, 3000000000000u);
    cr_assert_eq(only(0x3000)->size, (uint64_t)1 << 40);
    cr_assert_eq(only(0x4000)->size, 0u);
}

Test(actions, a_resize_that_succeeds)
{
    call("Malloc", 0x1000, 48, 0, 0);
    uint32_t site = only(0x1000)->site;
    call("Realloc", 0x2000, 0x1000, 96, 0);
    cr_assert_not(known(BUFFER, 0x1000));
    cr_assert_eq(only(0x2000)->size, 96u);
    cr_assert_neq(only(0x2000)->site, site, "acquired where it was resized");
    call("Realloc", 0x2000, 0x2000, 10, 0);
    cr_assert_eq(only(0x2000)->size, 10u);
    cr_assert_eq(only(0x2000)->ordinal, 2u);
    cr_assert_eq(live(), 1u);
    call("Realloc", 0x5000, 0, 7, 0);
    cr_assert_eq(only(0x5000)->size, 7u, "from nothing");
}

Test(actions, a_resize_that_fails)
{
    call("Malloc", 0x1000, 1, 0, 0);
    call("Malloc", 0x2000, 48, 0, 0);
    struct residue_resource before = *only(0x2000);
    call("Realloc", 0, 0x2000, 1u << 30, 0);
    const struct residue_resource *after = only(0x2000);
    cr_assert(after->site == before.site && after->ordinal == 2 && after->size == 48);
    call("Realloc", 0, 0x9000, 64, 0);
    cr_assert_eq(live(), 2u, "what is not known is not there afterwards either");
}

Test(actions, a_resize_by_out_parameter)
{
    uint64_t out = 0;
    call("Malloc", 0x1000, 48, 0, 0);
    core_call(&(struct core_call){.thunk = core_watch("ReallocOut", 0x1000),
                                  .argument = {0x1000, (uintptr_t)&out, 99},
                                  .body = hand_out,
                                  .closure = &out});
    cr_assert_eq(only(0x1234567890)->size, 99u);
    cr_assert_eq(live(), 1u);
}

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
    cr_assert_eq(live(), 0u);
}

Test(actions, a_heap_takes_its_blocks_along)
{
    call("HeapCreate", 0x77, 0, 0, 0);
    for (uint64_t i = 1; i <= 10; i++)
        call("HeapAlloc", 0x1000 * i, 0x77, 0, 8);
    call("Malloc", 0xb000, 8, 0, 0);
    cr_assert_eq(live(), 12u);
    call("HeapDestroy", 0, 0x77, 0, 0);
    cr_assert_eq(live(), 1u);
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
    cr_assert_eq(live(), 1u);
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

/* ---- which executions are calls ---- */

static uint64_t in_between(void *unused)
{
    (void)unused;
    call("OpenMost", 1, 0x66, 0, 0);
    call("OpenQuiet", 1, 0x67, 0, 0);
    call("OpenArg", 1, 0x68, 0, 0);
    return 0x55;
}

Test(actions, always_outermost_never)
{
    call("OpenMost", 1, 0x60, 0, 0);
    call("OpenQuiet", 1, 0x61, 0, 0);
    cr_assert_eq(rs_site(only(0x60)->site)->path, path_of("OpenMost")->id);
    cr_assert_eq(rs_site(only(0x61)->site)->path, 0u);
    core_call(&(struct core_call){.thunk = core_watch("OpenDoor", 0x1000), .body = in_between});
    uint32_t outer = path_of("OpenDoor")->id;
    cr_assert_eq(rs_site(only(0x66)->site)->path, outer);
    cr_assert_eq(rs_site(only(0x67)->site)->path, outer);
    uint32_t inner = rs_site(only(0x68)->site)->path;
    cr_assert_eq(rs_path(inner)->parent, outer);
    cr_assert_eq(path_of("OpenMost")->started, 1u);
}

/* ---- manners ---- */

Test(actions, unrecorded_calls_reach_their_target)
{
    uintptr_t thunk = core_watch("OpenArg", 0x1234);
    rs_guard.recording = 0;
    cr_assert_eq(core_call(&(struct core_call){.thunk = thunk, .argument = {0x55}, .result = 9}),
                 9u);
    rs_guard.recording = 1;
    cr_assert_eq(live(), 0u);
    struct rs_thread *self = core_thread();
    cr_assert_eq(core_call(&(struct core_call){.thunk = thunk, .argument = {0x55}, .result = 9}),
                 9u);
    core_done(self);
    cr_assert_eq(live(), 0u, "in a handler that interrupts the shim");
}

static uint64_t stop_recording(void *unused)
{
    (void)unused;
    rs_give_up("enough");
    return 0;
}

Test(actions, recording_stops_in_the_midst)
{
    core_call(&(struct core_call){
        .thunk = core_watch("OpenArg", 0x1000), .argument = {0x55}, .body = stop_recording});
    cr_assert_eq(live(), 0u);
    cr_assert_eq(rs_self->busy, 0u);
}

static unsigned levels;

static uint64_t deeper(void *unused)
{
    (void)unused;
    if (++levels < 100)
        core_call(
            &(struct core_call){.thunk = core_watch("OpenNotMinusOne", 0x1000), .body = deeper});
    return 0x1000 + levels;
}

/* Deeper than calls are followed: every function comes back, and the list is empty after it. */
Test(actions, a_hundred_deep)
{
    deeper(NULL);
    cr_assert_eq(levels, 100u);
    cr_assert(rs_self->depth == 0 && rs_self->overflow == 0 && rs_self->memory_depth == 0);
    cr_assert_eq(rs_self->path, 0u);
    for (uint32_t id = 1; id <= rs_path_count(); id++)
        cr_assert_eq(rs_path(id)->started, rs_path(id)->finished);
}
