/* What never is right: objects used after their end, buffers freed wrongly. */
#include "tests/unit/findings_made.h"

TestSuite(findings_misuse, .init = begin, .fini = end);

static uint32_t open_entry, release, get_props;

/* Messages that a referral ends under their holder: `second` makes the holder release it too. */
static struct trace_object *referral(uint32_t ordinal, bool second)
{
    if (!open_entry) {
        open_entry = made_path(made, 0, "IMsgStore::OpenEntry", 100);
        release = made_path(made, 0, "IMessage::Release", 200);
        get_props = made_path(made, 0, "IMessage::GetProps", 100);
        at(open_entry, 0x100, reference);
        at(release, 0x200, 0);
        at(release, 0x300, 0);
        at(get_props, 0x400, 0);
    }
    struct trace_object *object =
        made_object(made, made_interface(made, "IMessage"), 0, 1, ordinal, 0);
    object->live = false;
    object->flags = RESIDUE_OBJECT_USED_AFTER_END;
    made_event(made, RESIDUE_EVENT_OPEN, 1, ordinal, 0, 0);
    made_event(made, RESIDUE_EVENT_RELEASE, 2, ordinal, 0, RESIDUE_EVENT_ENDED_IT);
    made_event(made, RESIDUE_EVENT_CALL, 4, ordinal, 0, RESIDUE_EVENT_AFTER_END);
    if (second)
        made_event(made, RESIDUE_EVENT_RELEASE, 3, ordinal, 0, RESIDUE_EVENT_AFTER_END);
    return object;
}

Test(findings_misuse, the_release_after_the_end_is_one_too_many)
{
    for (uint32_t ordinal = 1; ordinal <= 20; ordinal++)
        referral(ordinal, ordinal > 3);
    made_misuse(made, RESIDUE_MISUSE_USED_AFTER_END, 4, 1, 100)->interface =
        made_interface(made, "IMessage");
    made_misuse(made, RESIDUE_MISUSE_USED_AFTER_END, 3, 1, 97)->interface =
        made_interface(made, "IMessage");
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_str_eq(finding->message, "IMessage over-released: the Release at site 3 is one too "
                                       "many (1 reference taken, 2 released)");
    cr_assert_str_eq(finding->detail, "IMessage::GetProps is called on it afterwards, at site 4.");
    cr_assert_eq(finding->count, 100);
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->path, open_entry);
    cr_assert_eq(finding->one_too_many, 4);
    cr_assert_eq(finding->object->ordinal, 4, "the first that shows it");
    cr_assert_str_eq(finding->stacks[0].role, "one Release too many");
    cr_assert_eq(finding->stacks[0].site, 3);
    cr_assert_str_eq(finding->stacks[1].role, "used afterwards");
    cr_assert_str_eq(finding->stacks[2].role, "opened");
}

Test(findings_misuse, without_one_it_is_the_release_that_ended_it)
{
    referral(7, false);
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_eq(finding->one_too_many, 2);
    cr_assert_str_eq(finding->message, "IMessage used after its end: the Release at site 2 came "
                                       "too early (1 reference taken, 1 released)");
    cr_assert_eq(finding->count, 1);
}

Test(findings_misuse, the_client_s_death_is_told_with_it)
{
    struct trace_object *object = referral(7, false);
    object->flags = 0;
    object->event_count = 2;
    made->fault = (struct residue_fault){.code = 11, .site = 4, .object = object->id};
    made->trace.fault = &made->fault;
    find();
    cr_assert_str_eq(only(FINDING_OVER_RELEASED)->detail,
                     "Then the client died of SIGSEGV at site 4.");
}

Test(findings_misuse, a_death_without_an_object_is_no_finding)
{
    made->fault = (struct residue_fault){.code = 11};
    made->trace.fault = &made->fault;
    find();
    cr_assert_eq(findings.count, 0);
}

