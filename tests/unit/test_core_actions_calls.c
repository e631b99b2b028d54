/* Which executions of a watched function are calls, and that it is reached in any case. */
#include "shim/core/capture.h"
#include "tests/unit/core_actions.h"

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
    cr_assert_eq(core_live_count(), 0u);
    struct rs_thread *self = core_thread();
    cr_assert_eq(core_call(&(struct core_call){.thunk = thunk, .argument = {0x55}, .result = 9}),
                 9u);
    core_done(self);
    cr_assert_eq(core_live_count(), 0u, "in a handler that interrupts the shim");
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
    cr_assert_eq(core_live_count(), 0u);
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
