/* What must not be done with objects: used after the end, let go or logged off in the wrong order.
 */
#include "shim/core/intern.h"
#include "tests/unit/core_objects.h"

TestSuite(objects_misuse, .init = begin);

/* ---- misuse ---- */

Test(objects_misuse, used_after_the_end)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    release_last(&folder[0]);
    method(&folder[0], RELEASE, 0);
    method(&folder[0], 5, 0);
    const struct residue_object *object = in_state(RESIDUE_OBJECT_ENDED, 0);
    has_events(object, "ORRC");
    cr_assert_eq(object->event[2].flags, RESIDUE_EVENT_AFTER_END);
    cr_assert(object->flags & RESIDUE_OBJECT_USED_AFTER_END);
    cr_assert(object->flags & RESIDUE_OBJECT_FREED);
    cr_assert_eq(misused(RESIDUE_MISUSE_USED_AFTER_END), 2u);
    appear(&folder[0], 2); /* its history outlasts its place */
    open_folder(&session, &folder[0]);
    has_events(in_state(RESIDUE_OBJECT_ENDED, 0), "ORRC");
    has_events(live_at(&folder[0]), "O");
}

static const struct residue_object *ended_object(uint32_t id)
{
    const struct residue_object *object;
    for (unsigned i = 0; (object = in_state(RESIDUE_OBJECT_ENDED, i)); i++)
        if (object->id == id)
            return object;
    return NULL;
}

/* Whoever still holds what was there before meets what is there now: both histories are kept. */
Test(objects_misuse, what_was_at_its_address_before)
{
    log_on();
    for (uint32_t i = 1; i <= 3; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        method(&folder[0], ADD_REF, 2);
        method(&folder[0], RELEASE, 1);
        release_last(&folder[0]);
    }
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_ENDED), 2u, "no more than one before each");
    has_events(ended_object(3), "OARR");
    cr_assert_eq(ended_object(4)->before, 3u);
    method(&folder[0], RELEASE, 0);
    for (uint32_t i = 4; i <= 9; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        release_last(&folder[0]);
    }
    has_events(ended_object(3), "OARR");
    has_events(ended_object(4), "OARRR");
    cr_assert_eq(ended_object(4)->before, 3u);
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_ENDED), 4u);
}

Test(objects_misuse, only_so_many_of_those_are_kept_and_all_are_counted)
{
    log_on();
    for (uint32_t i = 1; i <= 1000; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        release_last(&folder[0]);
        method(&folder[0], RELEASE, 0);
    }
    cr_assert_eq(misused(RESIDUE_MISUSE_USED_AFTER_END), 1000u);
    /* And the last, with the one before it. */
    cr_assert_leq(count_in_state(RESIDUE_OBJECT_ENDED), 258u);
}

Test(objects_misuse, logged_off_with_objects_open)
{
    log_on();
    for (unsigned i = 0; i < 2; i++) {
        appear(&folder[i], i + 1);
        open_folder(&session, &folder[i]);
    }
    release_last(&folder[0]);
    method(&session, LOGOFF, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_OPEN_AT_LOGOFF), 1u);
    method(&session, LOGOFF, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_OPEN_AT_LOGOFF), 1u, "once");
    method(&session, RELEASE, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_NOT_LOGGED_OFF), 0u);
    cr_assert_eq(misused(RESIDUE_MISUSE_PARENT_FIRST), 0u, "it is told once");
}

Test(objects_misuse, released_without_a_logoff_before_what_was_opened_from_it)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    method(&session, RELEASE, 1); /* the folder holds it */
    cr_assert_eq(misused(RESIDUE_MISUSE_NOT_LOGGED_OFF), 1u);
    cr_assert_eq(misused(RESIDUE_MISUSE_PARENT_FIRST), 1u);
}

static uint64_t advise(void *closure)
{
    *(uint32_t *)closure = 77;
    return 0;
}

static void advise_session(void)
{
    uint32_t connection = 0;
    struct core_call what = {
        .thunk = session_vtable[SESSION_ADVISE],
        .argument = {(uintptr_t)&session, 0, 0, 0, 0x5000, (uintptr_t)&connection},
        .body = advise,
        .closure = &connection};
    core_call(&what);
}

static void unadvise_session(uint64_t connection)
{
    core_call(&(struct core_call){.thunk = session_vtable[SESSION_UNADVISE],
                                  .argument = {(uintptr_t)&session, connection}});
}

Test(objects_misuse, connections)
{
    log_on();
    advise_session();
    uint64_t handle = (uint64_t)live_at(&session)->id << 32 | 77;
    cr_assert(core_live(RS_KIND_CONNECTION, handle));
    unadvise_session(77);
    cr_assert_not(core_live(RS_KIND_CONNECTION, handle));
    method(&session, LOGOFF, 0);
    method(&session, RELEASE, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_SINK_OUTLIVES), 0u);
    has_events(in_state(RESIDUE_OBJECT_ENDED, 0), "OVULR");
}

Test(objects_misuse, a_sink_that_outlives_its_session)
{
    log_on();
    advise_session();
    unadvise_session(76);
    method(&session, LOGOFF, 0);
    method(&session, RELEASE, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_SINK_OUTLIVES), 1u);
}

/* One that is handed out again and again while it lives, and advised on. */
Test(objects_misuse, a_long_life_of_other_things)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    for (uint32_t i = 0; i < 3000; i++) {
        open_folder(&session, &folder[0]);
        method(&folder[0], RELEASE, 1);
        advise_session();
        unadvise_session(77);
    }
    cr_assert_leq(live_at(&folder[0])->room, 64u);
    cr_assert_eq(live_at(&folder[0])->held, 1u);
    cr_assert_eq(live_at(&folder[0])->event[0].sequence, 2u, "how it came is never left out");
    cr_assert_leq(live_at(&session)->room, 64u);
    method(&session, LOGOFF, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_SINK_OUTLIVES), 0u);
}
