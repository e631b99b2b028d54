/* Buffers that calls hand out, linked ones, and what must not be done with them. */
#include <criterion/criterion.h>
#include <math.h>
#include <search.h>
#include <string.h>
#include "shim/core/blocks.h"
#include "shim/core/capture.h"
#include "shim/core/intern.h"
#include "shim/core/misuse.h"
#include "shim/core/resources.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin_shipped(CORE_LIMIT, "mapi");
    core_load_modules();
    rs.whole = 1;
}

TestSuite(buffers, .init = begin);

/* What stands for the addresses of buffers: there is memory. */
static uint64_t memory[8][4];
#define AT(i) ((uint64_t)(uintptr_t)memory[i])

/* The library that all of MAPI is in here: one that none of these stacks goes through. */
static uintptr_t library(void)
{
    double (*volatile function)(double) = cos;
    return (uintptr_t)function;
}

static uintptr_t thunk_of(const char *name)
{
    const struct residue_plan_interface *interface = rs_plan_at(rs.plan->interfaces);
    for (uint32_t i = rs.plan->interface_count;
         i-- > 0;) /* those of the Windows headers are last */
        for (uint32_t m = 0; m < interface[i].method_count; m++) {
            const struct residue_plan_function *method =
                rs_plan_function(interface[i].method_first + m);
            if (!strcmp(rs_plan_text(method->name), name))
                return rs_watch(library(), method, i, name);
        }
    return core_watch(name, library());
}

static uint64_t call(const char *name, uint64_t result, uint64_t first, uint64_t second,
                     uint64_t third)
{
    return core_call(&(struct core_call){
        .thunk = thunk_of(name), .argument = {first, second, third}, .result = result});
}

/* Hands out a buffer in a parameter. */
struct handing {
    uint64_t *to, buffer, result;
};

static uint64_t hand_out(void *closure)
{
    const struct handing *handing = closure;
    *handing->to = handing->buffer;
    return handing->result;
}

/* HrGetOneProp, whose third parameter it is. */
static void get_property(uint64_t buffer, uint64_t result)
{
    uint64_t out = AT(7);
    core_call(&(struct core_call){.thunk = thunk_of("HrGetOneProp"),
                                  .argument = {AT(6), 1, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, result}});
}

/* HrQueryAllRows, whose sixth it is. */
static void query_rows(uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("HrQueryAllRows"),
                                  .argument = {AT(6), 0, 0, 0, 0, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static void allocate(uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("MAPIAllocateBuffer"),
                                  .argument = {32, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static void allocate_more(uint64_t root, uint64_t buffer)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("MAPIAllocateMore"),
                                  .argument = {32, root, (uintptr_t)&out},
                                  .body = hand_out,
                                  .closure = &(struct handing){&out, buffer, 0}});
}

static uint64_t free_buffer(uint64_t buffer)
{
    return call("MAPIFreeBuffer", 0, buffer, 0, 0);
}

/* What lives at the address, by the trace; NULL for nothing. */
static const struct residue_resource *at(uint64_t handle, const char *kind)
{
    const struct residue_resource *record, *found = NULL;
    for (unsigned i = 0; (record = core_record(RESIDUE_RECORD_RESOURCE, i)); i++) {
        if (record->state != RESIDUE_RESOURCE_LIVE || record->handle != handle)
            continue;
        uint32_t id = rs_site(record->site)->kind;
        const struct residue_resource_kind *is;
        for (unsigned k = 0; (is = core_record(RESIDUE_RECORD_RESOURCE_KIND, k)); k++)
            if (is->id == id && is->length == strlen(kind) && !memcmp(is->text, kind, is->length))
                found = record;
    }
    return found;
}

static const struct residue_misuse *only_misuse(uint32_t kind)
{
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 1u, "%u of them",
                 core_record_count(RESIDUE_RECORD_MISUSE));
    const struct residue_misuse *misuse = core_record(RESIDUE_RECORD_MISUSE, 0);
    cr_assert_eq(misuse->misuse, kind);
    return misuse;
}

static void no_misuse(void)
{
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 0u);
}

static uint32_t path_of(const char *name)
{
    return rs_intern_path(0, rs_intern_name(name, 0));
}

