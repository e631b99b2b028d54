/* Objects that are never released: one finding for one missing Release, with all that it keeps
 * alive; and what tells those that live from those that ended. */
#include "tests/unit/findings_made.h"

TestSuite(findings_objects, .init = begin, .fini = end);

static uint32_t opens(uint32_t path, uint64_t offset)
{
    return at(path, offset, reference);
}

static uint32_t blocks(uint32_t path, uint64_t offset)
{
    return inside(path, offset, block);
}

/* 500 cycles: session, store and folder are released and live, because the exporter is not. */
static void leaked_exporters(uint32_t held_store)
{
    static const char *const interfaces[] = {"IMAPISession", "IMsgStore", "IMAPIFolder",
                                             "IExchangeExportChanges"};
    static const char *const calls[] = {"MAPILogonEx", "IMAPISession::OpenMsgStore",
                                        "IMsgStore::OpenEntry", "IMAPIFolder::OpenProperty"};
    uint32_t site[4], memory[4], interface[4];
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t path = made_path(made, 0, calls[i], 500);
        site[i] = opens(path, 0x100 + 0x100 * i);
        memory[i] = blocks(path, 0x1000 + 0x100 * i);
        interface[i] = made_interface(made, interfaces[i]);
    }
    for (uint32_t ordinal = 1; ordinal <= 500; ordinal++)
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t before = (uint32_t)made->trace.object_count;
            made_object(made, interface[i], i ? before : 0, site[i], ordinal,
                        i == 3 || (i == 1 && held_store));
            made_event(made, RESIDUE_EVENT_OPEN, site[i], ordinal, 0, 0);
            made_survivor(made, memory[i], ordinal, 100 * (i + 1));
        }
}

Test(findings_objects, one_missing_release_is_one_finding)
{
    leaked_exporters(0);
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_str_eq(finding->message,
                     "the IExchangeExportChanges opened by IMAPIFolder::OpenProperty at site 7 is "
                     "never released; each keeps the IMAPIFolder, the IMsgStore, the IMAPISession "
                     "and 4 blocks (1,000 B) alive");
    cr_assert_eq(finding->count, 500);
    cr_assert_eq(finding->per, FINDING_PER_CALL);
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->bytes_per_call, 1000.0);
    cr_assert_eq(finding->kept_count, 3);
    cr_assert_str_eq(finding->kept[0].interface, "IMAPIFolder");
    cr_assert_eq(finding->kept[0].count, 500);
    cr_assert_str_eq(finding->stacks[0].role, "opened");
    cr_assert_not(finding->remark);
    const struct analysis_call *logon = analysis_call_of(analysis, 1);
    cr_assert_eq(logon->verdict, VERDICT_LEAK, "the blocks stay where they were acquired");
    cr_assert_eq(logon->per_call[RESIDUE_CLASS_INTERFACE_REFERENCE], 1.0);
}

Test(findings_objects, two_missing_releases_are_two)
{
    leaked_exporters(1);
    find();
    cr_assert_eq(findings.count, 2);
    cr_assert_eq(findings.finding[0].bytes_per_call, 300.0, "store and session");
    cr_assert_eq(findings.finding[1].bytes_per_call, 700.0, "exporter and folder");
    cr_assert_str_eq(findings.finding[0].kept[0].interface, "IMAPISession");
}

/* The folder that stood between the two has ended: a parent that is not there any more. */
Test(findings_objects, what_lies_between_may_have_ended)
{
    leaked_exporters(0);
    for (size_t i = 2; i < made->trace.object_count; i += 4)
        made->objects[i].live = false;
    find();
    cr_assert_eq(only(FINDING_REFERENCE_LEAK)->bytes_per_call, 700.0);
}

/* No parent tells it, but the provider's own AddRef on the store within the exporter's opening. */
Test(findings_objects, a_reference_taken_while_another_was_opened_tells_who_keeps_it)
{
    uint32_t open = made_path(made, 0, "OpenMsgStore", 400);
    uint32_t property = made_path(made, 0, "OpenProperty", 400);
    uint32_t inner = made_path(made, property, "IMsgStore::AddRef", 400);
    uint32_t store = opens(open, 0x100), exporter = opens(property, 0x200);
    uint32_t taken = inside(inner, 0x300, 0);
    uint32_t one = made_interface(made, "IMsgStore"), two = made_interface(made, "IExporter");
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, one, 0, store, ordinal, 0);
        uint32_t sequence = made_event(made, RESIDUE_EVENT_OPEN, store, ordinal, 0, 0)->sequence;
        made_event(made, RESIDUE_EVENT_ADDREF, taken, ordinal, 2, RESIDUE_EVENT_INNER);
        made_event(made, RESIDUE_EVENT_RELEASE, taken, ordinal, 1, 0)->sequence = sequence + 3;
        made_object(made, two, 0, exporter, ordinal, 1);
        made_event(made, RESIDUE_EVENT_OPEN, exporter, ordinal, 0, 0);
    }
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_eq(finding->path, property);
    cr_assert_eq(finding->kept_count, 1);
    cr_assert_eq(finding->kept[0].path, open);
}

