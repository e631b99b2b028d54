/* MAPI buffers and handles that are never freed: each idiom under its own name, and once. */
#include "tests/unit/findings_made.h"

static uint32_t buffer;

static void init(void)
{
    begin();
    buffer = made_kind_released(made, RESIDUE_CLASS_BUFFER, "MAPI buffer", "MAPIFreeBuffer");
}

TestSuite(findings_buffers, .init = init, .fini = end);

static struct trace_resource *left(uint32_t site, uint32_t ordinal, uint64_t size)
{
    struct trace_resource *resource = made_resource(made, site, ordinal);
    made->survivors[made->trace.survivor_count - 1].size = size & TRACE_SIZE_MOST;
    resource->size = size;
    return resource;
}

/* ---- returned ---- */

static uint32_t method, returned;

static void returns(const char *name, const char *what, const char *freed_by, uint32_t calls)
{
    method = made_path(made, 0, name, calls);
    returned = at(method, 0x100, made_kind_released(made, RESIDUE_CLASS_RETURNED, what, freed_by));
}

Test(findings_buffers, what_a_call_returned_with_all_that_is_linked_to_it)
{
    returns("IMessage::GetProps", "property array", "MAPIFreeBuffer", 400);
    uint32_t memory = inside(method, 0x200, buffer);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        uint64_t root = left(memory, ordinal, 100)->handle;
        left(memory, ordinal, 30)->parent = root;
        left(returned, ordinal, 0)->handle = root;
    }
    find();
    const struct finding *finding = only(FINDING_RETURNED_BUFFER);
    cr_assert_str_eq(finding->message, "the property array that IMessage::GetProps returned is "
                                       "never freed (MAPIFreeBuffer)");
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->bytes_per_call, 130.0);
    cr_assert_eq(finding->count, 400);
    cr_assert_eq(analysis_call_of(analysis, method)->per_call[RESIDUE_CLASS_BUFFER], 2.0);
}

static void rows(bool set_freed)
{
    returns("IMAPITable::QueryRows", "row set", "FreeProws", 400);
    uint32_t memory = inside(method, 0x200, buffer);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        if (!set_freed)
            left(returned, ordinal, 0)->handle = left(memory, ordinal, 56)->handle;
        for (int row = 0; row < 3; row++)
            left(memory, ordinal, 72);
    }
}

Test(findings_buffers, a_row_set_with_its_rows)
{
    rows(false);
    find();
    const struct finding *finding = only(FINDING_RETURNED_BUFFER);
    cr_assert_eq(finding->count, 400);
    cr_assert_eq(finding->bytes_per_call, 272.0);
}

Test(findings_buffers, rows_that_were_taken_out)
{
    rows(true);
    find();
    const struct finding *finding = only(FINDING_ROWS_LOST);
    cr_assert_eq(finding->per_call, 3.0);
    cr_assert_eq(finding->bytes_per_call, 216.0);
    cr_assert_str_eq(finding->message,
                     "rows taken out of what IMAPITable::QueryRows returned are never freed");
}

Test(findings_buffers, rows_whose_set_was_freed_wrongly_are_told_once)
{
    rows(true);
    uint32_t wrong = at(made_path(made, 0, "MAPIFreeBuffer", 400), 0x300, 0);
    made_misuse(made, RESIDUE_MISUSE_WRONG_FUNCTION, wrong, returned, 400)->resource_kind =
        made->trace.kind_count;
    find();
    cr_assert_eq(only(FINDING_WRONG_FUNCTION)->bytes_per_call, 216.0);
}

Test(findings_buffers, what_is_freed_but_for_the_last_is_none)
{
    returns("IMessage::GetProps", "property array", "MAPIFreeBuffer", 1000);
    left(returned, 1000, 0)->handle = left(inside(method, 0x200, buffer), 1000, 24)->handle;
    find();
    cr_assert_eq(findings.count, 0);
}

/* ---- chains ---- */

static void chains(uint32_t calls)
{
    uint32_t root = at(made_path(made, 0, "MAPIAllocateBuffer", calls), 0x100, buffer);
    uint32_t more = at(made_path(made, 0, "MAPIAllocateMore", 3 * calls), 0x200, buffer);
    for (uint32_t ordinal = 1; ordinal <= calls; ordinal++) {
        uint64_t handle = left(root, ordinal, 100)->handle;
        for (uint32_t i = 2; i < 5; i++)
            left(more, 3 * ordinal + i - 4, 40)->parent = handle;
    }
}