/* By code of another module than the one that calls the watched function around it. */
static uint64_t call_from_library(const struct core_call *inner)
{
    union {
        uint64_t (*call)(const struct core_call *);
        int (*compare)(const void *, const void *);
    } as = {.call = core_call};
    size_t count = 1;
    lfind(inner, "", &count, 1, as.compare);
    return 0;
}

static uint64_t call_inside(void *closure)
{
    return call_from_library(closure);
}

/* ---- returned ---- */

Test(buffers, what_a_call_returns_is_its_callers)
{
    get_property(AT(0), 0);
    const struct residue_resource *property = at(AT(0), "property array");
    cr_assert_not_null(property);
    cr_assert_eq(property->size, 0u);
    cr_assert_eq(property->ordinal, 1u);
    cr_assert_eq(rs_site(property->site)->path, path_of("HrGetOneProp"));
    free_buffer(AT(0));
    cr_assert_null(at(AT(0), "property array"));
    no_misuse();
}

Test(buffers, kinds_say_what_they_are_and_what_releases_them)
{
    query_rows(AT(0));
    const struct residue_resource_kind *kind = core_record(RESIDUE_RECORD_RESOURCE_KIND, 0);
    cr_assert_eq(kind->class, RESIDUE_CLASS_RETURNED);
    cr_assert_eq(kind->length, 7u);
    cr_assert_eq(kind->release_length, 9u);
    cr_assert_eq(memcmp(kind->text, "row setFreeProws", 16), 0);
}

Test(buffers, a_call_that_failed_returned_nothing)
{
    get_property(AT(0), 0x8004010f);
    cr_assert_null(at(AT(0), "property array"));
    get_property(0, 0);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_RESOURCE), 0u);
    get_property(AT(0), 0x00040380); /* MAPI_W_ERRORS_RETURNED */
    cr_assert_not_null(at(AT(0), "property array"));
}

Test(buffers, simple_mapi_fails_with_small_numbers)
{
    uint64_t out = AT(0);
    struct core_call read = {.thunk = thunk_of("MAPIReadMail"),
                             .argument = {0, 0, 0, 0, 0, (uintptr_t)&out},
                             .result = 2};
    core_call(&read);
    cr_assert_null(at(AT(0), "message"));
    read.result = 0;
    core_call(&read);
    cr_assert_not_null(at(AT(0), "message"));
}

Test(buffers, a_parameter_that_leads_nowhere_is_not_followed)
{
    core_call(&(struct core_call){.thunk = thunk_of("HrGetOneProp"), .argument = {AT(6), 1, 16}});
    uint64_t out = 16; /* and no buffer */
    core_call(&(struct core_call){.thunk = thunk_of("HrGetOneProp"),
                                  .argument = {AT(6), 1, (uintptr_t)&out}});
    cr_assert_eq(core_record_count(RESIDUE_RECORD_RESOURCE), 0u);
}

static void get_names(uint64_t *tags, uint64_t buffer)
{
    uint64_t names = 0;
    core_call(&(struct core_call){.thunk = thunk_of("IMAPIProp::GetNamesFromIDs"),
                                  .argument = {AT(6), (uintptr_t)tags, 0, 0, 0, (uintptr_t)&names},
                                  .body = hand_out,
                                  .closure = &(struct handing){tags, buffer, 0}});
}

Test(buffers, in_and_out)
{
    uint64_t tags = AT(0);
    get_names(&tags, AT(0)); /* its own */
    cr_assert_null(at(AT(0), "property tag array"));
    tags = 0;
    get_names(&tags, AT(1));
    cr_assert_not_null(at(AT(1), "property tag array"));
    get_names(&tags, AT(2)); /* another in its place */
    cr_assert_null(at(AT(1), "property tag array"));
    cr_assert_not_null(at(AT(2), "property tag array"));
    no_misuse();
}

Test(buffers, among_themselves_they_may_do_as_they_please)
{
    uint64_t out = 0;
    struct core_call get = {.thunk = thunk_of("HrGetOneProp"),
                            .argument = {AT(6), 1, (uintptr_t)&out},
                            .body = hand_out,
                            .closure = &(struct handing){&out, AT(0), 0}};
    core_call(&(struct core_call){
        .thunk = thunk_of("MAPILogonEx"), .body = call_inside, .closure = &get});
    cr_assert_null(at(AT(0), "property array"));
    call_from_library(&get); /* a library of the client's */
    cr_assert_not_null(at(AT(0), "property array"));
}

