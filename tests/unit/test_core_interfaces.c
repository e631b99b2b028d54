/* Interface pointers that come out of calls, in both layouts: from then on their methods are
 * watched. The plan is the shipped one. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

enum { SLOTS = 64 };

/* An object in memory as a client sees it: its first word leads to the vtable. */
struct object {
    uintptr_t *vtable;
};

/* Functions, as far as anybody looks: 16 bytes each. */
static unsigned char code[2][16 * SLOTS];
#define SESSION_CODE(slot) ((uintptr_t)&code[0][16 * (slot)])
#define STORE_CODE(slot)   ((uintptr_t)&code[1][16 * (slot)])

static uintptr_t session_vtable[SLOTS], store_vtable[SLOTS];
static struct object session = {session_vtable}, store = {store_vtable};
static const uint8_t iid_store[16] = {0x06, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
static const uint8_t iid_nonsense[16] = {1, 2, 3};

static void fill(uintptr_t *vtable, uintptr_t target)
{
    for (unsigned i = 0; i < SLOTS; i++)
        vtable[i] = target + 16 * i;
}

static void begin(void)
{
    core_begin_shipped(CORE_LIMIT, "mapi");
    fill(session_vtable, SESSION_CODE(0));
    fill(store_vtable, STORE_CODE(0));
}

TestSuite(interfaces, .init = begin);

static uintptr_t target_of(uintptr_t slot)
{
    const struct rs_watched *watched = rs_watched_at(slot);
    return watched ? watched->target : 0;
}

static const char *name_in(const uintptr_t *vtable, unsigned slot)
{
    const struct rs_watched *watched = rs_watched_at(vtable[slot]);
    return watched ? watched->name.text : "";
}

/* The function behind the thunk puts `object` where its out-parameter points. */
struct handing {
    struct object **out, *object;
    uint32_t *type, is;
    uint64_t result;
};

static uint64_t hand_out(void *closure)
{
    const struct handing *handing = closure;
    *handing->out = handing->object;
    if (handing->type)
        *handing->type = handing->is;
    return handing->result;
}

static void log_on_to(void *object, uint64_t result)
{
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = object, .result = result};
    core_call(&(struct core_call){.thunk = core_watch("MAPILogonEx", 0x1000),
                                  .argument = {0, 0, 0, 0, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &handing});
}

static void log_on(uint64_t result)
{
    log_on_to(&session, result);
}

Test(interfaces, all_methods_of_what_comes_out)
{
    log_on(0);
    cr_assert_str_eq(name_in(session_vtable, 5), "IMAPISession::OpenMsgStore");
    cr_assert_str_eq(name_in(session_vtable, 17), "IMAPISession::Logoff");
    for (unsigned slot = 0; slot < 22; slot++)
        cr_assert_eq(target_of(session_vtable[slot]), SESSION_CODE(slot));
    cr_assert_eq(session_vtable[22], SESSION_CODE(22), "the vtable ends here");
}

/* A failed call leaves garbage in its out-parameter. */
Test(interfaces, nothing_comes_out_of_a_failure)
{
    log_on(0x80004005);
    cr_assert_eq(session_vtable[5], SESSION_CODE(5));
}

Test(interfaces, nothing_is_handed_out)
{
    struct handing handing = {.out = &(struct object *){NULL}};
    core_call(&(struct core_call){
        .thunk = core_watch("MAPILogonEx", 0x1000), .body = hand_out, .closure = &handing});
    log_on_to(NULL, 0);
    struct object empty = {NULL};
    log_on_to(&empty, 0);
    cr_assert_eq(rs_self->depth, 0u);
}

/* The same class again: nothing changes. */
Test(interfaces, once_for_each_vtable)
{
    log_on(0);
    uintptr_t before[SLOTS];
    memcpy(before, session_vtable, sizeof before);
    for (unsigned i = 0; i < 100; i++)
        log_on(0);
    cr_assert_eq(memcmp(before, session_vtable, sizeof before), 0);
}

/* ---- methods ---- */

struct entry {
    uint64_t iid, type;
    const struct handing *handing;
};

/* Calls slot `slot` of the session with parameters from `first`; `This` stands before them. */
static void method(unsigned slot, const uint64_t parameter[5], uint64_t sixth,
                   const struct handing *handing)
{
    struct core_call what = {.thunk = session_vtable[slot],
                             .argument = {(uintptr_t)&session, parameter[0], parameter[1],
                                          parameter[2], parameter[3], parameter[4]},
                             .body = hand_out,
                             .closure = (void *)(uintptr_t)handing};
    core_call_long(&what, 0, 0, 0, 0, 0, sixth, 0);
}

static const char *open_store(const uint8_t *iid)
{
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = &store};
    fill(store_vtable, STORE_CODE(0));
    method(5, (uint64_t[]){0, 0, 0, (uintptr_t)iid, 0}, (uintptr_t)&out, &handing);
    return name_in(store_vtable, 17);
}