Test(findings_buffers, a_chain_is_one_with_its_root)
{
    chains(500);
    find();
    const struct finding *finding = only(FINDING_LINKED_BUFFERS);
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->bytes_per_call, 220.0);
    cr_assert_eq(finding->count, 500);
    cr_assert_str_eq(finding->message, "MAPI buffers from MAPIAllocateBuffer are never freed, nor "
                                       "what is linked to them by MAPIAllocateMore: 3 each");
}

/* A trace that lies: buffers linked in a ring, and to themselves. */
Test(findings_buffers, rings_end)
{
    chains(300);
    for (size_t i = 0; i < made->trace.resource_count; i++)
        made->resources[i].parent =
            made->resources[(i * 7 + 1) % made->trace.resource_count].handle;
    made->resources[5].parent = made->resources[5].handle;
    find();
}

Test(findings_buffers, a_single_one)
{
    uint32_t site = at(made_path(made, 0, "MAPIAllocateBuffer", 1000), 0x100, buffer);
    for (uint32_t ordinal = 2; ordinal <= 1000; ordinal += 2)
        left(site, ordinal, 100);
    find();
    const struct finding *finding = only(FINDING_MAPI_BUFFER);
    cr_assert_eq(finding->per_call, 0.5);
    cr_assert_eq(finding->bytes_per_call, 50.0);
    cr_assert_str_eq(finding->stacks[0].role, "acquired");
    cr_assert_eq(finding->stacks[0].site, site);
    cr_assert_eq(finding->stacks[0].count, 500);
}

/* Those of an object that is leaked itself belong to that finding. */
Test(findings_buffers, what_a_leaked_object_holds_is_told_with_it)
{
    uint32_t open = made_path(made, 0, "OpenMsgStore", 400);
    uint32_t opened = at(open, 0x100, reference), memory = inside(open, 0x200, buffer);
    uint32_t key = inside(
        open, 0x300, made_kind_released(made, RESIDUE_CLASS_OTHER, "registry key", "RegCloseKey"));
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, made_interface(made, "IMsgStore"), 0, opened, ordinal, 1);
        left(memory, ordinal, 50);
        made_survivor(made, key, ordinal, 0);
    }
    find();
    cr_assert_eq(only(FINDING_REFERENCE_LEAK)->bytes_per_call, 50.0);
}

/* ---- handles ---- */

Test(findings_buffers, a_handle_is_told_by_kind_and_both_functions)
{
    uint32_t key = made_kind_released(made, RESIDUE_CLASS_OTHER, "registry key", "RegCloseKey");
    uint32_t path = made_path(made, 0, "RegOpenKeyExW", 800);
    made_survivors(made, at(path, 0x100, key), 1, 800, 2, 0);
    made_survivors(made, at(path, 0x200, key), 2, 800, 2, 0);
    find();
    const struct finding *finding = only(FINDING_HANDLE);
    cr_assert_str_eq(finding->message, "registry key: RegOpenKeyExW without RegCloseKey");
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->count, 800);
}

Test(findings_buffers, a_pair_is_told_by_both_functions)
{
    uint32_t path = made_path(made, 0, "SSL_new", 400);
    made_survivors(
        made, at(path, 0x100, made_kind_released(made, RESIDUE_CLASS_OTHER, "SSL_new", "SSL_free")),
        1, 400, 1, 0);
    find();
    cr_assert_str_eq(only(FINDING_HANDLE)->message, "SSL_new without SSL_free");
}

static void initialize(uint32_t calls, uint32_t threads)
{
    uint32_t kind =
        made_kind_released(made, RESIDUE_CLASS_OTHER, "MAPIInitialize", "MAPIUninitialize");
    uint32_t site = at(made_path(made, 0, "MAPIInitialize", calls), 0x100, kind);
    for (uint32_t ordinal = 1; ordinal <= calls; ordinal++)
        left(site, ordinal, 0)->thread = 100 + ordinal % threads;
}

Test(findings_buffers, initialisation_is_counted_by_thread)
{
    initialize(400, 1);
    find();
    cr_assert_str_eq(only(FINDING_UNBALANCED_INITIALIZE)->message,
                     "MAPIInitialize 400 times more than MAPIUninitialize, on thread 100");
}

/* No cache counts: fewer calls are enough. */
Test(findings_buffers, few_initialisations_are_enough)
{
    initialize(20, 4);
    find();
    const struct finding *finding = only(FINDING_UNBALANCED_INITIALIZE);
    cr_assert_str_eq(finding->message,
                     "MAPIInitialize 20 times more than MAPIUninitialize, on 4 threads");
    cr_assert_eq(finding->per_call, 1.0);
}

Test(findings_buffers, the_one_that_the_program_lives_with_is_none)
{
    initialize(1, 1);
    find();
    cr_assert_eq(findings.count, 0);
}