Test(buffers, one_that_was_freed_unseen_is_over_when_its_address_comes_again)
{
    get_property(AT(0), 0);
    get_property(AT(1), 0);
    allocate(AT(0));
    cr_assert_null(at(AT(0), "property array"));
    cr_assert_not_null(at(AT(0), "MAPI buffer"));
    query_rows(AT(1));
    cr_assert_null(at(AT(1), "property array"));
    cr_assert_not_null(at(AT(1), "row set"));
}

/* As from a provider that asks MAPI for the memory. */
static uint64_t allocate_and_hand_out(void *closure)
{
    uint64_t out = 0;
    const struct handing *handing = closure;
    struct core_call inner = {.thunk = thunk_of("MAPIAllocateBuffer"),
                              .argument = {32, (uintptr_t)&out},
                              .body = hand_out,
                              .closure = &(struct handing){&out, handing->buffer, 0}};
    call_from_library(&inner);
    return hand_out(closure);
}

Test(buffers, the_memory_and_what_was_returned_go_together)
{
    uint64_t out = 0;
    core_call(&(struct core_call){.thunk = thunk_of("HrGetOneProp"),
                                  .argument = {AT(6), 1, (uintptr_t)&out},
                                  .body = allocate_and_hand_out,
                                  .closure = &(struct handing){&out, AT(0), 0}});
    cr_assert_not_null(at(AT(0), "MAPI buffer"));
    cr_assert_eq(at(AT(0), "property array")->parent, 0u);
    rs_block_stray(memory[0], &CORE_REGS());
    cr_assert_null(at(AT(0), "MAPI buffer"));
    cr_assert_null(at(AT(0), "property array"));
}

static void count(void *closure, uint32_t site, uint32_t ordinal, uint64_t size)
{
    (void)site, (void)ordinal, (void)size;
    ++*(unsigned *)closure;
}

Test(buffers, one_that_was_freed_as_a_block_is_over_at_the_next_checkpoint)
{
    rs_block_acquired(memory[0], 24, &CORE_REGS());
    get_property(AT(0), 0);
    get_property(AT(1), 0); /* of memory that nobody knows */
    unsigned seen = 0;
    rs_resources_visit(count, &seen);
    cr_assert_eq(seen, 2u);
    rs_block_released(memory[0], NULL, &CORE_REGS());
    cr_assert_not_null(at(AT(0), "property array"));
    rs_resources_visit(count, &seen);
    cr_assert_eq(seen, 3u);
    cr_assert_null(at(AT(0), "property array"));
    cr_assert_not_null(at(AT(1), "property array"));
    no_misuse();
}

/* ---- the wrong function ---- */

Test(buffers, a_row_set_freed_as_a_buffer)
{
    query_rows(AT(0));
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_FUNCTION);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("HrQueryAllRows"));
    cr_assert_eq(rs_site(misuse->site)->kind, 0u);
    cr_assert_eq(misuse->count, 1u);
    cr_assert_eq(misuse->first_ordinal, 1u);
    cr_assert_null(at(AT(0), "row set"));
    query_rows(AT(0));
    free_buffer(AT(0));
    cr_assert_leq(core_record_count(RESIDUE_RECORD_MISUSE), 2u);
}

Test(buffers, a_buffer_freed_as_a_row_set)
{
    get_property(AT(0), 0);
    call("FreeProws", 0, AT(0), 0, 0);
    only_misuse(RESIDUE_MISUSE_WRONG_FUNCTION);
}

/* SRowSet: a count, then for each row a pad, a count and its properties. */
static void fill_rows(uint64_t first, uint64_t second)
{
    memory[0][0] = 2;
    memory[0][1] = (uint64_t)1 << 32;
    memory[0][2] = first;
    memory[0][3] = (uint64_t)1 << 32;
    memory[1][0] = second;
}