Test(findings_misuse, an_object_that_ended_well_is_none)
{
    referral(7, false)->flags = RESIDUE_OBJECT_FREED;
    find();
    cr_assert_eq(findings.count, 0);
}

/* ---- at an address that was another's ---- */

enum { BY_OWN = 3, BY_OTHER = 4 }; /* sites */

/* A message at the address of a folder that ended: released by `first`, asked, and released by
 * `second`. */
static struct trace_object *at_a_folder_s_address(uint32_t first, uint32_t second)
{
    if (!open_entry) {
        open_entry = made_path(made, 0, "IMsgStore::OpenEntry", 100);
        release = made_path(made, 0, "IMessage::Release", 200);
        get_props = made_path(made, 0, "IMessage::GetProps", 100);
        at(open_entry, 0x100, reference);
        at(open_entry, 0x500, reference);
        at(release, 0x200, 0);
        at(release, 0x300, 0);
        at(get_props, 0x400, 0);
    }
    struct trace_object *before =
        made_object(made, made_interface(made, "IMAPIFolder"), 0, 2, 1, 0);
    before->live = false;
    made_event(made, RESIDUE_EVENT_OPEN, 2, 1, 0, 0);
    made_event(made, RESIDUE_EVENT_RELEASE, BY_OTHER, 1, 0, RESIDUE_EVENT_ENDED_IT);
    struct trace_object *object = made_object(made, made_interface(made, "IMessage"), 0, 1, 2, 0);
    object->live = false;
    object->flags = RESIDUE_OBJECT_USED_AFTER_END;
    object->before = before->id;
    made_event(made, RESIDUE_EVENT_OPEN, 1, 2, 0, 0);
    made_event(made, RESIDUE_EVENT_RELEASE, first, 2, 0, RESIDUE_EVENT_ENDED_IT);
    made_event(made, RESIDUE_EVENT_CALL, 5, 2, 0, RESIDUE_EVENT_AFTER_END);
    made_event(made, RESIDUE_EVENT_RELEASE, second, 2, 0, RESIDUE_EVENT_AFTER_END);
    return object;
}

static void its_own_ended(uint64_t count, uint64_t dirty)
{
    made_tally(made, 1, 0, 0, count + dirty);
    made_tally(made, 1, BY_OWN, RESIDUE_EVENT_RELEASE, count);
    made_tally(made, 1, BY_OTHER, RESIDUE_EVENT_RELEASE, dirty);
}

static void others_ended(uint64_t count)
{
    made_tally(made, 2, 0, 0, count);
    made_tally(made, 2, BY_OTHER, RESIDUE_EVENT_RELEASE, count);
}

/* What ends folders opened there, and no other message, was meant for the folder. */
Test(findings_misuse, the_holder_of_what_was_there_before)
{
    at_a_folder_s_address(BY_OTHER, BY_OWN);
    its_own_ended(70, 30);
    others_ended(100);
    made_misuse(made, RESIDUE_MISUSE_USED_AFTER_END, 5, 1, 30)->interface =
        made_interface(made, "IMessage");
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_str_eq(finding->message, "IMAPIFolder over-released: the Release at site 4 is one "
                                       "too many (1 reference taken, 2 released)");
    cr_assert_str_eq(finding->detail,
                     "By then another IMessage was at its address, opened at site 1: it is that "
                     "one that lost a reference. IMessage::GetProps is called on it afterwards, "
                     "at site 5.");
    cr_assert_eq(finding->count, 30);
    cr_assert_eq(finding->object->id, 1);
    cr_assert_eq(finding->object->event_count, 3, "with the Release that was meant for it");
    cr_assert_eq(finding->object->event[2].flags, RESIDUE_EVENT_AFTER_END);
    cr_assert_eq(finding->one_too_many, 3);
    cr_assert_eq(finding->victim->id, 2);
}

Test(findings_misuse, the_same_after_its_end)
{
    at_a_folder_s_address(BY_OWN, BY_OTHER);
    its_own_ended(100, 0);
    others_ended(100);
    find();
    cr_assert_not_null(strstr(only(FINDING_OVER_RELEASED)->message, "IMAPIFolder over-released"));
}

