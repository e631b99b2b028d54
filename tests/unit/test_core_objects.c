/* The ledger of objects: from the call that hands one out to its end, by calls as a client makes
 * them. */
#include "shim/core/checkpoint.h"
#include "shim/core/intern.h"
#include "tests/unit/core_objects.h"

TestSuite(objects, .init = begin);

/* ---- lives ---- */

Test(objects, from_the_call_that_opens_it_to_its_last_release)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    const struct residue_object *object = live_at(&folder[0]);
    has_events(object, "O");
    cr_assert_eq(object->held, 1u);
    cr_assert_eq(object->ordinal, 1u);
    cr_assert_eq(object->parent, live_at(&session)->id);
    cr_assert_eq(object->interface, rs_intern_name("IMAPIFolder", 0));
    cr_assert_eq(rs_path(rs_site(object->site)->path)->name,
                 rs_intern_name("IMAPISession::OpenEntry", 0));
    method(&folder[0], ADD_REF, 2);
    method(&folder[0], RELEASE, 1);
    cr_assert_eq(object->held, 1u);
    release_last(&folder[0]);
    has_events(object, "OARR");
    cr_assert_eq(object->state, (uint32_t)RESIDUE_OBJECT_ENDED);
    cr_assert_eq(object->event[3].flags, RESIDUE_EVENT_ENDED_IT);
    cr_assert_eq(object->event[1].value, 2u);
    cr_assert_lt(object->event[0].sequence, object->event[3].sequence);
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_LIVE), 1u, "the session");
}

Test(objects, an_address_that_is_used_again_is_another_object)
{
    log_on();
    for (uint32_t i = 1; i <= 3; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        cr_assert_eq(live_at(&folder[0])->id, i + 1);
        release_last(&folder[0]);
    }
    appear(&folder[0], 4); /* one whose end nobody saw */
    open_folder(&session, &folder[0]);
    vanish(&folder[0]);
    appear(&folder[0], 5);
    open_folder(&session, &folder[0]);
    cr_assert_eq(live_at(&folder[0])->id, 6u);
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_LIVE), 2u);
}

Test(objects, handed_out_again_while_it_lives_it_is_the_same)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    open_folder(&session, &folder[0]);
    has_events(live_at(&folder[0]), "OO");
    cr_assert_eq(live_at(&folder[0])->held, 2u);
    method(&folder[0], RELEASE, 1);
    release_last(&folder[0]);
    cr_assert_null(live_at(&folder[0]));
}

Test(objects, another_pointer_by_QueryInterface)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    query(&folder[0], &folder[1]); /* a tear-off: another address, the same object */
    has_events(live_at(&folder[0]), "OQ");
    method(&folder[1], ADD_REF, 3);
    method(&folder[1], RELEASE, 2);
    method(&folder[0], RELEASE, 1);
    has_events(live_at(&folder[0]), "OQARR");
    cr_assert_null(live_at(&folder[1]));
}

/* An interface that no table has, of an object with one vtable for all: its Release is seen, and so
 * must be what it answers. */
Test(objects, the_same_pointer_by_an_unknown_interface)
{
    static const uint8_t unknown[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    query_for(&folder[0], &folder[0], unknown);
    has_events(live_at(&folder[0]), "OQ");
    cr_assert_eq(live_at(&folder[0])->interface, rs_intern_name("IMAPIFolder", 0));
    method(&folder[0], RELEASE, 1);
    cr_assert_eq(live_at(&folder[0])->held, 1u);
    query_for(&folder[0], &folder[1], unknown); /* a tear-off: nothing of it is seen */
    has_events(live_at(&folder[0]), "OQR");
}

/* What Release returns is for tests alone: some always return 0. */
Test(objects, the_memory_tells_more_than_what_Release_returns)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    method(&folder[0], ADD_REF, 2);
    method(&folder[0], RELEASE, 0);
    cr_assert_not_null(live_at(&folder[0]), "one is held, and the memory is there");
    vanish(&folder[0]);
    method(&folder[0], RELEASE, 7);
    cr_assert_null(live_at(&folder[0]));
}

/* In no heap block, and Release returns nothing useful: what is known of it is that none is known
 * to hold it. */
Test(objects, a_place_of_its_own_and_a_release_that_tells_nothing)
{
    log_on();
    for (uint32_t i = 1; i <= 3; i++) {
        open_folder(&session, &folder[0]);
        cr_assert_eq(live_at(&folder[0])->id, i + 1, "another each time");
        method(&folder[0], ADD_REF, 0x7777);
        method(&folder[0], RELEASE, 0x7777);
        cr_assert_not_null(live_at(&folder[0]));
        method(&folder[0], RELEASE, 0x7777);
        cr_assert_null(live_at(&folder[0]));
    }
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_LIVE), 1u, "the session");
}

