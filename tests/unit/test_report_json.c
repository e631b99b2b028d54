/* The report as JSON: what the contract fixes. */
#include "tests/unit/report_printed.h"

TestSuite(report_json, .init = begin, .fini = end);

Test(report_json, of_a_leak_keeps_the_contract)
{
    leaky();
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root);
    cr_assert_str_eq(json_string_value(at(root, "schema")), "residue-report/1");
    json_t *program = at(root, "program"), *exit = at(program, "exit");
    cr_assert_str_eq(json_string_value(at(program, "path")), "/usr/bin/client");
    cr_assert_eq(json_integer_value(at(program, "pid")), 42);
    cr_assert_str_eq(json_string_value(at(program, "arch")), "x86_64");
    cr_assert_str_eq(json_string_value(at(program, "os")), "linux");
    cr_assert_str_eq(json_string_value(at(exit, "kind")), "exited");
    cr_assert_eq(json_integer_value(at(exit, "status")), 3);
    cr_assert(json_is_true(at(program, "complete")));
    cr_assert_eq(json_array_size(at(root, "calls")), 2);
    json_t *call = json_array_get(at(root, "calls"), 0);
    cr_assert_str_eq(json_string_value(at(call, "name")), "IMAPISession::OpenMsgStore");
    cr_assert_str_eq(json_string_value(json_array_get(at(call, "path"), 0)), "MAPILogonEx");
    cr_assert_eq(json_integer_value(at(call, "count")), 2000);
    cr_assert_str_eq(json_string_value(at(call, "verdict")), "leak");
    cr_assert_eq(json_real_value(at(call, "bytes_per_call")), 48.0);
    cr_assert_eq(json_real_value(json_array_get(at(call, "ci95"), 0)), 48.0);
    cr_assert_eq(json_real_value(json_array_get(at(call, "ci95"), 1)), 48.0);
    cr_assert(json_is_true(at(call, "exact")));
    cr_assert_eq(json_real_value(at(call, "blocks_per_call")), 1.0);
    cr_assert_eq(json_real_value(at(call, "critical_sections_per_call")), 1.0);
    cr_assert_eq(json_number_value(at(call, "private_heaps_per_call")), 0);
    cr_assert_eq(json_number_value(at(call, "module_references_per_call")), 0);
    cr_assert_eq(json_number_value(at(call, "interface_references_per_call")), 0);
    cr_assert_eq(json_real_value(at(at(call, "things_per_call"), "SSL_new")), 1.0);
    cr_assert_not_null(strstr(printed, "\"bytes_per_call\": 48.0,"));
    json_t *site = json_array_get(at(call, "sites"), 0);
    cr_assert_eq(json_array_size(at(call, "sites")), 3);
    cr_assert_str_eq(json_string_value(at(site, "verdict")), "leak");
    cr_assert_str_eq(json_string_value(at(site, "resource")), "heap block");
    cr_assert_eq(json_real_value(at(site, "bytes_per_call")), 48.0);
    cr_assert_eq(json_real_value(at(site, "per_call")), 1.0);
    cr_assert_eq(json_integer_value(at(site, "survivors")), 2000);
    cr_assert_eq(json_integer_value(at(site, "bytes")), 96000);
    json_t *frame = json_array_get(at(site, "stack"), 0);
    cr_assert_str_eq(json_string_value(at(frame, "module")), "/opt/libprovider.so");
    cr_assert_eq(json_integer_value(at(frame, "offset")), 0x100);
    cr_assert(json_is_null(at(frame, "function")) && json_is_null(at(frame, "file")) &&
              json_is_null(at(frame, "line")) && json_is_false(at(frame, "inlined")));
    json_t *outer = json_array_get(at(root, "calls"), 1);
    cr_assert_str_eq(json_string_value(at(outer, "verdict")), "clean");
    cr_assert_eq(json_real_value(at(outer, "bytes_per_call")), 0.0);
    cr_assert_eq(json_real_value(at(outer, "inclusive_bytes_per_call")), 96.0);
    cr_assert_eq(json_integer_value(at(at(root, "outside"), "survivors")), 2);
    cr_assert_eq(json_integer_value(at(at(root, "outside"), "bytes")), 1024);
    cr_assert_eq(json_array_size(at(at(root, "outside"), "sites")), 1);
    json_t *memory = at(root, "memory"), *last = json_array_get(at(memory, "private_bytes"), 2);
    cr_assert_eq(json_real_value(json_array_get(last, 0)), 2.0);
    cr_assert_eq(json_integer_value(json_array_get(last, 1)), 48 << 20);
    cr_assert_eq(json_real_value(at(memory, "explained")), 1.0);
    cr_assert_eq(json_integer_value(at(memory, "limit_bytes")), (json_int_t)2 << 30);
    cr_assert_eq(json_integer_value(at(memory, "calls_left")), 43690666);
    /* 28 MiB in the last second and a half. */
    cr_assert_str_eq(json_string_value(at(memory, "pace")), "recent-private-bytes");
    cr_assert_float_eq(json_real_value(at(memory, "bytes_per_second")), 29360128 / 1.5, 1e-3);
    cr_assert_float_eq(json_real_value(at(memory, "seconds_left")), 2097152000 * 1.5 / 29360128,
                       1e-6);
    json_decref(root);
}