/* Others that are opened there are released by both: any of the two may be the one. */
Test(findings_misuse, none_of_two_is_blamed)
{
    at_a_folder_s_address(BY_OTHER, BY_OWN);
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_str_eq(finding->message, "IMessage over-released: one Release too many, at site 4 or "
                                       "at site 3 (1 reference taken, 2 released)");
    cr_assert_str_eq(finding->detail,
                     "The address was another IMAPIFolder's before, opened at site 2 and ended at "
                     "site 4: a holder of that one may have released this one. residue run "
                     "--quarantine tells the two apart.");
    cr_assert_eq(finding->one_too_many, 0);
    cr_assert_eq(finding->before->id, 1);
}

/* All who released it hold such messages, and none holds such folders. */
Test(findings_misuse, its_own_holders_are)
{
    at_a_folder_s_address(BY_OTHER, BY_OWN);
    its_own_ended(100, 100);
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_str_eq(finding->message, "IMessage over-released: the Release at site 3 is one too "
                                       "many (1 reference taken, 2 released)");
    cr_assert_null(finding->before);
}

/* The client died before the second Release: what ended it is still none of its holders'. */
Test(findings_misuse, the_client_dies_of_another_s_release)
{
    struct trace_object *object = at_a_folder_s_address(BY_OTHER, BY_OWN);
    object->flags = 0;
    object->event_count = 2;
    its_own_ended(0, 1); /* that is this one */
    made->fault = (struct residue_fault){.code = 11, .site = 5, .object = object->id};
    made->trace.fault = &made->fault;
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_not_null(strstr(finding->detail, "Then the client died of SIGSEGV at site 5."));
    cr_assert(finding->before || finding->victim, "whose address it was is told");
}

/* One at an address that was no other's shows the same, without a doubt. */
Test(findings_misuse, one_that_had_its_address_first_shows_it)
{
    at_a_folder_s_address(BY_OTHER, BY_OWN);
    struct trace_object *first = at_a_folder_s_address(BY_OTHER, BY_OWN);
    first->before = 0;
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_eq(finding->object, first);
    cr_assert_eq(finding->one_too_many, 4);
    cr_assert_eq(finding->count, 2);
}

/* Only the count is left of objects beyond those that the trace has. */
Test(findings_misuse, a_count_alone_is_told)
{
    uint32_t open = made_path(made, 0, "OpenEntry", 50);
    uint32_t call = made_path(made, 0, "IMessage::SaveChanges", 50);
    uint32_t opened = at(open, 0x100, reference), used = at(call, 0x200, 0);
    made_misuse(made, RESIDUE_MISUSE_USED_AFTER_END, used, opened, 25)->interface =
        made_interface(made, "IMessage");
    find();
    const struct finding *finding = only(FINDING_OVER_RELEASED);
    cr_assert_str_eq(finding->message, "IMessage over-released: IMessage::SaveChanges is called "
                                       "at site 2 on one that has ended");
    cr_assert_eq(finding->per_call, 0.5);
    cr_assert_null(finding->object);
}

/* ---- buffers ---- */

static const struct finding *of_buffer(enum residue_misuse_kind misuse, enum finding_kind kind,
                                       enum residue_class class, const char *name,
                                       const char *release_name, const char *call, const char *done)
{
    uint32_t acquired = at(made_path(made, 0, call, 400), 0x100,
                           made_kind_released(made, class, name, release_name));
    uint32_t wrong = at(made_path(made, 0, done, 400), 0x200, 0);
    struct residue_misuse *record = made_misuse(made, misuse, wrong, acquired, 200);
    record->resource_kind = made->trace.kind_count;
    record->released_site = misuse == RESIDUE_MISUSE_DOUBLE_FREE ? wrong : 0;
    find();
    const struct finding *finding = only(kind);
    cr_assert_eq(finding->count, 200);
    cr_assert_eq(finding->per_call, 0.5);
    cr_assert_str_eq(finding->stacks[0].role,
                     misuse == RESIDUE_MISUSE_NOT_HELD ? "released" : "freed");
    return finding;
}

