/* The watched calls of a thread: paths, ordinals, and how the list heals itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

/* Frames lie on the thread's own stack, deeper ones lower. */
enum { FRAMES = 128 };
static uintptr_t frame_base;
static struct rs_thread *self;
static struct rs_call_name a = {.text = "a"}, b = {.text = "b"}, c = {.text = "c"};

static uintptr_t frame(unsigned depth)
{
    return frame_base - 16 * depth;
}

static void begin(void)
{
    core_begin(CORE_LIMIT, "");
    self = core_thread();
    frame_base = (uintptr_t)__builtin_frame_address(0);
    cr_assert(rs_on_stack(self, frame(0)) && rs_on_stack(self, frame(FRAMES)));
}

TestSuite(calls, .init = begin);

static struct rs_call *enter(unsigned depth, struct rs_call_name *name)
{
    struct rs_call *call = rs_call_enter(self, frame(depth), name);
    if (call)
        call->unwinds = true;
    return call;
}

static void leave(unsigned depth)
{
    cr_assert_not_null(rs_call_at(self, frame(depth)));
    rs_call_leave(self);
}

static const struct residue_path *path_of(const char *outer, const char *inner)
{
    uint32_t parent = outer ? rs_intern_path(0, rs_intern_name(outer, 0)) : 0;
    return rs_path(rs_intern_path(parent, rs_intern_name(inner, 0)));
}

Test(calls, each_execution_has_the_next_ordinal)
{
    for (uint32_t i = 1; i <= 100; i++) {
        enter(1, &a);
        cr_assert_eq(self->ordinal, i);
        cr_assert_eq(self->path, path_of(NULL, "a")->id);
        leave(1);
        cr_assert(self->path == 0 && self->ordinal == 0);
    }
    cr_assert_eq(path_of(NULL, "a")->started, 100u);
    cr_assert_eq(path_of(NULL, "a")->finished, 100u);
}

Test(calls, a_call_in_a_call_is_a_path_of_its_own)
{
    enter(1, &a);
    for (uint32_t i = 1; i <= 3; i++) {
        enter(2, &b);
        cr_assert_eq(self->path, path_of("a", "b")->id);
        cr_assert_eq(self->ordinal, i);
        leave(2);
        cr_assert_eq(self->path, path_of(NULL, "a")->id);
        cr_assert_eq(self->ordinal, 1u);
    }
    leave(1);
    enter(1, &b);
    cr_assert_eq(self->ordinal, 1u, "b alone is another path");
    leave(1);
}

Test(calls, recursion)
{
    for (unsigned depth = 1; depth <= 20; depth++)
        enter(depth, &a);
    cr_assert_eq(rs_path(self->path)->depth, 20u);
    for (unsigned depth = 20; depth >= 1; depth--)
        leave(depth);
    cr_assert_eq(rs_path_count(), 20u);
    for (uint32_t id = 1; id <= 20; id++)
        cr_assert(rs_path(id)->started == 1 && rs_path(id)->finished == 1);
}

/* A pair only: what it does belongs to the call around it. */
Test(calls, one_without_a_name_keeps_path_and_ordinal)
{
    enter(1, &a);
    enter(2, NULL);
    cr_assert_eq(self->path, path_of(NULL, "a")->id);
    cr_assert_eq(self->ordinal, 1u);
    enter(3, &b);
    cr_assert_eq(self->path, path_of("a", "b")->id);
    leave(3);
    leave(2);
    leave(1);
    cr_assert_eq(self->depth, 0u);
    enter(1, NULL);
    cr_assert(self->path == 0 && self->ordinal == 0);
}

/* ---- healing ---- */

