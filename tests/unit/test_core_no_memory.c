/* Memory that runs out at any moment: nothing of the core breaks, and what can be recorded is. */
#include <criterion/criterion.h>
#include <limits.h>
#include "shim/core/arena.h"
#include "shim/core/calls.h"
#include "shim/core/checkpoint.h"
#include "shim/core/intern.h"
#include "shim/core/ledger.h"
#include "shim/core/modules.h"
#include "shim/core/resources.h"
#include "shim/core/scopes.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

enum { TICKET, GATE, BUFFER };

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind ticket class=other counted\n"
                           "kind gate class=critical-section\n"
                           "kind buffer class=buffer\n"
                           "watch Open*\n");
    core_sites(3);
}

TestSuite(no_memory, .init = begin);

/* From now on there are `room` bytes, then none. */
static void leave(size_t room)
{
    rs_arena_reset();
    core_os.maps_left = 1;
    rs_arena_take(16);
    core_os.maps_left = 0;
    for (size_t left = (1 << 20) - 16; left > room;) {
        size_t piece = left - room < 4096 ? left - room : 4096;
        rs_arena_take(piece);
        left -= (piece + 15) & ~(size_t)15;
    }
}

static void acquire(uint32_t kind, uint32_t class, uint64_t handle, uint64_t parent)
{
    rs_resource_acquire(&(struct rs_acquisition){.kind = kind,
                                                 .class = class,
                                                 .counted = kind == TICKET,
                                                 .handle = handle,
                                                 .size = 64,
                                                 .parent = parent,
                                                 .site = 1,
                                                 .ordinal = 1});
}

static unsigned live;

static void count(void *unused, uint32_t site, uint32_t ordinal, uint64_t size)
{
    (void)unused, (void)site, (void)ordinal, (void)size;
    live++;
}

/* Things of all classes come and go, in an order that touches every list. */
static void come_and_go(void)
{
    for (uint64_t i = 0; i < 40; i++) {
        acquire(TICKET, RESIDUE_CLASS_OTHER, i % 5, 0);
        acquire(GATE, RESIDUE_CLASS_CRITICAL_SECTION, 0x10000 + i * 512, 0);
        acquire(BUFFER, RESIDUE_CLASS_BUFFER, 0x40000 + i * 64, i ? 0x40000 + (i / 2) * 64 : 0);
        acquire(RS_KIND_MAPPING, RESIDUE_CLASS_MAPPING, 0x100000 + i * 0x4000, 0);
        rs_ledger_put(0x900000 + i * 16, (struct rs_block){16, 1, 1});
    }
    struct rs_block block;
    for (uint64_t i = 0; i < 40; i++) {
        rs_mapping_release(0x100000 + i * 0x4000 + 16, 16, UINT64_MAX);
        rs_sections_lost(0x10000 + i * 1024, 512, UINT64_MAX, 1, 2, 3);
        rs_resource_release(TICKET, i % 5, NULL);
        rs_ledger_take(0x900000 + i * 16, &block);
    }
    rs_resource_release(BUFFER, 0x40000, NULL);
    rs_mapping_release(0, 1 << 30, UINT64_MAX);
    for (uint64_t i = 0; i < 40; i++)
        rs_resource_release(GATE, 0x10000 + i * 512, NULL);
}

static unsigned left_live(void)
{
    live = 0;
    rs_resources_visit(count, NULL);
    return live;
}

Test(no_memory, resources, .timeout = 60)
{
    rs_ledger_put(0x10000, (struct rs_block){16, 1, 1});
    come_and_go();
    unsigned with_memory = left_live(); /* the sections that were lost */
    cr_assert_eq(with_memory, 20u);
    for (size_t room = 0; room < 24000; room += 16 * (1 + room / 512)) {
        rs_resources_reset();
        leave(room);
        come_and_go();
        cr_assert_leq(left_live(), with_memory, "%zu bytes: more is live than was acquired", room);
        core_os.maps_left = UINT_MAX; /* memory comes back */
        come_and_go();
        cr_assert_geq(left_live(), with_memory);
        cr_assert(rs_recording());
    }
}

Test(no_memory, scopes_and_thunks)
{
    static const char names[64][4];
    struct rs_found_module found[4] = {{.module = {.start = 0x1000, .end = 0x2000}, .path = "/a"},
                                       {.module = {.start = 0x3000, .end = 0x4000}, .path = "/b"},
                                       {.module = {.start = 0x5000, .end = 0x6000}, .path = "/c"},
                                       {.module = {.start = 0x7000, .end = 0x8000}, .path = "/d"}};
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    cr_assert_not_null(rs_thread());
    for (size_t room = 0; room < 6000; room += 16 * (1 + room / 256)) {
        leave(room);
        rs_guard.recording = 1;
        for (unsigned i = 0; i < 64; i++) {
            rs_scope_begin(names[i], frame, 0x1000 + i);
            rs_scope_end(frame);
            char name[8] = {'O', 'p', 'e', 'n', (char)('0' + i), (char)('a' + room % 26), 0};
            rs_watch(0x1000 + room * 64 + i, rs_plan_find(name), RESIDUE_NO_INTERFACE, name);
        }
        rs_modules_publish(found, (uint32_t)(room % 5), NULL);
        rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
        cr_assert(!rs_recording() || rs_self->depth == 0);
        rs_self->depth = rs_self->path = rs_self->ordinal = 0; /* ends are not seen any more */
    }
    struct trace *trace = core_read();
    trace_close(trace);
}