Test(findings_objects, what_the_provider_holds_is_told_as_its_own)
{
    uint32_t open = made_path(made, 0, "OpenMsgStore", 400);
    uint32_t inner = made_path(made, open, "IMsgStore::AddRef", 400);
    uint32_t store = opens(open, 0x100);
    uint32_t taken = inside(inner, 0x300, 0);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, made_interface(made, "IMsgStore"), 0, store, ordinal, 0);
        made_event(made, RESIDUE_EVENT_ADDREF, taken, ordinal, 1, RESIDUE_EVENT_INNER);
        made_event(made, RESIDUE_EVENT_OPEN, store, ordinal, 0, 0);
        made_event(made, RESIDUE_EVENT_RELEASE, store, ordinal, 1, 0);
    }
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_not_null(strstr(finding->message, "the provider itself holds it"), "%s",
                       finding->message);
    cr_assert_str_eq(finding->detail, "The provider's AddRef at site 2 has no Release.");
}

/* What a leaked object's provider keeps goes with the object. */
Test(findings_objects, what_hangs_below_a_leaked_object_goes_with_it)
{
    uint32_t open = made_path(made, 0, "OpenMsgStore", 400);
    uint32_t entry = made_path(made, 0, "OpenEntry", 400);
    uint32_t store = opens(open, 0x100), folder = opens(entry, 0x200);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, made_interface(made, "IMsgStore"), 0, store, ordinal, 1);
        made_object(made, made_interface(made, "IMAPIFolder"), 2 * ordinal - 1, folder, ordinal, 0);
    }
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_eq(finding->path, open);
    cr_assert_str_eq(finding->kept[0].interface, "IMAPIFolder");
}

/* ---- which Release is missing ---- */

/* Folders, and where they are opened and references on them taken and released. */
struct folders {
    uint32_t open, opened, taken, released;
};

static struct folders folders(uint32_t opens_of, uint32_t addrefs, uint32_t releases)
{
    struct folders folders = {.open = made_path(made, 0, "OpenEntry", opens_of)};
    uint32_t addref = made_path(made, 0, "IMAPIFolder::AddRef", addrefs);
    uint32_t release = made_path(made, 0, "IMAPIFolder::Release", releases);
    folders.opened = opens(folders.open, 0x100);
    folders.taken = at(addref, 0x200, 0);
    folders.released = at(release, 0x300, 0);
    return folders;
}

/* The folder of call `ordinal` lives: two references were taken on it, one was released. */
static void live_folder(const struct folders *folders, uint32_t ordinal, uint32_t addref)
{
    made_object(made, made_interface(made, "IMAPIFolder"), 0, folders->opened, ordinal, 1);
    made_event(made, RESIDUE_EVENT_OPEN, folders->opened, ordinal, 0, 0);
    made_event(made, RESIDUE_EVENT_ADDREF, folders->taken, addref, 2, 0);
    made_event(made, RESIDUE_EVENT_RELEASE, folders->released, ordinal, 1, 0);
}

Test(findings_objects, the_release_that_others_see_is_named)
{
    uint32_t open = made_path(made, 0, "OpenEntry", 2000);
    uint32_t release = made_path(made, 0, "IMAPIFolder::Release", 1500);
    uint32_t opened = opens(open, 0x100);
    uint32_t released = at(release, 0x200, 0);
    for (uint32_t ordinal = 4; ordinal <= 2000; ordinal += 4) {
        made_object(made, made_interface(made, "IMAPIFolder"), 0, opened, ordinal, 1);
        made_event(made, RESIDUE_EVENT_OPEN, opened, ordinal, 0, 0);
    }
    made_tally(made, opened, 0, 0, 1500);
    made_tally(made, opened, opened, RESIDUE_EVENT_OPEN, 1500);
    made_tally(made, opened, released, RESIDUE_EVENT_RELEASE, 1500);
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_eq(finding->per_call, 0.25);
    cr_assert_str_eq(
        finding->detail,
        "Never released here: the Release at site 2 is missing in these 500 of 2,000.");
    cr_assert_eq(finding->stack_count, 2);
    cr_assert_str_eq(finding->stacks[1].role, "released in others");
    cr_assert_eq(finding->stacks[1].site, released);
    cr_assert_eq(finding->stacks[1].count, 500);
}

Test(findings_objects, the_reference_that_others_lack_is_named)
{
    struct folders all = folders(1000, 500, 1000);
    for (uint32_t ordinal = 2; ordinal <= 1000; ordinal += 2)
        live_folder(&all, ordinal, ordinal / 2);
    made_tally(made, all.opened, 0, 0, 500);
    made_tally(made, all.opened, all.released, RESIDUE_EVENT_RELEASE, 500);
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_eq(finding->path, all.open);
    cr_assert_str_eq(finding->detail, "The AddRef at site 2 has no Release.");
    cr_assert_str_eq(finding->stacks[1].role, "reference taken");
    cr_assert_eq(finding->stacks[1].site, all.taken);
    cr_assert_eq(finding->stacks[1].count, 500);
}

