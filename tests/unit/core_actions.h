/* What the tests of watched functions share: a profile, and what became of what it acquires. */
#ifndef TESTS_UNIT_CORE_ACTIONS_H
#define TESTS_UNIT_CORE_ACTIONS_H

#include <criterion/criterion.h>
#include "shim/core/intern.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static const char actions_profile[] =
    "kind ticket class=other counted\n"
    "kind key class=other\n"
    "kind door class=other\n"
    "kind buffer class=buffer\n"
    "kind heap class=private-heap\n"
    "kind gate class=critical-section\n"
    "kind module class=module-reference counted\n"
    "acquire OpenOut key handle=out2\n"
    "acquire OpenArg key handle=arg1\n"
    "acquire OpenZero key handle=arg1 ok=zero\n"
    "acquire OpenNonnegative key handle=arg1 ok=nonnegative\n"
    "acquire OpenNotMinusOne key ok=not-minus-one\n"
    "acquire OpenEighth key handle=arg8 size=arg7\n"
    "acquire OpenMost key handle=arg1 ok=nonzero call=outermost\n"
    "acquire OpenQuiet key handle=arg1 call=never\n"
    "acquire OpenDoor door\n"
    "release CloseKey key\n"
    "release CloseZero key ok=zero\n"
    "release CloseThird key handle=arg3\n"
    "acquire Calloc buffer size=arg1*arg2\n"
    "acquire Malloc buffer size=arg1\n"
    "acquire Wrap buffer size=arg1\n"
    "resize Realloc buffer from=arg1 size=arg2\n"
    "resize ReallocOut buffer from=arg1 handle=out2 size=arg3\n"
    "release Free buffer\n"
    "acquire More buffer handle=out3 size=arg1 parent=arg2 ok=zero\n"
    "acquire HeapCreate heap\n"
    "acquire HeapAlloc buffer size=arg3 parent=arg1\n"
    "release HeapDestroy heap\n"
    "pair Init Cleanup handle=none release-handle=none ok=zero kind=ticket\n"
    "acquire InitGate gate handle=arg1 ok=any call=never\n"
    "acquire LoadLibrary module\n"
    "acquire Load module\n"
    "release FreeLibrary module\n";

enum { TICKET, KEY, DOOR, BUFFER, HEAP, GATE, MODULE };

static inline void begin(void)
{
    core_begin(CORE_LIMIT, actions_profile);
    core_load_modules();
}

TestSuite(actions, .init = begin);

static inline uint64_t call(const char *name, uint64_t result, uint64_t first, uint64_t second,
                            uint64_t third)
{
    return core_call(&(struct core_call){
        .thunk = core_watch(name, 0x1000), .argument = {first, second, third}, .result = result});
}

static inline bool known(uint32_t kind, uint64_t handle)
{
    return core_live(kind, handle);
}

static inline const struct residue_resource *only(uint64_t handle)
{
    const struct residue_resource *found = NULL, *record;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++)
        if (record->state == RESIDUE_RESOURCE_LIVE && record->handle == handle) {
            cr_assert_null(found, "%#zx is there twice", (size_t)handle);
            found = record;
        }
    cr_assert_not_null(found, "%#zx is not there", (size_t)handle);
    return found;
}

static inline const struct residue_path *path_of(const char *name)
{
    return rs_path(rs_intern_path(0, rs_intern_name(name, 0)));
}

/* A body that puts a handle out through the parameter `closure`. */
static inline uint64_t hand_out(void *closure)
{
    *(uint64_t *)closure = 0x1234567890;
    return 0;
}

#endif