/* longjmp out of three, unnoticed: the next event comes from further up. */
Test(calls, frames_below_the_stack_pointer_are_gone)
{
    enter(1, &a);
    enter(2, &b);
    enter(3, &c);
    rs_calls_heal(self, frame(3));
    cr_assert_eq(self->depth, 3u, "the innermost frame is alive still");
    rs_calls_heal(self, frame(1) - 8);
    cr_assert_eq(self->depth, 1u);
    cr_assert_eq(self->path, path_of(NULL, "a")->id);
    cr_assert_eq(path_of("a", "b")->finished, 1u, "they did end");
    leave(1);
}

Test(calls, a_new_call_further_up_ends_those_below)
{
    enter(1, &a);
    enter(5, &b);
    enter(3, &c);
    cr_assert_eq(self->depth, 2u);
    cr_assert_eq(self->path, path_of("a", "c")->id);
    leave(3);
    leave(1);
}

/* A loop whose body is left by a jump that nobody tells of: no call lies in the one before. */
Test(calls, the_same_frame_again_is_the_next_call)
{
    for (uint32_t i = 1; i <= 10; i++) {
        enter(2, &a);
        cr_assert_eq(self->depth, 1u);
        cr_assert_eq(self->ordinal, i);
    }
    cr_assert_eq(path_of(NULL, "a")->finished, 9u);
}

/* Another stack (a coroutine's): neither its pointer tells of this one's frames, nor the reverse.
 */
Test(calls, other_stacks_prove_nothing)
{
    static char other[65536];
    uintptr_t there = (uintptr_t)other + sizeof other;
    enter(1, &a);
    rs_calls_heal(self, there);
    rs_calls_heal(self, UINTPTR_MAX);
    cr_assert_eq(self->depth, 1u);
    cr_assert_not_null(rs_call_enter(self, there, &b));
    rs_calls_heal(self, frame(1));
    cr_assert_eq(self->depth, 2u, "the coroutine sleeps");
    cr_assert_not_null(rs_call_at(self, there));
    rs_call_leave(self);
    leave(1);
}

/* Returning from a function ends all that was above it. */
Test(calls, a_return_ends_what_is_above)
{
    enter(1, &a);
    enter(2, &b);
    enter(3, &c);
    cr_assert_not_null(rs_call_at(self, frame(1)));
    cr_assert_eq(self->depth, 1u);
    cr_assert_eq(path_of("a", "b")->finished, 1u);
    rs_call_leave(self);
    cr_assert_null(rs_call_at(self, frame(1)));
    cr_assert_null(rs_call_at(self, frame(2)));
}

/* An exception passes frames one by one; only those with a personality hear of it. */
Test(calls, an_exception_unwinds_to_the_frame_that_heard)
{
    enter(1, &a);
    enter(2, &b);
    rs_call_enter(self, frame(3), &c); /* has no personality */
    rs_call_unwound(self);
    cr_assert_eq(self->depth, 1u);
    cr_assert_eq(path_of("a", "b")->finished, 1u);
    rs_call_unwound(self);
    cr_assert_eq(self->depth, 0u);
    rs_call_unwound(self);
    cr_assert_eq(path_of(NULL, "a")->finished, 1u);
}

/* ---- more than are followed ---- */

Test(calls, beyond_64_they_are_charged_to_the_64th)
{
    for (unsigned depth = 1; depth <= RS_CALLS_MAX; depth++)
        cr_assert_not_null(enter(depth, &a));
    uint32_t deepest = self->path;
    for (unsigned depth = RS_CALLS_MAX + 1; depth <= 100; depth++)
        cr_assert_null(enter(depth, &b));
    cr_assert_eq(self->path, deepest);
    cr_assert_eq(self->ordinal, 1u);
    for (unsigned depth = 100; depth > RS_CALLS_MAX; depth--)
        cr_assert_null(rs_call_at(self, frame(depth)));
    for (unsigned depth = RS_CALLS_MAX; depth >= 1; depth--)
        leave(depth);
    cr_assert_eq(self->depth, 0u);
    cr_assert_eq(rs_path_count(), (uint32_t)RS_CALLS_MAX);
}

