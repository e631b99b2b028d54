/* The plan's functions, their thunks, and the vtables that are found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "shim/core/arena.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

static const char *profile = "watch Open*\n"
                             "watch ?lose\n"
                             "pair OpenKey CloseKey\n"
                             "pair aa_new aa_free\n"
                             "pair z_new z_free\n"
                             "acquire Z z\n";

static void begin(void)
{
    core_begin(CORE_LIMIT, profile);
}

TestSuite(watched, .init = begin);

static const char *found(const char *name)
{
    const struct residue_plan_function *function = rs_plan_find(name);
    return function ? rs_plan_text(function->name) : NULL;
}

/* ---- names ---- */

Test(watched, names_of_the_plan)
{
    const char *names[] = {"OpenKey", "CloseKey", "aa_new", "aa_free", "z_new", "z_free", "Z"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_not_null(found(names[i]), "%s", names[i]);
        cr_assert_str_eq(found(names[i]), names[i]);
    }
    const char *others[] = {"", "z", "z_ne", "z_newer", "aa", "openKey", "\xff", "ZZ"};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_null(found(others[i]), "%s", others[i]);
}

Test(watched, globs)
{
    cr_assert_str_eq(found("Open"), "Open*");
    cr_assert_str_eq(found("OpenMsgStore"), "Open*");
    cr_assert_str_eq(found("Close"), "?lose");
    cr_assert_null(found("lose"));
    cr_assert_null(found("Closes"));
    cr_assert_str_eq(found("OpenKey"), "OpenKey", "the plan's own name comes first");
}

Test(watched, a_glob_of_everything_leaves_out_what_returns_twice)
{
    core_begin(CORE_LIMIT, "watch *\n");
    cr_assert_not_null(found("getpid"));
    const char *never[] = {"setjmp",  "_setjmp",     "__sigsetjmp",      "vfork",
                           "longjmp", "swapcontext", "__libc_start_main"};
    for (unsigned i = 0; i < sizeof never / sizeof *never; i++)
        cr_assert_null(found(never[i]), "%s", never[i]);
}

Test(watched, globs_of_many_stars)
{
    core_begin(CORE_LIMIT, "watch *a*b**c?\n");
    cr_assert_not_null(found("xxaxxbxxcx"));
    cr_assert_not_null(found("abcc"));
    cr_assert_null(found("abc"));
    cr_assert_null(found("acb"));
}

/* ---- thunks ---- */

static uintptr_t watch(const char *name, uintptr_t target)
{
    return rs_watch(target, rs_plan_find(name), RESIDUE_NO_INTERFACE, name);
}

Test(watched, one_thunk_for_a_function_and_its_target)
{
    uintptr_t thunk = watch("OpenKey", 0x1000);
    cr_assert_eq(watch("OpenKey", 0x1000), thunk);
    cr_assert_neq(watch("OpenKey", 0x2000), thunk, "another version of it");
    cr_assert_neq(watch("CloseKey", 0x1000), thunk, "another name for the same code");
    cr_assert_eq(rs_watched_at(thunk)->target, 0x1000u);
    cr_assert_str_eq(rs_watched_at(thunk)->name.text, "OpenKey");
    cr_assert_null(rs_watched_at(thunk - (uintptr_t)RS_THUNKS * RS_THUNK_BYTES));
    cr_assert_null(rs_watched_at(0));
    cr_assert_null(rs_watched_at((uintptr_t)rs_thunks + RS_THUNKS * RS_THUNK_BYTES));
    cr_assert_not_null(rs_watched_at((uintptr_t)rs_thunks + RS_THUNKS * RS_THUNK_BYTES - 1));
}

