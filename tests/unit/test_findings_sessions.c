/* Sessions left wrongly: without Logoff, with objects open, with sinks that outlive them. */
#include "tests/unit/findings_made.h"

TestSuite(findings_sessions, .init = begin, .fini = end);

static void of_session(enum residue_misuse_kind misuse, const char *interface)
{
    uint32_t opened = at(made_path(made, 0, "Open", 400), 0x100, reference);
    uint32_t done = at(made_path(made, 0, "Release", 400), 0x200, 0);
    made_misuse(made, misuse, done, opened, 400)->interface = made_interface(made, interface);
}

Test(findings_sessions, a_session_without_logoff_is_an_error)
{
    of_session(RESIDUE_MISUSE_NOT_LOGGED_OFF, "IMAPISession");
    find();
    const struct finding *finding = only(FINDING_SESSION_NOT_LOGGED_OFF);
    cr_assert_not(finding->remark);
    cr_assert_str_eq(finding->message, "IMAPISession of Open released at site 2 without Logoff");
}

Test(findings_sessions, a_store_without_logoff_is_a_remark)
{
    of_session(RESIDUE_MISUSE_NOT_LOGGED_OFF, "IMsgStore");
    find();
    cr_assert(only(FINDING_STORE_NOT_LOGGED_OFF)->remark);
}

Test(findings_sessions, objects_open_at_logoff_and_released_after_their_parent)
{
    of_session(RESIDUE_MISUSE_OPEN_AT_LOGOFF, "IMAPIFolder");
    find();
    only(FINDING_LOGGED_OFF_WITH_OBJECTS_OPEN);
}

Test(findings_sessions, the_wrong_order)
{
    of_session(RESIDUE_MISUSE_PARENT_FIRST, "IMAPIFolder");
    find();
    only(FINDING_WRONG_ORDER);
}

/* What is never released was open at the logoff, too: one missing Release. */
Test(findings_sessions, what_is_never_released_is_told_as_that_alone)
{
    of_session(RESIDUE_MISUSE_OPEN_AT_LOGOFF, "IMAPIFolder");
    of_session(RESIDUE_MISUSE_PARENT_FIRST, "IMAPIFolder");
    made->misuses[1].acquired_site = 1;
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++)
        made_object(made, made_interface(made, "IMAPIFolder"), 0, 1, ordinal, 1);
    find();
    only(FINDING_REFERENCE_LEAK);
}

static uint32_t advise(uint32_t calls, uint32_t sessions)
{
    uint32_t path = made_path(made, 0, "IMsgStore::Advise", calls);
    uint32_t connection =
        at(path, 0x100, made_kind(made, RESIDUE_CLASS_OTHER, "advise connection"));
    uint32_t ended = at(made_path(made, 0, "IMAPISession::Release", sessions), 0x200, 0);
    made_survivors(made, connection, 1, calls, 1, 0);
    made_misuse(made, RESIDUE_MISUSE_SINK_OUTLIVES, ended, connection, calls)->interface =
        made_interface(made, "IMsgStore");
    return path;
}

Test(findings_sessions, a_sink_that_outlives_each_session)
{
    uint32_t path = advise(400, 400);
    find();
    cr_assert_eq(only(FINDING_SINK_OUTLIVES_SESSION)->path, path);
}

Test(findings_sessions, many_sinks_of_one_session_are_advise_without_unadvise)
{
    advise(400, 1);
    find();
    const struct finding *finding = only(FINDING_ADVISE);
    cr_assert_str_eq(finding->message, "IMsgStore::Advise without Unadvise");
    cr_assert_eq(finding->per_call, 1.0);
}