Test(interfaces, a_method_hands_out_the_next)
{
    log_on(0);
    cr_assert_str_eq(open_store(NULL), "IMsgStore::OpenEntry");
    const struct residue_path *path = rs_path(rs_path_count());
    cr_assert_eq(path->name, rs_intern_name("IMAPISession::OpenMsgStore", 0));
    cr_assert_eq(path->parent, 0u);
}

Test(interfaces, by_iid)
{
    log_on(0);
    cr_assert_str_eq(open_store(iid_store), "IMsgStore::OpenEntry");
    cr_assert_str_eq(open_store(iid_nonsense), "IMsgStore::OpenEntry", "unknown: the default");
    cr_assert_eq(rs_interface_of_iid(iid_nonsense), RESIDUE_NO_INTERFACE);
}

/* IMAPISession::OpenEntry tells the type of what it opened. */
static const char *open_entry(uint32_t is, const uint8_t *iid)
{
    uint32_t type = 0;
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = &store, .type = &type, .is = is};
    fill(store_vtable, STORE_CODE(0));
    method(9, (uint64_t[]){0, 0, (uintptr_t)iid, 0, (uintptr_t)&type}, (uintptr_t)&out, &handing);
    return name_in(store_vtable, 17);
}

Test(interfaces, by_object_type)
{
    log_on(0);
    cr_assert_str_eq(open_entry(1, NULL), "IMsgStore::OpenEntry");
    cr_assert_str_eq(open_entry(3, NULL), "IMAPIFolder::SetSearchCriteria");
    cr_assert_str_eq(open_entry(999, NULL), "", "no such type: nothing is watched");
    cr_assert_str_eq(open_entry(999, iid_store), "IMsgStore::OpenEntry");
}

