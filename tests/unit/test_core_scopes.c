/* Calls that a program names itself, and loads: both enter and leave by the caller's stack. */
#include <criterion/criterion.h>
#include "shim/core/calls.h"
#include "shim/core/intern.h"
#include "shim/core/wrapped.h"
#include "shim/core/modules.h"
#include "shim/core/resources.h"
#include "shim/core/scopes.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static uintptr_t frame_base;

/* Where a scope's beginning returns to: each in a function of its own, as far as anybody knows. */
#define PLACE (0x1000 + 16 * __LINE__)

static uintptr_t frame(unsigned depth)
{
    return frame_base - 64 * depth;
}

static void begin(void)
{
    core_begin(CORE_LIMIT, "");
    frame_base = (uintptr_t)__builtin_frame_address(0);
}

TestSuite(scopes, .init = begin);
TestSuite(loads, .init = begin);

static const struct residue_path *now(void)
{
    return rs_self->path ? rs_path(rs_self->path) : NULL;
}

static void expect_in(const char *name, uint32_t depth)
{
    cr_assert_not_null(now());
    cr_assert_eq(now()->name, rs_intern_name(name, 0));
    cr_assert_eq(now()->depth, depth);
}

Test(scopes, begin_and_end)
{
    for (uint32_t i = 1; i <= 3; i++) {
        rs_scope_begin("work", frame(1), PLACE);
        expect_in("work", 1);
        cr_assert_eq(rs_self->ordinal, i);
        rs_scope_end(frame(1));
        cr_assert_null(now());
    }
    cr_assert(rs_path(1)->started == 3 && rs_path(1)->finished == 3);
    cr_assert_eq(rs_self->busy, 0u);
}

/* Of one function that begins at its caller's frame the earlier one is over. */
Test(scopes, one_where_another_stood)
{
    rs_scope_begin("outer", frame(1), PLACE);
    rs_scope_begin("lost", frame(2), PLACE);
    rs_scope_begin("next", frame(2), PLACE);
    expect_in("next", 2);
    rs_scope_end(frame(2));
    expect_in("outer", 1);
    rs_scope_end(frame(1));
    cr_assert_null(now());
}

/* The same text at two addresses (two modules) is the same name. */
Test(scopes, names_are_texts)
{
    static const char one[] = "work", two[] = "work";
    rs_scope_begin(one, frame(1), PLACE);
    rs_scope_end(frame(1));
    rs_scope_begin(two, frame(1), PLACE);
    cr_assert_eq(rs_self->ordinal, 2u);
    rs_scope_end(frame(1));
}

/* A return without end: noticed further up. */
Test(scopes, one_that_is_never_ended)
{
    rs_scope_begin("outer", frame(1), PLACE);
    rs_scope_begin("lost", frame(5), PLACE);
    rs_scope_begin("next", frame(3), PLACE);
    expect_in("next", 2);
    rs_scope_end(frame(3));
    rs_scope_end(frame(1));
    cr_assert_null(now());
}

Test(scopes, an_end_too_many)
{
    rs_scope_end(frame(1));
    rs_scope_begin("work", frame(1), PLACE);
    rs_scope_end(frame(1));
    rs_scope_end(frame(1));
    cr_assert(rs_self->depth == 0 && rs_self->overflow == 0);
}

/* An end ends what was left open inside, but no watched function around. */
Test(scopes, with_watched_functions_between)
{
    static struct rs_call_name watched = {.text = "Open"};
    rs_scope_begin("outer", frame(1), PLACE);
    struct rs_thread *self = core_thread();
    rs_call_enter(self, frame(2), &watched);
    core_done(self);
    rs_scope_begin("inner", frame(3), PLACE);
    self = core_thread();
    rs_call_enter(self, frame(4), &watched);
    core_done(self);
    rs_scope_end(frame(5));
    expect_in("Open", 2);
    rs_scope_end(frame(2) - 8);
    cr_assert_null(now(), "the outer one, and the function in it");
}

Test(scopes, beyond_64)
{
    for (unsigned i = 0; i < RS_CALLS_MAX + 10; i++)
        rs_scope_begin("deep", frame(i), PLACE);
    cr_assert_eq(now()->depth, (uint32_t)RS_CALLS_MAX);
    for (unsigned i = RS_CALLS_MAX + 10; i-- > RS_CALLS_MAX;)
        rs_scope_end(frame(i));
    cr_assert_eq(now()->depth, (uint32_t)RS_CALLS_MAX);
    for (unsigned i = RS_CALLS_MAX; i-- > 0;)
        rs_scope_end(frame(i));
    cr_assert_null(now());
}

Test(scopes, nothing_when_nothing_is_recorded)
{
    rs_scope_begin(NULL, frame(1), PLACE);
    rs_guard.recording = 0;
    rs_scope_begin("work", frame(1), PLACE);
    rs_scope_end(frame(1));
    cr_assert_null(rs_self);
    cr_assert_eq(rs_path_count(), 0u);
}

/* A handler that interrupts the shim must not touch the list of calls. */
Test(scopes, nothing_while_the_thread_is_busy)
{
    struct rs_thread *self = core_thread();
    rs_scope_begin("work", frame(1), PLACE);
    cr_assert_eq(self->depth, 0u);
    core_done(self);
}