/* What a glob watches has its own name; many names, each once however often it is asked for. */
Test(watched, names_by_glob)
{
    char name[32];
    uintptr_t thunk[600];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 600; i++) {
            snprintf(name, sizeof name, "Open%u", i);
            uintptr_t now = watch(name, 0x1000 + i / 2 * 16); /* some are aliases */
            cr_assert(!round || now == thunk[i], "%s has a second thunk", name);
            cr_assert_str_eq(rs_watched_at(now)->name.text, name);
            thunk[i] = now;
        }
    }
}

Test(watched, the_pool_is_used_up)
{
    for (uintptr_t i = 0; i < RS_THUNKS; i++)
        cr_assert_neq(watch("OpenKey", 0x1000 + 16 * i), 0u);
    cr_assert_eq(rs.trace->unwatched, 0u);
    cr_assert_eq(watch("OpenKey", 0x10), 0u);
    cr_assert_eq(rs.trace->unwatched, 1u, "the trace tells");
    cr_assert_neq(watch("OpenKey", 0x1000), 0u, "those that are there stay");
    rs_watched_forget(0x2000, 0x2010);
    uintptr_t freed = watch("OpenKey", 0x10);
    cr_assert_neq(freed, 0u);
    cr_assert_eq(rs_watched_at(freed)->target, 0x10u);
    cr_assert_eq(watch("OpenKey", 0x20), 0u);
    rs.trace->unwatched = 0;
    rs_watched_reset();
    cr_assert_eq(rs.trace->unwatched, 2u, "a child's trace too");
}

/* A module goes and comes back, as its thunks do: a slot that was patched before is right still. */
Test(watched, a_module_that_comes_back)
{
    uintptr_t before = watch("OpenKey", 0x0fff), first = watch("OpenKey", 0x1000),
              last = watch("OpenMsgStore", 0x1fff), after = watch("OpenKey", 0x2000);
    for (unsigned i = 0; i < 3; i++) {
        rs_watched_forget(0x1000, 0x2000);
        cr_assert_neq(watch("OpenKey", 0x5000 + 16 * i), first, "others are free");
        cr_assert_eq(watch("OpenKey", 0x1000), first);
        cr_assert_eq(watch("OpenMsgStore", 0x1fff), last);
    }
    cr_assert(watch("OpenKey", 0x0fff) == before && watch("OpenKey", 0x2000) == after);
}

/* Only when all have been used does another function get one of those forgotten, each once. */
Test(watched, forgotten_ones_serve_others)
{
    for (uintptr_t i = 0; i < RS_THUNKS; i++)
        watch("OpenKey", 0x10000 + 16 * i);
    rs_watched_forget(0x10000, 0x10000 + 16 * 100);
    for (uintptr_t i = 0; i < 50; i++)
        cr_assert_neq(watch("CloseKey", 0x10 + i), 0u);
    unsigned back = 0;
    for (uintptr_t i = 0; i < 100; i++)
        back += watch("OpenKey", 0x10000 + 16 * i) != 0;
    cr_assert_eq(back, 50u);
    for (uintptr_t i = 0; i < 50; i++)
        cr_assert_eq(rs_watched_at(watch("CloseKey", 0x10 + i))->target, 0x10 + i);
}

/* Loading and unloading for ever needs no more memory. */
Test(watched, bounded_however_often_modules_come_and_go)
{
    uint64_t bytes = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uintptr_t at = 0x10000 + round % 7 * 0x1000;
        cr_assert(watch("OpenKey", at) && watch("OpenMsgStore", at + 16) && watch("Openly", at));
        rs_watched_forget(at, at + 0x1000);
        if (round == 4000)
            bytes = rs_arena_bytes();
    }
    cr_assert_eq(rs_arena_bytes(), bytes);
}

Test(watched, without_memory)
{
    core_os.maps_left = 0;
    watch("OpenKey", 0x1000);
    core_os.maps_left = 10;
    uintptr_t thunk = watch("OpenKey", 0x1000);
    cr_assert_neq(thunk, 0u);
    cr_assert_eq(watch("OpenKey", 0x1000), thunk);
}