/* A slot found through a smaller interface gets the larger one's name, never the reverse. */
Test(interfaces, the_larger_interface_names_the_methods)
{
    log_on(0);
    uint8_t iid_unknown[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
    uint32_t unknown = rs_interface_of_iid(iid_unknown);
    cr_assert_neq(unknown, RESIDUE_NO_INTERFACE);
    rs_interface_found(&store, unknown, true);
    cr_assert_str_eq(name_in(store_vtable, 2), "IUnknown::Release");
    cr_assert_eq(target_of(store_vtable[3]), 0u);
    rs_interface_found(&store, rs_interface_of_iid(iid_store), true);
    cr_assert_str_eq(name_in(store_vtable, 2), "IMsgStore::Release");
    cr_assert_eq(target_of(store_vtable[2]), STORE_CODE(2), "never a thunk behind a thunk");
    rs_interface_found(&store, unknown, true);
    cr_assert_str_eq(name_in(store_vtable, 2), "IMsgStore::Release");
}

/* A thunk in a thunk's slot (a vtable copied by the client): targets stay real. */
Test(interfaces, a_copied_vtable)
{
    log_on(0);
    static uintptr_t copied[SLOTS];
    memcpy(copied, session_vtable, sizeof copied);
    struct object copy = {copied};
    rs_interface_found(&copy, rs_watched_at(session_vtable[5])->interface, true);
    cr_assert_eq(target_of(copied[5]), SESSION_CODE(5));
}

Test(interfaces, a_call_that_tears_down_takes_a_checkpoint)
{
    log_on(0);
    struct object *out;
    struct handing handing = {.out = &out};
    method(17, (uint64_t[]){0, 0, 0, 0, 0}, 0, &handing);
    const struct residue_checkpoint *checkpoint = core_record(RESIDUE_RECORD_CHECKPOINT, 0);
    cr_assert_not_null(checkpoint);
    cr_assert_eq(checkpoint->reason, RESIDUE_CHECKPOINT_TEARDOWN);
    cr_assert_eq(rs_path(checkpoint->path)->name, rs_intern_name("IMAPISession::Logoff", 0));
}

/* ---- the other layout ---- */

/* Two destructors, then the methods; AddRef and its kin stand in the vtable of another part of the
 * object, whose offset stands seven words before the vtable. */
struct parts {
    uintptr_t *vtable, *unknown;
};

static uintptr_t own_words[16 + SLOTS], unknown_words[16 + SLOTS];
static struct parts parts = {own_words + 16, unknown_words + 16};

static void lay_out(void)
{
    fill(parts.vtable, SESSION_CODE(0));
    fill(parts.unknown, STORE_CODE(0));
    parts.vtable[-7] = offsetof(struct parts, unknown);
    parts.vtable[-2] = 0;
    parts.unknown[-2] = -offsetof(struct parts, unknown);
    parts.vtable[-1] = parts.unknown[-1] = 0x7000; /* of one type */
}

Test(interfaces, mapi4linux)
{
    core_begin_shipped(CORE_LIMIT, "mapi4linux");
    lay_out();
    log_on_to(&parts, 0);
    cr_assert(parts.vtable[0] == SESSION_CODE(0) && parts.vtable[1] == SESSION_CODE(1),
              "no methods");
    cr_assert_str_eq(name_in(parts.vtable, 7), "IMAPISession::OpenMsgStore");
    cr_assert_str_eq(name_in(parts.vtable, 23), "IMAPISession::PrepareForm");
    cr_assert_eq(parts.vtable[24], SESSION_CODE(24));
    cr_assert_str_eq(name_in(parts.unknown, 2), "IMAPISession::AddRef");
    cr_assert_str_eq(name_in(parts.unknown, 3), "IMAPISession::Release");
    cr_assert_str_eq(name_in(parts.unknown, 4), "IMAPISession::QueryInterface");
    cr_assert_eq(parts.unknown[5], STORE_CODE(5));
}

/* An object of another layout: what stands before its vtable may be anything. Nothing of it is
 * touched. */
Test(interfaces, parts_that_are_none)
{
    core_begin_shipped(CORE_LIMIT, "mapi4linux");
    const uintptr_t nonsense[] = {8, 1, 0x7ffffffffffffff8, UINTPTR_MAX - 7, 1 << 30};
    for (unsigned i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        lay_out();
        parts.vtable[-7] = nonsense[i];
        parts.vtable[-2] = nonsense[sizeof nonsense / sizeof *nonsense - 1 - i];
        log_on_to(&parts, 0);
        cr_assert_eq(parts.vtable[7], SESSION_CODE(7));
        cr_assert_eq(parts.unknown[2], STORE_CODE(2));
    }
}

/* An out-parameter that leads to something else altogether. */
Test(interfaces, objects_that_are_none)
{
    struct object text = {(uintptr_t *)"just some words, and none of them is an address"},
                  odd = {(uintptr_t *)1}, high = {(uintptr_t *)UINTPTR_MAX};
    struct object *const none[] = {&text, &odd, &high, (struct object *)8,
                                   (struct object *)(UINTPTR_MAX - 6)};
    uint32_t interface = rs_interface_of_iid(iid_store);
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
        cr_assert_eq(rs_interface_found(none[i], interface, false), RESIDUE_NO_INTERFACE);
    store_vtable[20] = 12345; /* one of the slots leads nowhere: the vtable is another's */
    cr_assert_eq(rs_interface_found(&store, interface, false), RESIDUE_NO_INTERFACE);
    cr_assert_eq(store_vtable[5], STORE_CODE(5));
    store_vtable[20] = 0; /* a method that the object does not have */
    cr_assert_neq(rs_interface_found(&store, interface, false), RESIDUE_NO_INTERFACE);
    cr_assert_str_eq(name_in(store_vtable, 17), "IMsgStore::OpenEntry");
    cr_assert_eq(store_vtable[20], 0u);
}

/* Parameters of the shipped profile: linked buffers. */
Test(interfaces, mapi_buffers_of_the_shipped_profile)
{
    uint64_t head = 0, link = 0;
    struct handing first = {.out = (void *)&head, .object = (void *)0x5000},
                   more = {.out = (void *)&link, .object = (void *)0x6000};
    core_call(&(struct core_call){.thunk = core_watch("MAPIAllocateBuffer", 0x1000),
                                  .argument = {100, (uintptr_t)&head},
                                  .body = hand_out,
                                  .closure = &first});
    core_call(&(struct core_call){.thunk = core_watch("MAPIAllocateMore", 0x1010),
                                  .argument = {20, 0x5000, (uintptr_t)&link},
                                  .body = hand_out,
                                  .closure = &more});
    struct trace *trace = core_read();
    cr_assert_eq(trace->survivor_count, 2u);
    cr_assert_eq(trace->survivors[0].size + trace->survivors[1].size, 120u);
    trace_close(trace);
    core_call(&(struct core_call){
        .thunk = core_watch("MAPIFreeBuffer", 0x1020), .argument = {0x5000}, .result = 0});
    trace = core_read();
    cr_assert_eq(trace->survivor_count, 0u);
    trace_close(trace);
}