static uint64_t free_each(void *closure)
{
    (void)closure;
    for (int i = 2; i < 4; i++)
        call_from_library(
            &(struct core_call){.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(i)}});
    return call_from_library(
        &(struct core_call){.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(0)}});
}

Test(buffers, rows_go_with_their_set)
{
    for (int seen = 0; seen < 2; seen++) { /* what FreeProws does inside is seen, or not */
        for (int i = 0; i < 4; i++)
            if (i != 1)
                allocate(AT(i));
        query_rows(AT(0));
        fill_rows(AT(2), AT(3));
        core_call(&(struct core_call){.thunk = thunk_of(seen ? "FreeProws" : "FreePadrlist"),
                                      .argument = {AT(0)},
                                      .body = seen ? free_each : NULL});
        for (int i = 0; i < 4; i++)
            cr_assert_null(at(AT(i), "MAPI buffer"), "row %d", i);
        cr_assert_null(at(AT(0), "row set"));
    }
    no_misuse();
}

Test(buffers, rows_that_are_none_are_not_followed)
{
    allocate(AT(2));
    fill_rows(AT(2), 0);
    memory[0][0] = UINT32_MAX;
    call("FreeProws", 0, AT(0), 0, 0);
    call("FreeProws", 0, 16, 0, 0);
    no_misuse();
}

/* ---- linked buffers ---- */

Test(buffers, linked_ones_name_their_root)
{
    allocate(AT(0));
    allocate_more(AT(0), AT(1));
    allocate_more(AT(1), AT(2));
    cr_assert_eq(at(AT(0), "MAPI buffer")->parent, 0u);
    cr_assert_eq(at(AT(1), "MAPI buffer")->parent, AT(0));
    cr_assert_eq(at(AT(2), "MAPI buffer")->parent, AT(0));
    free_buffer(AT(0));
    for (int i = 0; i < 3; i++)
        cr_assert_null(at(AT(i), "MAPI buffer"));
    no_misuse();
}

Test(buffers, a_linked_one_freed_by_itself)
{
    allocate(AT(0));
    allocate_more(AT(0), AT(1));
    free_buffer(AT(1));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_LINKED_FREED);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("MAPIAllocateMore"));
    cr_assert_null(at(AT(1), "MAPI buffer"));
    cr_assert_not_null(at(AT(0), "MAPI buffer"));
}

Test(buffers, a_linked_one_whose_freeing_is_refused_lives_on)
{
    allocate(AT(0));
    allocate_more(AT(0), AT(1));
    call("MAPIFreeBuffer", 0x80070057, AT(1), 0, 0);
    only_misuse(RESIDUE_MISUSE_LINKED_FREED);
    cr_assert_eq(at(AT(1), "MAPI buffer")->parent, AT(0));
    free_buffer(AT(0));
    cr_assert_null(at(AT(1), "MAPI buffer"));
    only_misuse(RESIDUE_MISUSE_LINKED_FREED);
}

/* FreeProws says nothing: what stands in its result's place is anything. */
Test(buffers, a_linked_one_freed_as_a_row_set)
{
    allocate(AT(0));
    allocate_more(AT(0), AT(1));
    memory[1][0] = 0;
    call("FreeProws", 0xa5a5, AT(1), 0, 0);
    only_misuse(RESIDUE_MISUSE_LINKED_FREED);
    cr_assert_null(at(AT(1), "MAPI buffer"));
}

/* ---- double free ---- */

Test(buffers, freed_twice)
{
    allocate(AT(0));
    free_buffer(AT(0));
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("MAPIAllocateBuffer"));
    cr_assert_eq(rs_site(misuse->released_site)->kind, 0u);
    cr_assert_neq(misuse->site, misuse->released_site);
}

Test(buffers, what_was_returned_is_named_when_it_is_freed_twice)
{
    get_property(AT(0), 0);
    free_buffer(AT(0));
    free_buffer(AT(0));
    cr_assert_eq(rs_site(only_misuse(RESIDUE_MISUSE_DOUBLE_FREE)->acquired_site)->path,
                 path_of("HrGetOneProp"));
}