/* An exception from too deep: the frames beyond hear of it first. */
Test(calls, an_exception_from_beyond_64)
{
    for (unsigned depth = 1; depth <= RS_CALLS_MAX + 3; depth++)
        enter(depth, &a);
    for (unsigned i = 0; i < 3; i++) {
        rs_call_unwound(self);
        cr_assert_eq(self->depth, (uint32_t)RS_CALLS_MAX);
    }
    rs_call_unwound(self);
    cr_assert_eq(self->depth, RS_CALLS_MAX - 1u);
}

/* A jump from beyond 64 to within: the count of those beyond is stale then, and must not swallow
 * the next exception. */
Test(calls, a_jump_from_beyond_64)
{
    for (unsigned depth = 1; depth <= RS_CALLS_MAX + 5; depth++)
        enter(depth, &a);
    leave(RS_CALLS_MAX);
    enter(RS_CALLS_MAX, &b);
    rs_call_unwound(self);
    cr_assert_eq(self->depth, RS_CALLS_MAX - 1u);
    rs_call_unwound(self);
    cr_assert_eq(self->depth, RS_CALLS_MAX - 2u);
}

Test(calls, a_jump_from_beyond_64_noticed_by_the_stack_pointer)
{
    for (unsigned depth = 1; depth <= RS_CALLS_MAX + 5; depth++)
        enter(depth, &a);
    rs_calls_heal(self, frame(10));
    cr_assert_eq(self->depth, 10u);
    rs_call_unwound(self);
    cr_assert_eq(self->depth, 9u);
}

/* ---- names and traces ---- */

Test(calls, a_thread_may_work_for_another_call)
{
    uint32_t maker = path_of(NULL, "maker")->id;
    self->base_path = self->path = maker;
    self->base_ordinal = self->ordinal = 7;
    enter(1, &a);
    cr_assert_eq(rs_path(self->path)->parent, maker);
    leave(1);
    cr_assert(self->path == maker && self->ordinal == 7);
}

/* fork inside two calls: the child's trace has them anew, each with its first ordinal. */
Test(calls, a_child_goes_on_in_its_calls)
{
    for (unsigned i = 0; i < 5; i++) {
        enter(1, &a);
        leave(1);
    }
    enter(1, &a);
    enter(2, NULL);
    enter(3, &b);
    core_begin(CORE_LIMIT, "");
    rs_intern_reset();
    rs_checkpoint_reset();
    rs_threads_reset();
    rs_calls_reenter(self);
    cr_assert_eq(self->depth, 3u);
    cr_assert_eq(self->path, path_of("a", "b")->id);
    cr_assert_eq(self->ordinal, 1u);
    leave(3);
    leave(2);
    leave(1);
    cr_assert_eq(rs_path_count(), 2u);
    cr_assert(path_of(NULL, "a")->started == 1 && path_of(NULL, "a")->finished == 1);
    enter(1, &a);
    cr_assert_eq(self->ordinal, 2u);
}

/* When a name can't be written any more, calls come and go without one. */
Test(calls, without_room_in_the_trace)
{
    enter(1, &a);
    rs.trace_limit = rs.trace->end;
    char text[32];
    struct rs_call_name names[64];
    for (unsigned i = 0; i < 64 && rs_recording(); i++) {
        while (rs_recording()) {
            snprintf(text, sizeof text, "%u", rs_path_count());
            if (!rs_intern_path(0, rs_intern_name(text, 0)))
                break;
        }
    }
    cr_assert_not(rs_recording());
    names[0] = (struct rs_call_name){.text = "one too many"};
    struct rs_call *call = rs_call_enter(self, frame(2), &names[0]);
    cr_assert_not_null(call);
    cr_assert_eq(self->path, path_of(NULL, "a")->id);
    leave(2);
    leave(1);
    cr_assert_eq(self->path, 0u);
}
