/* Another trace of the same process: what threads, thunks and tables know of the one before. */
#include <criterion/criterion.h>
#include "shim/core/arena.h"
#include "shim/core/calls.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin(CORE_LIMIT, "acquire f thing handle=ret\nwatch g\n");
}

TestSuite(renew, .init = begin);

static uint64_t another_session(void *unused)
{
    (void)unused;
    rs_threads_renew();
    rs.session++;
    return 7;
}

/* It began in the session before, so that nothing of it may be told to the next. */
Test(renew, a_call_that_is_under_way)
{
    struct core_call call = {.thunk = core_watch("f", 0x1000), .body = another_session};
    cr_assert_eq(core_call(&call), 7u);
    const struct residue_path *path = rs_path(1);
    cr_assert_eq(path->started, 1u);
    cr_assert_eq(path->finished, 0u);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_SITE), 0u, "what it returned was not acquired");
    struct rs_thread *self = core_thread();
    cr_assert_eq(self->depth, 0u);
    cr_assert_eq(self->path, 0u);
    cr_assert_eq(self->top, UINTPTR_MAX);
    core_done(self);
    call.body = NULL;
    call.result = 9;
    core_call(&call);
    cr_assert(path->started == 2 && path->finished == 1, "the next is followed");
}

Test(renew, a_thread_that_is_seen_on_the_fast_path_first)
{
    struct rs_thread *self = core_thread();
    core_done(self);
    rs_threads_renew();
    cr_assert_lt(self->top, (uintptr_t)&self, "no stack pointer is below it");
    cr_assert(rs_thread_begin(self));
    cr_assert_eq(self->top, UINTPTR_MAX);
    rs_thread_end(self);
}

Test(renew, thunks_by_another_plan)
{
    uintptr_t f = core_watch("f", 0x1000), g = core_watch("g", 0x2000);
    const struct residue_plan_function *before = rs_watched_at(g)->function;
    core_begin(CORE_LIMIT, "watch g\nwatch h\n");
    rs_watched_renew();
    cr_assert_eq(rs_watched_at(f)->target, 0x1000u, "who has it can still call it");
    cr_assert_eq(rs_watched_at(f)->function->action_count, 0u);
    cr_assert_eq(rs_watched_at(f)->function->flags, 0u, "it is no call");
    cr_assert_neq(rs_watched_at(g)->function, before);
    cr_assert_eq(rs_watched_at(g)->function, rs_plan_find("g"));
    cr_assert_eq(core_watch("g", 0x2000), g, "the same function has the same thunk");
    core_begin(CORE_LIMIT, "watch f\n");
    rs_watched_renew();
    cr_assert_eq(rs_watched_at(f)->function, rs_plan_find("f"), "known again");
    cr_assert_eq(core_watch("f", 0x1000), f);
}

Test(renew, tables_give_their_memory_back)
{
    uint64_t before = rs_arena_bytes();
    for (int round = 0; round < 3; round++) {
        char name[] = "a";
        for (; *name <= 'z'; ++*name)
            cr_assert_neq(rs_intern_path(0, rs_intern_name(name, 0)), 0u);
        cr_assert_gt(rs_arena_bytes(), before);
        rs_intern_clear();
        cr_assert_eq(rs_arena_bytes(), before, "round %d", round);
    }
    cr_assert_eq(rs_intern_name("new", 0), 1u, "identities begin anew");
}
