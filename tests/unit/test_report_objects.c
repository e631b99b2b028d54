/* What the report says of objects, as JSON and as text. */
#include "tests/unit/report_printed.h"

TestSuite(report_objects, .init = begin, .fini = end);

static uint32_t module, kind;

static uint32_t site_of(uint32_t path, uint64_t offset, uint32_t of_kind)
{
    return made_site(made, path, made_stack(made, module, offset, 2), of_kind);
}

static void prepare(void)
{
    module = made_module(made, "/opt/client", 1, 0);
    kind = made_kind_released(made, RESIDUE_CLASS_INTERFACE_REFERENCE, "interface reference",
                              "Release");
}

/* 400 sessions live because of the exporters that were opened in them. */
static void leaked(void)
{
    prepare();
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 400);
    uint32_t property = made_path(made, 0, "IMAPIFolder::OpenProperty", 400);
    uint32_t session = site_of(logon, 0x100, kind), exporter = site_of(property, 0x200, kind);
    for (uint32_t ordinal = 1; ordinal <= 400; ordinal++) {
        made_object(made, made_interface(made, "IMAPISession"), 0, session, ordinal, 0);
        made_object(made, made_interface(made, "IExchangeExportChanges"),
                    (uint32_t)made->trace.object_count, exporter, ordinal, 1);
        made_event(made, RESIDUE_EVENT_OPEN, exporter, ordinal, 0, 0);
    }
    made_survivors(made, site_of(logon, 0x300, made_kind(made, RESIDUE_CLASS_BLOCK, "heap block")),
                   1, 400, 1, 1000);
    made_budget(made, 1000, "IMAPISession", "sessions per user", RESIDUE_BUDGET_PROCESS);
}

/* A message that a holder uses after its end, `times` references long; then a fault. */
static void over_released(uint32_t times)
{
    prepare();
    uint32_t open = made_path(made, 0, "IMsgStore::OpenEntry", 10);
    uint32_t release = made_path(made, 0, "IMessage::Release", 20);
    uint32_t addref = made_path(made, 0, "IMessage::AddRef", times);
    uint32_t opened = site_of(open, 0x100, kind), added = site_of(addref, 0x200, kind),
             released = site_of(release, 0x300, 0), again = site_of(release, 0x400, 0);
    struct trace_object *object =
        made_object(made, made_interface(made, "IMessage"), 0, opened, 3, 0);
    object->live = false;
    object->flags = RESIDUE_OBJECT_USED_AFTER_END;
    made_event(made, RESIDUE_EVENT_OPEN, opened, 3, 0, 0);
    for (uint32_t i = 1; i <= times; i++)
        made_event(made, RESIDUE_EVENT_ADDREF, added, i, i + 1, RESIDUE_EVENT_INNER);
    for (uint32_t i = 0; i <= times; i++)
        made_event(made, RESIDUE_EVENT_RELEASE, released, i + 1, times - i,
                   i == times ? RESIDUE_EVENT_ENDED_IT : 0);
    made_event(made, RESIDUE_EVENT_RELEASE, again, 20, 0, RESIDUE_EVENT_AFTER_END);
    made->fault = (struct residue_fault){
        .code = 11, .site = again, .address = 0x18, .thread = 7, .object = object->id};
    made->trace.fault = &made->fault;
}

Test(report_objects, json_of_what_is_kept_alive)
{
    leaked();
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL), *findings = at(root, "findings");
    cr_assert_eq(json_array_size(findings), 1);
    json_t *finding = json_array_get(findings, 0), *keeps = at(finding, "keeps");
    cr_assert_str_eq(json_string_value(at(finding, "kind")), "reference-leak");
    cr_assert_str_eq(json_string_value(at(finding, "severity")), "error");
    cr_assert_str_eq(json_string_value(at(finding, "call")), "IMAPIFolder::OpenProperty");
    cr_assert_eq(json_real_value(at(finding, "per_call")), 1.0);
    cr_assert_eq(json_real_value(at(finding, "bytes_per_call")), 1000.0);
    cr_assert_str_eq(json_string_value(at(finding, "message")),
                     "the IExchangeExportChanges opened by IMAPIFolder::OpenProperty at "
                     "client+0x200 is never released; each keeps the IMAPISession and 1 block "
                     "(1,000 B) alive");
    cr_assert_eq(json_array_size(keeps), 1);
    cr_assert_str_eq(json_string_value(at(json_array_get(keeps, 0), "call")), "MAPILogonEx");
    cr_assert_eq(json_integer_value(at(json_array_get(keeps, 0), "count")), 400);
    json_t *calls = at(root, "calls"), *call;
    size_t i, kept = 0;
    json_array_foreach(calls, i, call)
    {
        bool logon = !strcmp(json_string_value(at(call, "name")), "MAPILogonEx");
        cr_assert_eq(json_real_value(at(call, "interface_references_per_call")), 1.0);
        kept += logon &&
                !strcmp(json_string_value(at(call, "kept_alive_by")), "IMAPIFolder::OpenProperty");
    }
    cr_assert_eq(kept, 1);
    json_t *budget = json_array_get(at(root, "budgets"), 0);
    cr_assert_eq(json_integer_value(at(budget, "open")), 400);
    cr_assert_eq(json_integer_value(at(budget, "calls_left")), 600);
    cr_assert_str_eq(json_string_value(at(budget, "call")), "MAPILogonEx");
    cr_assert_null(json_object_get(at(at(root, "program"), "exit"), "fault"));
    json_decref(root);
}