Test(findings_misuse, rows_freed_as_a_buffer_name_both_functions)
{
    cr_assert_str_eq(of_buffer(RESIDUE_MISUSE_WRONG_FUNCTION, FINDING_WRONG_FUNCTION,
                               RESIDUE_CLASS_RETURNED, "row set", "FreeProws",
                               "IMAPITable::QueryRows", "MAPIFreeBuffer")
                         ->message,
                     "row set of IMAPITable::QueryRows freed by MAPIFreeBuffer, not FreeProws: its "
                     "rows are lost");
}

Test(findings_misuse, a_linked_buffer_freed_by_itself)
{
    cr_assert_str_eq(of_buffer(RESIDUE_MISUSE_LINKED_FREED, FINDING_LINKED_BUFFER_FREED,
                               RESIDUE_CLASS_BUFFER, "MAPI buffer", "MAPIFreeBuffer",
                               "MAPIAllocateMore", "MAPIFreeBuffer")
                         ->message,
                     "MAPI buffer of MAPIAllocateMore that is linked to another "
                     "(MAPIAllocateMore) is freed by itself, at site 2");
}

Test(findings_misuse, a_buffer_given_to_another_allocator)
{
    cr_assert_str_eq(of_buffer(RESIDUE_MISUSE_WRONG_ALLOCATOR, FINDING_WRONG_ALLOCATOR,
                               RESIDUE_CLASS_BUFFER, "MAPI buffer", "MAPIFreeBuffer",
                               "MAPIAllocateBuffer", "main")
                         ->message,
                     "MAPI buffer of MAPIAllocateBuffer given to the C library's free, or the "
                     "like, not to MAPIFreeBuffer, at site 2");
}

Test(findings_misuse, freed_twice)
{
    cr_assert_str_eq(of_buffer(RESIDUE_MISUSE_DOUBLE_FREE, FINDING_DOUBLE_FREE,
                               RESIDUE_CLASS_BUFFER, "MAPI buffer", "MAPIFreeBuffer",
                               "MAPIAllocateBuffer", "MAPIFreeBuffer")
                         ->message,
                     "MAPI buffer of MAPIAllocateBuffer freed twice, both times at site 2");
}

Test(findings_misuse, released_more_often_than_acquired)
{
    cr_assert_str_eq(of_buffer(RESIDUE_MISUSE_NOT_HELD, FINDING_UNBALANCED_RELEASE,
                               RESIDUE_CLASS_OTHER, "MAPIInitialize", "MAPIUninitialize",
                               "MAPIInitialize", "MAPIUninitialize")
                         ->message,
                     "MAPIUninitialize 200 times more than MAPIInitialize, at site 2");
}

Test(findings_misuse, released_more_often_than_acquired_on_a_thread)
{
    uint32_t kind =
        made_kind_released(made, RESIDUE_CLASS_OTHER, "MAPIInitialize", "MAPIUninitialize");
    uint32_t done = made_path(made, 0, "MAPIUninitialize", 400);
    for (uint32_t i = 0; i < 2; i++) {
        struct residue_misuse *record =
            made_misuse(made, RESIDUE_MISUSE_NOT_HELD, at(done, 0x100 + 0x100 * i, 0), 0, 200 - i);
        record->resource_kind = kind;
        record->thread = 77 + i;
    }
    find();
    const struct finding *finding = only(FINDING_UNBALANCED_RELEASE);
    cr_assert_str_eq(finding->message, "MAPIUninitialize 399 times more than MAPIInitialize on "
                                       "thread 77 and others, at site 1");
    cr_assert_eq(finding->thread, 77);
    cr_assert(finding->other_threads);
}