Test(report_json, of_findings)
{
    with_findings();
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL), *findings = at(root, "findings");
    cr_assert_eq(json_array_size(findings), 2);
    json_t *section = json_array_get(findings, 0), *orphan = json_array_get(findings, 1);
    cr_assert_str_eq(json_string_value(at(section, "kind")), "critical-section-in-freed-memory");
    cr_assert_str_eq(json_string_value(at(section, "call")), "LoadLibraryA");
    cr_assert_eq(json_integer_value(at(section, "count")), 1000);
    cr_assert_eq(json_real_value(at(section, "per_call")), 1.0);
    cr_assert_eq(json_array_size(at(section, "stacks")), 3);
    json_t *freed = json_array_get(at(section, "stacks"), 1);
    cr_assert_str_eq(json_string_value(at(freed, "role")), "block freed");
    cr_assert_eq(json_integer_value(at(json_array_get(at(freed, "stack"), 0), "offset")), 0x300);
    cr_assert_str_eq(json_string_value(at(orphan, "kind")), "orphaned-by-unload");
    cr_assert_str_eq(json_string_value(at(orphan, "message")),
                     "orphaned: allocated by mapi32, which was unloaded");
    cr_assert_eq(json_real_value(at(orphan, "bytes_per_call")), 112.0);
    cr_assert_eq(json_integer_value(at(orphan, "loads")), 1000);
    json_decref(root);
}

Test(report_json, says_running_when_no_end_was_seen)
{
    made->trace.header.state = RESIDUE_STATE_RUNNING;
    made->trace.header.flags = RESIDUE_FLAG_INCOMPLETE;
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL), *program = at(root, "program");
    cr_assert_str_eq(json_string_value(at(at(program, "exit"), "kind")), "running");
    cr_assert(json_is_null(at(at(program, "exit"), "status")));
    cr_assert(json_is_false(at(program, "complete")));
    json_decref(root);
}

Test(report_json, takes_any_bytes)
{
    made_path(made, 0, "bad\xff\"\n\x1b[31m\xed\xa0\x80", 500);
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root);
    cr_assert_str_eq(json_string_value(at(json_array_get(at(root, "calls"), 0), "name")),
                     "bad\xef\xbf\xbd\"\n\x1b[31m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    cr_assert_null(strchr(printed, '\x1b'));
    json_decref(root);
}

Test(report_json, of_hostile_names_is_json)
{
    hostile();
    print(true, true, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root);
    json_decref(root);
}