Test(buffers, freed_and_had_again)
{
    allocate(AT(0));
    free_buffer(AT(0));
    get_property(AT(0), 0);
    free_buffer(AT(0));
    allocate(AT(0));
    free_buffer(AT(0));
    no_misuse();
}

Test(buffers, handed_out_again_by_a_call_nobody_knows)
{
    allocate(AT(0));
    free_buffer(AT(0));
    struct rs_thread *self = core_thread();
    struct rs_block slab = {1024, rs_capture_site(self, &CORE_REGS(), RS_KIND_BLOCK), 1};
    core_done(self);
    rs_ledger_put((uintptr_t)memory - 512, slab); /* its memory is another's by now */
    free_buffer(AT(0));
    no_misuse();
    rs_ledger_take((uintptr_t)memory - 512, &slab);
    free_buffer(AT(0));
    only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
}

Test(buffers, inner_releases_are_no_misuse)
{
    allocate(AT(0));
    struct core_call inner = {.thunk = thunk_of("MAPIFreeBuffer"), .argument = {AT(0)}};
    for (int i = 0; i < 2; i++)
        core_call(&(struct core_call){
            .thunk = thunk_of("MAPILogonEx"), .body = call_inside, .closure = &inner});
    no_misuse();
}

/* ---- wrong allocators ---- */

Test(buffers, a_block_of_the_clients_freed_as_a_buffer)
{
    rs_block_acquired(memory[0], 24, &CORE_REGS());
    free_buffer(AT(0));
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
    cr_assert_eq(misuse->resource_kind, rs_intern_kind(RS_KIND_BLOCK));
    cr_assert_eq(rs_site(misuse->acquired_site)->path, 0u);
}

static uint64_t take_block(void *closure)
{
    rs_block_acquired(closure, 24, &CORE_REGS());
    return 0;
}

Test(buffers, a_block_that_a_call_acquired_may_be_handed_out)
{
    core_call(&(struct core_call){
        .thunk = thunk_of("MAPILogonEx"), .body = take_block, .closure = memory[0]});
    free_buffer(AT(0));
    no_misuse();
}

Test(buffers, a_buffer_freed_as_a_block)
{
    allocate(AT(0));
    for (int i = 1; i < 4; i++)
        allocate_more(AT(0), AT(i));
    rs_block_stray(memory[0], &CORE_REGS());
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
    cr_assert_eq(rs_site(misuse->acquired_site)->path, path_of("MAPIAllocateBuffer"));
    cr_assert_null(at(AT(0), "MAPI buffer"));
    uint64_t root = 0; /* what was linked is lost with its root gone, and still one chain */
    for (int i = 1; i < 4; i++) {
        const struct residue_resource *linked = at(AT(i), "MAPI buffer");
        cr_assert_not_null(linked);
        root = linked->parent ? root : linked->handle;
    }
    for (int i = 1; i < 4; i++)
        cr_assert(AT(i) == root || at(AT(i), "MAPI buffer")->parent == root);
    rs_block_stray(memory[0], &CORE_REGS());
    only_misuse(RESIDUE_MISUSE_WRONG_ALLOCATOR);
}

Test(buffers, its_own_makers_may_free_it_as_a_block)
{
    allocate(AT(0));
    struct rs_regs regs = CORE_REGS();
    regs.pc = library() + 1;
    rs_block_stray(memory[0], &regs);
    cr_assert_null(at(AT(0), "MAPI buffer"));
    no_misuse();
}

/* ---- the table of misuse ---- */

Test(buffers, misuse_is_counted)
{
    struct rs_misuse what = {.misuse = RESIDUE_MISUSE_DOUBLE_FREE, .site = 1, .acquired_site = 2};
    for (uint32_t ordinal = 3; ordinal < 103; ordinal++)
        rs_misuse(&what, ordinal);
    const struct residue_misuse *misuse = only_misuse(RESIDUE_MISUSE_DOUBLE_FREE);
    cr_assert_eq(misuse->count, 100u);
    cr_assert_eq(misuse->first_ordinal, 3u);
    cr_assert_eq(misuse->last_ordinal, 102u);
    what.acquired_site = 1;
    rs_misuse(&what, 1);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 2u);
    rs_misuse_reset();
    rs_misuse(&what, 1);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_MISUSE), 3u);
}
