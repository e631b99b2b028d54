/* Buffers that calls hand out, and linked ones. */
#include "shim/core/blocks.h"
#include "shim/core/resources.h"
#include "tests/unit/core_buffers.h"

TestSuite(buffers, .init = begin);

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
