/* What a watched function acquires, releases and resizes, by its profile. */
#include "tests/unit/core_actions.h"
#include <string.h>

/* ---- where the handle is, and whether it counts ---- */

Test(actions, the_handle_is_returned)
{
    cr_assert_eq(call("OpenNotMinusOne", 0x77, 0, 0, 0), 0x77u, "the result is the function's");
    cr_assert(known(KEY, 0x77));
    cr_assert_eq(only(0x77)->ordinal, 1u);
    call("CloseKey", 0, 0x77, 0, 0);
    cr_assert_not(known(KEY, 0x77));
    cr_assert_eq(core_live_count(), 0u);
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
    cr_assert_eq(core_live_count(), 1u);
}

Test(actions, no_out_parameter_given)
{
    call("OpenOut", 0, 5, 0, 0);
    cr_assert_eq(core_live_count(), 0u);
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
    cr_assert_eq(core_live_count(), 0u);
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
    cr_assert_eq(core_live_count(), 5u);
    for (unsigned i = 0; i < 3; i++)
        call("Cleanup", 0, 0, 0, 0);
    cr_assert_eq(core_live_count(), 2u);
    for (unsigned i = 0; i < 3; i++)
        call("Cleanup", 0, 0, 0, 0);
    cr_assert_eq(core_live_count(), 0u);
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
    cr_assert_eq(core_live_count(), 1u);
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
    cr_assert_eq(core_live_count(), 2u, "what is not known is not there afterwards either");
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
    cr_assert_eq(core_live_count(), 1u);
}