Test(scopes, without_memory_for_the_name)
{
    rs_scope_begin("known", frame(1), PLACE);
    core_os.maps_left = 0;
    static char names[30000];
    for (char *name = names; rs_recording() && name < names + sizeof names; name++) {
        rs_scope_begin(name, frame(2), PLACE); /* each an address of its own: one entry more */
        rs_scope_end(frame(2));
    }
    expect_in("known", 1);
    rs_guard.recording = 1;
    rs_scope_end(frame(1));
    cr_assert_null(now());
}

/* ---- loads ---- */

static struct rs_wrapped open_it = {
    .name = {.text = "dlopen"}, .class = RESIDUE_CLASS_MODULE_REFERENCE, .constructs = true};

static struct rs_regs regs(unsigned depth)
{
    return (struct rs_regs){.pc = 1, .sp = frame(depth)};
}

static unsigned live;

static void count(void *unused, uint32_t site, uint32_t ordinal, uint64_t size)
{
    (void)unused, (void)site, (void)ordinal, (void)size;
    live++;
}

static unsigned references(void)
{
    live = 0;
    rs_resources_visit(count, NULL);
    return live;
}

Test(loads, a_reference_for_each_load)
{
    rs_modules_publish(NULL, 0, NULL);
    for (uint32_t i = 1; i <= 3; i++) {
        struct rs_regs caller = regs(1);
        rs_wrapped_begin(&open_it, &caller);
        expect_in("dlopen", 1);
        rs_wrapped_acquired(&caller, RS_KIND_MODULE_REFERENCE, 0x5000, 0);
        rs_wrapped_end(&caller);
        cr_assert_eq(references(), i);
    }
    rs_wrapped_released(NULL, RS_KIND_MODULE_REFERENCE, 0x5000);
    rs_wrapped_released(NULL, RS_KIND_MODULE_REFERENCE, 0x5000);
    cr_assert_eq(references(), 1u);
    rs_wrapped_released(NULL, RS_KIND_MODULE_REFERENCE, 0x6000);
    cr_assert_eq(references(), 1u, "not one of ours");
    struct trace *trace = core_read();
    cr_assert_eq(trace->survivor_count, 1u);
    cr_assert_eq(trace->survivors[0].ordinal, 1u, "the latest ones were released");
    cr_assert_eq(trace->kinds[trace->sites[trace->survivors[0].site].kind].class,
                 RESIDUE_CLASS_MODULE_REFERENCE);
    trace_close(trace);
}

Test(loads, one_that_fails)
{
    struct rs_regs caller = regs(1);
    rs_wrapped_begin(&open_it, &caller);
    rs_wrapped_end(&caller);
    cr_assert_eq(references(), 0u);
    cr_assert(rs_path(1)->started == 1 && rs_path(1)->finished == 1);
}

/* In a call of the program's own, loading is no call. */
Test(loads, inside_another_call)
{
    struct rs_regs caller = regs(2);
    rs_scope_begin("work", frame(1), PLACE);
    rs_wrapped_begin(&open_it, &caller);
    expect_in("work", 1);
    rs_wrapped_acquired(&caller, RS_KIND_MODULE_REFERENCE, 0x5000, 0);
    rs_wrapped_end(&caller);
    cr_assert_eq(references(), 1u);
    rs_scope_end(frame(1));
}

/* A constructor of the library opens another one. */
Test(loads, nested)
{
    struct rs_regs outer = regs(1), inner = regs(4);
    rs_wrapped_begin(&open_it, &outer);
    rs_wrapped_begin(&open_it, &inner);
    rs_wrapped_acquired(&inner, RS_KIND_MODULE_REFERENCE, 0x6000, 0);
    rs_wrapped_end(&inner);
    rs_wrapped_acquired(&outer, RS_KIND_MODULE_REFERENCE, 0x5000, 0);
    rs_wrapped_end(&outer);
    cr_assert_eq(references(), 2u);
    cr_assert_null(now());
    cr_assert_eq(rs_path(1)->started, 1u);
}

/* A function in terms of another one of its kind, which alone runs what it loads. */
Test(loads, layers)
{
    static struct rs_wrapped library = {.name = {.text = "LoadLibraryA"},
                                        .class = RESIDUE_CLASS_MODULE_REFERENCE};
    struct rs_regs outer = regs(1), layer = regs(3), loaded = regs(5);
    rs_wrapped_begin(&library, &outer);
    rs_wrapped_begin(&open_it, &layer);
    rs_wrapped_begin(&library, &loaded);
    rs_wrapped_acquired(&loaded, RS_KIND_MODULE_REFERENCE, 0x6000, 0);
    rs_wrapped_end(&loaded);
    rs_wrapped_acquired(&layer, RS_KIND_MODULE_REFERENCE, 0x5000, 0);
    rs_wrapped_end(&layer);
    cr_assert_eq(references(), 1u, "the loaded module's own, and none of the inner layer");
    rs_wrapped_acquired(&outer, RS_KIND_MODULE_REFERENCE, 0x5000, 0);
    rs_wrapped_end(&outer);
    cr_assert_eq(references(), 2u);
    rs_wrapped_begin(&library, &outer);
    rs_wrapped_begin(&open_it, &layer);
    rs_wrapped_released(&layer, RS_KIND_MODULE_REFERENCE, 0x5000);
    rs_wrapped_end(&layer);
    cr_assert_eq(references(), 2u, "the outer one tells");
    rs_wrapped_released(&outer, RS_KIND_MODULE_REFERENCE, 0x5000);
    rs_wrapped_end(&outer);
    cr_assert_eq(references(), 1u);
}