/* As long as none ends, it can't be told which of two references is the one too many. */
Test(findings_objects, without_others_nothing_is_claimed)
{
    struct folders all = folders(400, 400, 400);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++)
        live_folder(&all, ordinal, ordinal);
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_str_eq(finding->detail, "2 references are taken on each, 1 released.");
    cr_assert_eq(finding->stack_count, 3);
    cr_assert_str_eq(finding->stacks[1].role, "reference taken");
    cr_assert_str_eq(finding->stacks[2].role, "released");
}

/* A session that lives as long as the program, referred to once per call. */
Test(findings_objects, a_reference_per_call_on_what_lives_anyway)
{
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 1);
    uint32_t addref = made_path(made, 0, "IMAPISession::AddRef", 600);
    uint32_t opened = opens(logon, 0x100);
    uint32_t taken = at(addref, 0x200, 0);
    made->names[made->paths[addref].name].role = RESIDUE_ROLE_ADDREF;
    made_object(made, made_interface(made, "IMAPISession"), 0, opened, 1, 601);
    made_event(made, RESIDUE_EVENT_OPEN, opened, 1, 0, 0);
    for (uint32_t ordinal = 1; ordinal <= 600; ordinal++)
        made_event(made, RESIDUE_EVENT_ADDREF, taken, ordinal, ordinal + 1, 0);
    find();
    const struct finding *finding = only(FINDING_REFERENCE_LEAK);
    cr_assert_eq(finding->path, addref);
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_eq(finding->count, 600);
    cr_assert_str_eq(finding->message, "the reference that IMAPISession::AddRef takes at site 2 is "
                                       "never released");
    const struct analysis_call *call = analysis_call_of(analysis, addref);
    cr_assert_eq(call->per_call[RESIDUE_CLASS_INTERFACE_REFERENCE], 1.0);
    cr_assert(call->exact);
}

/* ---- no finding ---- */

Test(findings_objects, what_is_open_at_the_end_is_none)
{
    uint32_t open = made_path(made, 0, "OpenMsgStore", 5000);
    uint32_t store = opens(open, 0x100);
    for (uint32_t ordinal = 4999; ordinal <= 5000; ordinal++)
        made_object(made, made_interface(made, "IMsgStore"), 0, store, ordinal, 1);
    made_object(made, made_interface(made, "IMAPISession"), 0,
                opens(made_path(made, 0, "MAPILogonEx", 1), 0x200), 1, 1);
    find();
    cr_assert_eq(findings.count, 0);
}

Test(findings_objects, too_few_calls_are_none)
{
    uint32_t store = opens(made_path(made, 0, "OpenMsgStore", 50), 0x100);
    for (uint32_t ordinal = 1; ordinal <= 50; ordinal++)
        made_object(made, made_interface(made, "IMsgStore"), 0, store, ordinal, 1);
    find();
    cr_assert_eq(findings.count, 0);
    cr_assert_eq(analysis->calls[0].verdict, VERDICT_TOO_FEW_CALLS);
}

/* ---- logged off ---- */

Test(findings_objects, logged_off_but_not_released)
{
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 20);
    uint32_t logoff = made_path(made, 0, "IMAPISession::Logoff", 20);
    uint32_t session = opens(logon, 0x100);
    uint32_t off = at(logoff, 0x200, 0);
    for (uint32_t ordinal = 1; ordinal <= 20; ordinal++) {
        made_object(made, made_interface(made, "IMAPISession"), 0, session, ordinal, 1);
        made_event(made, RESIDUE_EVENT_OPEN, session, ordinal, 0, 0);
        made_event(made, RESIDUE_EVENT_LOGOFF, off, ordinal, 0, 0);
    }
    find();
    const struct finding *finding = only(FINDING_LOGGED_OFF_NOT_RELEASED);
    cr_assert_eq(finding->per_call, 1.0);
    cr_assert_str_eq(
        finding->message,
        "the IMAPISession opened by MAPILogonEx at site 1 is logged off but never released");
}

/* A private heap that each leaked session holds is no finding of its own. */
Test(findings_objects, what_a_leaked_object_holds_is_told_with_it)
{
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 400);
    uint32_t session = opens(logon, 0x100);
    uint32_t heap = made_site(made, logon, made_stack(made, provider, 0x200, 2),
                              made_kind(made, RESIDUE_CLASS_PRIVATE_HEAP, "private heap"));
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, made_interface(made, "IMAPISession"), 0, session, ordinal, 1);
        made_resource(made, heap, ordinal);
    }
    find();
    only(FINDING_REFERENCE_LEAK);
}