/* That is no proof: whoever uses it has a reference that was not seen. */
Test(objects, used_by_one_who_was_not_seen_to_hold_it)
{
    log_on();
    open_folder(&session, &folder[0]);
    method(&folder[0], RELEASE, 1);
    cr_assert_null(live_at(&folder[0]));
    method(&folder[0], 5, 0);
    has_events(live_at(&folder[0]), "OR");
    method(&folder[0], RELEASE, 0);
    cr_assert_null(live_at(&folder[0]));
    cr_assert_eq(misused(RESIDUE_MISUSE_USED_AFTER_END), 0u);
    method(&folder[0], 5, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_USED_AFTER_END), 1u, "now it is certain");
}

/* Where it counts, it is believed; and a child is reason enough. */
Test(objects, a_release_that_counts)
{
    log_on();
    open_folder(&session, &folder[0]);
    method(&folder[0], ADD_REF, 3);
    method(&folder[0], RELEASE, 2);
    method(&folder[0], RELEASE, 1);
    cr_assert_not_null(live_at(&folder[0]), "the provider holds it");
    method(&session, RELEASE, 7);
    cr_assert_not_null(live_at(&session), "the folder holds it");
}

/* Freed by whoever it was opened from: not a reference any more. */
Test(objects, a_checkpoint_finds_what_went_unseen)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    vanish(&folder[0]);
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    cr_assert_null(live_at(&folder[0]));
    const struct residue_summary *summary = core_record(RESIDUE_RECORD_SUMMARY, 0);
    cr_assert_not_null(summary, "the session is a survivor");
    cr_assert_eq(summary->site, live_at(&session)->site);
}

/* What it was opened from has ended: it is that one's parent's from then on. */
Test(objects, a_parent_that_ends_first)
{
    log_on();
    for (unsigned i = 0; i < 2; i++)
        appear(&folder[i], i + 1);
    open_folder(&session, &folder[0]);
    open_folder(&session, &folder[1]);
    struct object *inner = &folder[2];
    appear(inner, 3);
    uint32_t type = 0;
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = inner, .type = &type};
    core_call_long(
        &(struct core_call){.thunk = folder[1].vtable[FOLDER_OPEN_ENTRY],
                            .argument = {(uintptr_t)&folder[1], 0, 0, 0, 0, (uintptr_t)&type},
                            .body = hand_out,
                            .closure = &handing},
        0, 0, 0, 0, 0, (uintptr_t)&out, 0);
    cr_assert_eq(live_at(inner)->parent, live_at(&folder[1])->id);
    release_last(&folder[1]);
    cr_assert_eq(live_at(inner)->parent, live_at(&session)->id);
}

/* ---- memory ---- */

Test(objects, what_ended_well_takes_no_memory)
{
    log_on();
    for (uint32_t i = 1; i <= 20000; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        release_last(&folder[0]);
    }
    cr_assert_leq(core_record_count(RESIDUE_RECORD_OBJECT), 3u);
    const struct residue_tally *tally;
    unsigned objects = 0, releases = 0;
    for (unsigned i = 0; (tally = core_record(RESIDUE_RECORD_TALLY, i)); i++) {
        if (!tally->site)
            objects += (unsigned)tally->count;
        if (tally->kind == RESIDUE_EVENT_RELEASE)
            releases += (unsigned)tally->count;
    }
    cr_assert_eq(objects, 20000u);
    cr_assert_eq(releases, 20000u);
}

Test(objects, a_long_life_keeps_what_it_holds)
{
    log_on();
    for (uint32_t i = 0; i < 5000; i++) {
        method(&session, ADD_REF, 2);
        method(&session, RELEASE, 1);
    }
    const struct residue_object *object = live_at(&session);
    cr_assert_leq(object->room, 64u);
    cr_assert_eq(object->count + object->unlisted, 10001u);
    cr_assert_eq(object->held, 1u);
    for (uint32_t i = 0; i < 300; i++)
        method(&session, ADD_REF, 2 + i);
    object = live_at(&session);
    cr_assert_eq(object->held, 301u);
    unsigned kept = 0;
    for (uint32_t i = 0; i < object->count; i++)
        kept += object->event[i].kind == RESIDUE_EVENT_ADDREF;
    cr_assert_geq(kept, 300u);
    cr_assert_eq(count_in_state(RESIDUE_OBJECT_LIVE), 1u, "it moved, and is there once");
}

/* ---- the client, and others ---- */

static uint64_t add_inside(void *closure)
{
    method(closure, ADD_REF, 2);
    return 0;
}

/* A reference that a provider takes for itself, in a call, is not the client's. */
Test(objects, references_of_others)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    core_call(&(struct core_call){.thunk = session_vtable[14],
                                  .argument = {(uintptr_t)&session},
                                  .body = add_inside,
                                  .closure = &folder[0]});
    const struct residue_object *object = live_at(&folder[0]);
    has_events(object, "OA");
    cr_assert_eq(object->event[1].flags, RESIDUE_EVENT_INNER);
    cr_assert_eq(object->held, 1u);
    method(&folder[0], RELEASE, 1);
    cr_assert_eq(object->held, 0u);
    cr_assert_eq(object->state, (uint32_t)RESIDUE_OBJECT_LIVE, "the provider holds it");
}