Test(report_objects, text_of_what_is_kept_alive)
{
    leaked();
    print(false, false, false);
    check_lines(false);
    cr_assert_eq(strncmp(printed,
                         "IMAPIFolder::OpenProperty leaks 1,000.0 B per call (400 calls): the "
                         "IExchangeExportChanges",
                         40),
                 0, "the cause first:\n%s", printed);
    line_with("each keeps the IMAPISession and 1 block (1,000 B) alive");
    const char *logon = line_with("\nMAPILogonEx  ");
    cr_assert_not_null(strstr(logon, "The IMAPISession is kept alive by what "
                                     "IMAPIFolder::OpenProperty opens"));
    line_with("1,000 sessions per user are reached after 600 more calls of MAPILogonEx (400 open");
}

Test(report_objects, json_of_a_history)
{
    over_released(1);
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL);
    json_t *finding = json_array_get(at(root, "findings"), 0), *events = at(finding, "events");
    cr_assert_str_eq(json_string_value(at(finding, "kind")), "over-released");
    json_t *object = at(finding, "object");
    cr_assert_str_eq(json_string_value(at(object, "interface")), "IMessage");
    cr_assert_eq(json_integer_value(at(object, "opened")), 3);
    static const char *const names[] = {"opened", "AddRef", "Release", "Release", "Release"};
    static const int references[] = {1, 2, 1, 0, 0};
    cr_assert_eq(json_array_size(events), 5);
    for (size_t i = 0; i < 5; i++) {
        json_t *event = json_array_get(events, i);
        cr_assert_str_eq(json_string_value(at(event, "event")), names[i]);
        cr_assert_eq(json_integer_value(at(event, "references")), references[i]);
        cr_assert_str_eq(json_string_value(at(event, "by")), i == 1 ? "provider" : "client");
        cr_assert_eq(json_is_true(at(event, "after_end")), i == 4);
        cr_assert_eq(json_is_true(at(event, "ended_it")), i == 3);
        cr_assert_eq(json_is_true(at(event, "one_too_many")), i == 4);
        cr_assert_eq(json_integer_value(at(event, "thread")), 7);
        cr_assert_eq(json_array_size(at(event, "stack")), 2);
    }
    json_t *fault = at(at(at(root, "program"), "exit"), "fault");
    cr_assert_eq(json_integer_value(at(fault, "code")), 11);
    cr_assert_eq(json_array_size(at(fault, "stack")), 2);
    json_decref(root);
}

Test(report_objects, text_of_a_history)
{
    over_released(1);
    print(false, false, false);
    check_lines(false);
    line_with("IMessage over-released: the Release at client+0x400 is one too many (2 references "
              "taken");
    line_with("Then the client died of SIGSEGV at client+0x400.");
    line_with("+1 = 2   AddRef");
    line_with("-1 = 0   Release");
    line_with("one too many\n");
    cr_assert_null(strstr(printed, "Died of"), "it is told with the object");
    cr_assert_null(strstr(printed, "(thread"));
}

/* Where several threads had to do with it, each is told. */
Test(report_objects, text_of_a_history_on_two_threads)
{
    over_released(1);
    made->events[made->event_count - 1].thread = 8;
    print(false, false, false);
    check_lines(false);
    line_with("its end  (thread 7)");
    line_with("(thread 8)  one too many\n");
}

/* Nobody released it again, but it was used. */
Test(report_objects, text_of_an_end_too_early)
{
    over_released(1);
    made->objects[made->trace.object_count - 1].event_count--;
    print(false, false, false);
    check_lines(false);
    line_with(
        "IMessage used after its end: the Release at client+0x300 came too early (2 references "
        "taken");
    line_with("its end  too early\n");
    cr_assert_null(strstr(printed, "one too many"));
}

Test(report_objects, a_long_history_loses_its_middle)
{
    over_released(40);
    print(false, false, false);
    check_lines(false);
    line_with("... 67 more (--all)");
    line_with("+1 = 2   AddRef");
    cr_assert_null(strstr(printed, "+1 = 30  AddRef"));
    line_with("one too many\n");
    print(false, true, false);
    line_with("+1 = 30  AddRef");
    cr_assert_null(strstr(printed, "more (--all)"));
}

Test(report_objects, a_fault_alone_is_told)
{
    prepare();
    made->fault =
        (struct residue_fault){.code = 8, .site = site_of(made_path(made, 0, "Open", 1), 0x700, 0)};
    made->trace.fault = &made->fault;
    print(false, false, false);
    check_lines(false);
    line_with("Died of SIGFPE at\n    client+0x700\n");
}

/* Names of megabytes and control characters, in all that is new. */
Test(report_objects, hostile_names)
{
    static char name[5000];
    memset(name, 'N', sizeof name - 1);
    memcpy(name, "\x1b[2J\r\n\t\x80\xff", 9);
    leaked();
    over_released(1);
    for (uint32_t id = 1; id < MADE_MOST; id++)
        if (made->names[id].text)
            made->names[id].text = name;
    for (uint32_t i = 0; i < made->trace.budget_count; i++)
        made->budgets[i].interface = made->budgets[i].text = name;
    for (uint32_t id = 1; id <= made->trace.kind_count; id++)
        made->kinds[id].name = made->kinds[id].release = name;
    for (uint32_t misuse = RESIDUE_MISUSE_LINKED_FREED; misuse <= RESIDUE_MISUSE_SINK_OUTLIVES;
         misuse++)
        made_misuse(made, (enum residue_misuse_kind)misuse, 1, misuse % 2, 3)->resource_kind = 1;
    print(false, true, false);
    check_lines(false);
    print(true, true, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root);
    json_decref(root);
}
