/* The ledger of objects: from the call that hands one out to its end, by calls as a client makes
 * them. The plan is the shipped one. */
#include <criterion/criterion.h>
#include <string.h>
#include "shim/core/checkpoint.h"
#include "shim/core/intern.h"
#include "shim/core/objects.h"
#include "shim/core/resources.h"
#include "tests/unit/core_os.h"

enum { SLOTS = 64, OBJECT_SIZE = 128 };

/* COM's slots, from the tables. */
enum { QUERY_INTERFACE = 0, ADD_REF = 1, RELEASE = 2, OPEN_MSG_STORE = 5, OPEN_ENTRY = 9 };
enum { FOLDER_OPEN_ENTRY = 16 };
enum { SESSION_ADVISE = 11, SESSION_UNADVISE = 12, LOGOFF = 17 };

/* An object in memory as a client sees it: its first word leads to the vtable. */
struct object {
    uintptr_t *vtable;
    char rest[OBJECT_SIZE - sizeof(uintptr_t *)];
} __attribute__((aligned(64)));

static unsigned char code[16 * SLOTS];
static uintptr_t session_vtable[SLOTS], folder_vtable[SLOTS];
static struct object session = {session_vtable, {0}};
static struct object folder[4] = {
    {folder_vtable, {0}}, {folder_vtable, {0}}, {folder_vtable, {0}}, {folder_vtable, {0}}};

static void begin(void)
{
    core_begin_shipped(CORE_LIMIT, "mapi");
    core_sites(2);
    for (unsigned i = 0; i < SLOTS; i++)
        session_vtable[i] = folder_vtable[i] = (uintptr_t)&code[16 * i];
}

TestSuite(objects, .init = begin);

/* ---- what a client does ---- */

struct handing {
    struct object **out, *object;
    uint32_t *type;
};

static uint64_t hand_out(void *closure)
{
    const struct handing *handing = closure;
    *handing->out = handing->object;
    if (handing->type)
        *handing->type = 3; /* MAPI_FOLDER */
    return 0;
}

static void appear(struct object *object, uint32_t ordinal)
{
    rs_ledger_put((uintptr_t)object, (struct rs_block){sizeof *object, 1, ordinal});
}

static void vanish(struct object *object)
{
    struct rs_block block;
    rs_ledger_take((uintptr_t)object, &block);
}

static void log_on(void)
{
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = &session};
    core_call(&(struct core_call){.thunk = core_watch("MAPILogonEx", 0x1000),
                                  .argument = {0, 0, 0, 0, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &handing});
}

static void open_folder(struct object *from, struct object *object)
{
    uint32_t type = 0;
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = object, .type = &type};
    struct core_call what = {.thunk = session_vtable[OPEN_ENTRY],
                             .argument = {(uintptr_t)from, 0, 0, 0, 0, (uintptr_t)&type},
                             .body = hand_out,
                             .closure = &handing};
    core_call_long(&what, 0, 0, 0, 0, 0, (uintptr_t)&out, 0);
}

/* A method without parameters that matter, which returns `result`. */
static void method(struct object *object, unsigned slot, uint64_t result)
{
    core_call(&(struct core_call){
        .thunk = object->vtable[slot], .argument = {(uintptr_t)object}, .result = result});
}

static void query(struct object *object, struct object *answer)
{
    static const uint8_t iid_folder[16] = {0x0c, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = answer};
    core_call(
        &(struct core_call){.thunk = object->vtable[QUERY_INTERFACE],
                            .argument = {(uintptr_t)object, (uintptr_t)iid_folder, (uintptr_t)&out},
                            .body = hand_out,
                            .closure = &handing});
}

static uint64_t go(void *closure)
{
    vanish(closure);
    return 0;
}

/* The Release by which it goes with its memory. */
static void release_last(struct object *object)
{
    core_call(&(struct core_call){.thunk = object->vtable[RELEASE],
                                  .argument = {(uintptr_t)object},
                                  .body = go,
                                  .closure = object});
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

/* ---- what the trace has ---- */

static const struct residue_object *in_state(uint32_t state, unsigned index)
{
    const struct residue_object *object;
    for (unsigned i = 0; (object = core_record(RESIDUE_RECORD_OBJECT, i)); i++)
        if (object->state == state && !index--)
            return object;
    return NULL;
}

static unsigned count_in_state(uint32_t state)
{
    unsigned count = 0;
    while (in_state(state, count))
        count++;
    return count;
}

static const struct residue_object *live_at(const struct object *object)
{
    const struct residue_object *record;
    for (unsigned i = 0; (record = in_state(RESIDUE_OBJECT_LIVE, i)); i++)
        if (record->address == (uintptr_t)object)
            return record;
    return NULL;
}

static uint64_t misused(uint32_t what)
{
    const struct residue_misuse *record;
    uint64_t count = 0;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_MISUSE, i)); i++)
        if (record->misuse == what)
            count += record->count;
    return count;
}

static void has_events(const struct residue_object *object, const char *kinds)
{
    static const char letters[] = " OQARLVUCF";
    char is[64] = "";
    cr_assert_not_null(object);
    for (uint32_t i = 0; i < object->count && i < sizeof is - 1; i++)
        is[i] = letters[object->event[i].kind];
    cr_assert_str_eq(is, kinds);
}

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

/* One that is handed out again and again while it lives, and advised on. */
Test(objects, a_long_life_of_other_things)
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

/* ---- misuse ---- */

Test(objects, used_after_the_end)
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

Test(objects, only_so_many_of_those_are_kept_and_all_are_counted)
{
    log_on();
    for (uint32_t i = 1; i <= 1000; i++) {
        appear(&folder[0], i);
        open_folder(&session, &folder[0]);
        release_last(&folder[0]);
        method(&folder[0], RELEASE, 0);
    }
    cr_assert_eq(misused(RESIDUE_MISUSE_USED_AFTER_END), 1000u);
    cr_assert_leq(count_in_state(RESIDUE_OBJECT_ENDED), 257u);
}

Test(objects, logged_off_with_objects_open)
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

Test(objects, released_without_a_logoff_before_what_was_opened_from_it)
{
    log_on();
    appear(&folder[0], 1);
    open_folder(&session, &folder[0]);
    method(&session, RELEASE, 1); /* the folder holds it */
    cr_assert_eq(misused(RESIDUE_MISUSE_NOT_LOGGED_OFF), 1u);
    cr_assert_eq(misused(RESIDUE_MISUSE_PARENT_FIRST), 1u);
}

Test(objects, connections)
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

Test(objects, a_sink_that_outlives_its_session)
{
    log_on();
    advise_session();
    unadvise_session(76);
    method(&session, LOGOFF, 0);
    method(&session, RELEASE, 0);
    cr_assert_eq(misused(RESIDUE_MISUSE_SINK_OUTLIVES), 1u);
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
