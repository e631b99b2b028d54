/* Objects as a client sees them, the calls that it makes of them, and what the trace has of them.
 * The plan is the shipped one. */
#ifndef TESTS_UNIT_CORE_OBJECTS_H
#define TESTS_UNIT_CORE_OBJECTS_H

#include <criterion/criterion.h>
#include "shim/core/ledger.h"
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

static inline void begin(void)
{
    core_begin_shipped(CORE_LIMIT, "mapi");
    core_sites(2);
    for (unsigned i = 0; i < SLOTS; i++)
        session_vtable[i] = folder_vtable[i] = (uintptr_t)&code[16 * i];
}

/* ---- what a client does ---- */

struct handing {
    struct object **out, *object;
    uint32_t *type;
};

static inline uint64_t hand_out(void *closure)
{
    const struct handing *handing = closure;
    *handing->out = handing->object;
    if (handing->type)
        *handing->type = 3; /* MAPI_FOLDER */
    return 0;
}

static inline void appear(struct object *object, uint32_t ordinal)
{
    rs_ledger_put((uintptr_t)object, (struct rs_block){sizeof *object, 1, ordinal});
}

static inline void vanish(struct object *object)
{
    struct rs_block block;
    rs_ledger_take((uintptr_t)object, &block);
}

static inline void log_on(void)
{
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = &session};
    core_call(&(struct core_call){.thunk = core_watch("MAPILogonEx", 0x1000),
                                  .argument = {0, 0, 0, 0, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &handing});
}

static inline void open_folder(struct object *from, struct object *object)
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
static inline void method(struct object *object, unsigned slot, uint64_t result)
{
    core_call(&(struct core_call){
        .thunk = object->vtable[slot], .argument = {(uintptr_t)object}, .result = result});
}

static inline void query_for(struct object *object, struct object *answer, const uint8_t iid[16])
{
    struct object *out = NULL;
    struct handing handing = {.out = &out, .object = answer};
    core_call(&(struct core_call){.thunk = object->vtable[QUERY_INTERFACE],
                                  .argument = {(uintptr_t)object, (uintptr_t)iid, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &handing});
}

static inline void query(struct object *object, struct object *answer)
{
    static const uint8_t iid_folder[16] = {0x0c, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};
    query_for(object, answer, iid_folder);
}

static inline uint64_t go(void *closure)
{
    vanish(closure);
    return 0;
}

/* The Release by which it goes with its memory. */
static inline void release_last(struct object *object)
{
    core_call(&(struct core_call){.thunk = object->vtable[RELEASE],
                                  .argument = {(uintptr_t)object},
                                  .body = go,
                                  .closure = object});
}

/* ---- what the trace has ---- */

static inline const struct residue_object *in_state(uint32_t state, unsigned index)
{
    const struct residue_object *object;
    for (unsigned i = 0; (object = core_record(RESIDUE_RECORD_OBJECT, i)); i++)
        if (object->state == state && !index--)
            return object;
    return NULL;
}

static inline unsigned count_in_state(uint32_t state)
{
    unsigned count = 0;
    while (in_state(state, count))
        count++;
    return count;
}

static inline const struct residue_object *live_at(const struct object *object)
{
    const struct residue_object *record;
    for (unsigned i = 0; (record = in_state(RESIDUE_OBJECT_LIVE, i)); i++)
        if (record->address == (uintptr_t)object)
            return record;
    return NULL;
}

static inline uint64_t misused(uint32_t what)
{
    const struct residue_misuse *record;
    uint64_t count = 0;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_MISUSE, i)); i++)
        if (record->misuse == what)
            count += record->count;
    return count;
}

static inline void has_events(const struct residue_object *object, const char *kinds)
{
    static const char letters[] = " OQARLVUCF";
    char is[64] = "";
    cr_assert_not_null(object);
    for (uint32_t i = 0; i < object->count && i < sizeof is - 1; i++)
        is[i] = letters[object->event[i].kind];
    cr_assert_str_eq(is, kinds);
}

#endif
