/* Threads come and go: each has its own state, those gone leave theirs to the next. */
#include <criterion/criterion.h>
#include <pthread.h>
#include "shim/core/calls.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin(CORE_LIMIT, "");
}

TestSuite(thread, .init = begin);

static unsigned listed(void)
{
    unsigned count = 0;
    for (struct rs_thread *thread = rs_threads(); thread; thread = thread->next)
        count++;
    return count;
}

static void *attach(void *id)
{
    core_os.thread_id = (uint32_t)(uintptr_t)id;
    struct rs_thread *self = rs_thread();
    if (rs_thread() != self)
        return NULL;
    char here;
    if (!rs_on_stack(self, (uintptr_t)&here))
        return NULL;
    return self;
}

static struct rs_thread *in_thread(uint32_t id)
{
    pthread_t thread;
    void *state;
    cr_assert_eq(pthread_create(&thread, NULL, attach, (void *)(uintptr_t)id), 0);
    cr_assert_eq(pthread_join(thread, &state), 0);
    cr_assert_not_null(state);
    return state;
}

Test(thread, each_has_its_own)
{
    struct rs_thread *one = in_thread(101), *two = in_thread(102);
    cr_assert_neq(one, two);
    cr_assert(one->id == 101 && two->id == 102);
    cr_assert_neq(one->recogniser, two->recogniser);
    cr_assert_neq(one->rules, two->rules);
    cr_assert_eq(listed(), 2u);
    cr_assert_eq(rs.trace->thread_count, 2u);
}

/* The state of one that is gone serves the next, and nothing of it is left in there. */
Test(thread, the_state_of_one_that_is_gone)
{
    struct rs_thread *one = in_thread(101);
    in_thread(102);
    one->depth = 3;
    one->path = one->base_path = 7;
    one->overflow = 1;
    one->busy = 1; /* it died inside the shim */
    one->reading = (const void *)1;
    one->recent_count = one->memory_depth = one->ticks = 5;
    one->site[3] = (struct rs_site_slot){1, 2, 3, 4};
    one->known_path[5] = (struct rs_path_slot){1, 2, 3, NULL};
    core_os.dead[0] = 101;
    struct rs_thread *three = in_thread(103);
    cr_assert_eq(three, one);
    cr_assert_eq(three->id, 103u);
    cr_assert(!three->depth && !three->path && !three->base_path && !three->overflow &&
              !three->busy && !three->reading && !three->recent_count && !three->memory_depth &&
              !three->ticks);
    cr_assert(!three->site[3].site && !three->known_path[5].path);
    cr_assert_eq(listed(), 2u);
    cr_assert_eq(rs.trace->thread_count, 3u, "threads seen, not states");
}

/* A stack learnt by the one that is gone must not be looked at: it may be unmapped. */
Test(thread, forgets_the_stacks_of_the_one_before)
{
    struct rs_thread *one = in_thread(101);
    uintptr_t word = 42;
    struct rs_regs regs = {.pc = 0x1234, .sp = (uintptr_t)&word};
    struct rs_reads reads = {.count = 1, .offset = {0}, .value = {42}};
    rs_recognise_learn(one->recogniser, 1, &regs, &reads, 9);
    cr_assert_eq(rs_recognise(one->recogniser, 1, &regs)->stack, 9u);
    core_os.dead[0] = 101;
    struct rs_thread *two = in_thread(102);
    cr_assert_eq(two, one);
    cr_assert_null(rs_recognise(two->recogniser, 1, &regs));
}

Test(thread, a_thousand_after_each_other_need_one_state)
{
    for (uint32_t id = 1000; id < 2000; id++) {
        in_thread(id);
        core_os.dead[0] = id;
    }
    cr_assert_eq(listed(), 1u);
    cr_assert_eq(rs.trace->thread_count, 1000u);
}

Test(thread, busy_turns_others_away)
{
    struct rs_thread *self = core_thread();
    cr_assert_not(rs_thread_begin(self));
    rs_thread_end(self);
    cr_assert(rs_thread_begin(self));
}

/* A signal handler that allocates while its thread is being attached: the event is missed, and
 * nothing waits for itself. */
static struct rs_thread *seen_by_handler = (void *)1;

static void handler(void)
{
    core_os.interrupt = NULL;
    seen_by_handler = rs_thread();
}

Test(thread, a_handler_while_it_is_attached, .timeout = 20)
{
    core_os.interrupt = handler;
    struct rs_thread *self = rs_thread();
    cr_assert_not_null(self);
    cr_assert_null(seen_by_handler);
    cr_assert_eq(listed(), 1u);
}

Test(thread, without_memory)
{
    core_os.maps_left = 0;
    cr_assert_null(rs_thread());
    core_os.maps_left = 10;
    cr_assert_not_null(rs_thread(), "memory came back");
}

/* ---- fork ---- */

Test(thread, only_the_one_that_forked_is_left)
{
    in_thread(101);
    in_thread(102);
    core_os.thread_id = 100;
    struct rs_thread *self = rs_thread();
    self->site[3] = (struct rs_site_slot){1, 2, 3, 4};
    self->known_path[5] = (struct rs_path_slot){1, 2, 3, NULL};
    core_os.thread_id = 500;
    rs_threads_reset();
    cr_assert_eq(rs_threads(), self);
    cr_assert_eq(listed(), 1u);
    cr_assert_eq(rs_thread(), self);
    cr_assert_eq(self->id, 500u);
    cr_assert(!self->site[3].site && !self->known_path[5].path, "identities of the old trace");
}

Test(thread, a_fork_by_a_thread_never_seen)
{
    in_thread(101);
    rs_threads_reset();
    cr_assert_null(rs_threads());
    cr_assert_not_null(rs_thread());
    cr_assert_eq(listed(), 1u);
}
