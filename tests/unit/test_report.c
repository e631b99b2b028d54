/* The report in both forms: what the contract fixes, and what a person at a terminal relies on. */
#include "analyzer/report.h"
#include "analyzer/report_text_write.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>

static struct made *made;
static char *printed;

static void begin(void)
{
    made = made_new();
}

static void end(void)
{
    free(printed);
    free(made);
}

TestSuite(report, .init = begin, .fini = end);

/* Prints the report on what was made, without symbols, into `printed`. */
static void print(bool json, bool all, bool colour)
{
    struct report report = {.trace = made_done(made), .all = all, .colour = colour};
    report.analysis = analysis_of(report.trace);
    report.findings = findings_of(report.analysis);
    const struct analysis_call *worst = analysis_worst(report.analysis);
    report.memory = memory_of(report.trace, (uint64_t)2 << 30, report.analysis->leaked_bytes,
                              worst ? worst->count : 0);
    size_t size;
    free(printed);
    FILE *out = open_memstream(&printed, &size);
    (json ? report_json : report_text)(&report, out);
    fclose(out);
    findings_free(&report.findings);
    analysis_free(report.analysis);
}

/* OpenMsgStore inside MAPILogonEx leaves 48 B and a section in each of 2,000 calls. */
static void leaky(void)
{
    uint32_t logon = made_path(made, 0, "MAPILogonEx", 1000);
    uint32_t open = made_path(made, logon, "IMAPISession::OpenMsgStore", 2000);
    uint32_t module = made_module(made, "/opt/libprovider.so", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    uint32_t pair = made_kind(made, RESIDUE_CLASS_OTHER, "SSL_new");
    uint32_t outside = made_site(made, 0, made_stack(made, module, 0x400, 2), block);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x100, 2), block), 1, 2000,
                   1, 48);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x200, 2), section), 1,
                   2000, 1, 0);
    made_survivors(made, made_site(made, open, made_stack(made, module, 0x300, 2), pair), 1, 2000,
                   1, 0);
    made_survivor(made, outside, 0, 1000);
    made_survivor(made, outside, 0, 24);
    made_checkpoint(made, 0, 10 << 20, 1024);
    made_checkpoint(made, 500000000, 20 << 20, 2 << 20);
    made_checkpoint(made, 2000000000, 48 << 20, 30 << 20);
}

static json_t *at(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    cr_assert_not_null(value, "no key %s", key);
    return value;
}

static const char *line_with(const char *what)
{
    const char *line = strstr(printed, what);
    cr_assert_not_null(line, "no %s in:\n%s", what, printed);
    return line;
}

Test(report, json_of_a_leak_keeps_the_contract)
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

/* No line is wider than the terminal, and no byte of a trace reaches it as a control. */
static void check_lines(bool colour)
{
    unsigned column = 0;
    for (const char *byte = printed; *byte; byte++) {
        if (*byte == '\n') {
            column = 0;
        } else if (*byte == '\x1b') {
            cr_assert(colour, "an escape in:\n%s", printed);
            byte += strcspn(byte, "m");
        } else {
            cr_assert((unsigned char)*byte >= 0x20 && (unsigned char)*byte != 0x7f);
            column += ((unsigned char)*byte & 0xc0) != 0x80;
            cr_assert_leq(column, TEXT_COLUMNS, "too wide:\n%s", printed);
        }
    }
}

/* LoadLibraryA leaves 112 B of a module that is gone, and a section in a freed block, every call.
 */
static void with_findings(void)
{
    uint32_t path = made_path(made, 0, "LoadLibraryA", 1000);
    uint32_t gone = made_module(made, "/opt/libmapi32.so", 1000, 1000);
    uint32_t there = made_module(made, "/opt/client", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    made_survivors(made, made_site(made, path, made_stack(made, gone, 0x100, 2), block), 1, 1000, 1,
                   112);
    uint32_t initialised = made_site(made, path, made_stack(made, there, 0x200, 2), section);
    uint32_t freed = made_site(made, path, made_stack(made, there, 0x300, 2), 0);
    uint32_t allocated = made_site(made, path, made_stack(made, there, 0x400, 2), block);
    for (uint32_t ordinal = 1; ordinal <= 1000; ordinal++) {
        struct trace_resource *lost = made_resource(made, initialised, ordinal);
        lost->freed_site = freed;
        lost->freed_block_site = allocated;
    }
}

Test(report, text_of_findings)
{
    with_findings();
    print(false, false, false);
    line_with(
        "\nLoadLibraryA:  critical section still initialised inside a freed block  1,000 times"
        "  1/call\n  initialised at\n      client+0x200\n");
    line_with("\n  block freed at\n      client+0x300\n");
    line_with("\n  block allocated at\n      client+0x400\n");
    line_with("\nLoadLibraryA:  orphaned: allocated by mapi32, which was unloaded  1,000 times  "
              "1/call  112.0 B/call\n    1,000 loads, 1,000 unloads\n");
    check_lines(false);
}

Test(report, json_of_findings)
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

Test(report, json_says_running_when_no_end_was_seen)
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

Test(report, json_takes_any_bytes)
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

Test(report, text_begins_with_the_worst_call)
{
    leaky();
    print(false, false, false);
    const char *first = "IMAPISession::OpenMsgStore leaks 48.0 B per call (exact, 2,000 calls).\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    line_with("\nIMAPISession::OpenMsgStore  48.0 B/call  1 critical section/call  1 SSL_new/call\n"
              "    95% CI [48.0, 48.0]  2,000 calls\n");
    line_with("At this rate 2.0 GiB (--limit) are full after 43,690,666 calls of");
    line_with("libprovider.so+0x100\n");
    line_with("Outside watched calls: 2 things live at the end, 1.0 KiB, from 1 site.\n");
    line_with("tracked 2.0 MiB -> 30.0 MiB, which explains 100% of the growth.");
    cr_assert_null(strstr(printed, "\nMAPILogonEx")); /* clean: only counted */
    line_with("1 clean");
}

Test(report, text_of_a_leak_without_bytes_names_the_thing)
{
    uint32_t path = made_path(made, 0, "MAPILogonEx", 1500);
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    made_survivors(made, made_site(made, path, 0, section), 1, 1500, 1, 0);
    print(false, false, false);
    const char *first = "MAPILogonEx leaks 1 critical section per call (exact, 1,500 calls).\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
}

Test(report, text_when_nothing_leaks)
{
    for (int i = 0; i < 12; i++)
        made_path(made, 0, "Clean", 2000);
    print(false, false, false);
    const char *first = "Nothing leaks: 12 calls watched, 24,000 executions.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    cr_assert_null(strstr(printed, "\nClean"));
    print(false, true, false);
    line_with("\nClean  clean  2,000 calls\n");
}

Test(report, text_without_calls_does_not_say_that_nothing_leaks)
{
    print(false, false, false);
    line_with("No watched call was executed");
    cr_assert_null(strstr(printed, "Nothing leaks"));
}

Test(report, text_with_too_few_calls_does_not_say_that_nothing_leaks)
{
    uint32_t path = made_path(made, 0, "Rare", 20);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, 0, block), 1, 20, 1, 48);
    print(false, true, false);
    line_with("too few times");
    line_with("48.0 B/call observed");
    cr_assert_null(strstr(printed, "Nothing leaks"));
}

Test(report, text_says_what_makes_it_doubtful)
{
    made->trace.header.flags = RESIDUE_FLAG_INCOMPLETE;
    strcpy(made->trace.header.trouble, "no space left on device");
    made->trace.header.missed = 1234;
    made->trace.header.unwatched = 1;
    made->trace.truncated = true;
    print(false, false, false);
    line_with("Recording stopped early: no space left on device.");
    line_with("1,234 acquisitions could not be recorded.");
    line_with("1 import was not watched: more functions match than the shim has thunks for.");
    line_with("The trace file is cut off");
}

static void hostile(void)
{
    static char name[5000], module[3000];
    memset(name, 'N', sizeof name - 1);
    memset(module, '/', 1);
    memset(module + 1, 'm', sizeof module - 2);
    memcpy(name, "\x1b[2J\r\n\t\x80\xff", 9);
    memcpy(name + 100, "\xe2\x80\xae", 3);
    uint32_t outer = made_path(made, 0, name, 1000), id = made_module(made, module, 20, 20);
    uint32_t path = made_path(made, outer, name, 1000);
    uint32_t kind = made_kind(made, RESIDUE_CLASS_BLOCK, name);
    made_survivors(made, made_site(made, path, made_stack(made, id, 0, 8), kind), 1, 1000, 1, 48);
    made_survivors(made,
                   made_site(made, path, made_stack(made, 0, UINT64_MAX - 200, 8),
                             made_kind(made, RESIDUE_CLASS_OTHER, name + 6)),
                   1, 1000, 1, 1000000000000);
    made_survivors(made, made_site(made, 0, made_stack(made, id, 0, 8), kind), 0, 0, 1, 0);
    for (int i = 0; i < 50; i++)
        made_survivor(made, 3, 0, UINT64_MAX / 64);
    memset(made->trace.header.trouble, '\x1b', 200);
    made->trace.header.flags = RESIDUE_FLAG_INCOMPLETE | RESIDUE_FLAG_FORKED;
    made_checkpoint(made, 0, 1, 0);
    made_checkpoint(made, UINT64_MAX, UINT64_MAX, UINT64_MAX);
}

Test(report, text_of_hostile_names_fits_and_is_harmless)
{
    hostile();
    for (int all = 0; all < 2; all++) {
        for (int colour = 0; colour < 2; colour++) {
            print(false, all, colour);
            check_lines(colour);
        }
    }
    line_with("\\x1b");
}

Test(report, json_of_hostile_names_is_json)
{
    hostile();
    print(true, true, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root);
    json_decref(root);
}

Test(report, text_has_colours_only_when_asked)
{
    leaky();
    print(false, true, false);
    cr_assert_null(strchr(printed, '\x1b'));
    check_lines(false);
    print(false, true, true);
    cr_assert_not_null(strchr(printed, '\x1b'));
    check_lines(true);
}

Test(report, figures_for_people)
{
    cr_assert_str_eq(figure_count(0).text, "0");
    cr_assert_str_eq(figure_count(999).text, "999");
    cr_assert_str_eq(figure_count(43690666).text, "43,690,666");
    cr_assert_str_eq(figure_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    cr_assert_str_eq(figure_bytes(48).text, "48 B");
    cr_assert_str_eq(figure_bytes(1536).text, "1.5 KiB");
    cr_assert_str_eq(figure_bytes(2147483648.0).text, "2.0 GiB");
    cr_assert_str_eq(figure_rate_bytes(4096).text, "4,096.0 B");
    cr_assert_str_eq(figure_rate_bytes(1048576).text, "1,024.0 KiB");
    cr_assert_str_eq(figure_interval(10, 20, 15).text, "[10.0, 20.0]");
    cr_assert_str_eq(figure_rate(1).text, "1");
    cr_assert_str_eq(figure_rate(0.1).text, "0.10");
    cr_assert_str_eq(figure_rate(0.0123).text, "0.0123");
    cr_assert_str_eq(figure_seconds(5).text, "5.0 s");
    cr_assert_str_eq(figure_seconds(3600).text, "60.0 minutes");
    cr_assert_str_eq(figure_seconds(864000).text, "10.0 days");
}

Test(report, names_lose_their_middle)
{
    cr_assert_str_eq(text_safe("abcdefghij", 10).text, "abcdefghij");
    cr_assert_str_eq(text_safe("abcdefghijk", 10).text, "abc...hijk");
    cr_assert_str_eq(text_safe("a\x1b[0m", 20).text, "a\\x1b[0m");
    cr_assert_str_eq(text_safe("J\xc3\xbcrgen", 20).text, "J\xc3\xbcrgen");
    cr_assert_str_eq(text_safe("\xe2\x80\xae", 20).text, "\\xe2\\x80\\xae");
    cr_assert_str_eq(text_safe(NULL, 20).text, "?");
}

Test(report, sizes)
{
    uint64_t bytes = 0;
    cr_assert(memory_parse_size("512", &bytes) && bytes == 512);
    cr_assert(memory_parse_size("2G", &bytes) && bytes == (uint64_t)2 << 30);
    cr_assert(memory_parse_size("3kib", &bytes) && bytes == 3072);
    cr_assert(memory_parse_size("1TB", &bytes) && bytes == (uint64_t)1 << 40);
    static const char *const bad[] = {
        "", "0", "-1", "G", "1X", "1GX", "1 G", "99999999999999999999", "0x10", "iB", "20000000T"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(memory_parse_size(bad[i], &bytes), "%s", bad[i]);
}

Test(report, growth_too_small_to_compare_is_not_explained)
{
    made_checkpoint(made, 0, 1 << 20, 1024);
    made_checkpoint(made, 1000, (1 << 20) + 4096, 2048);
    struct memory memory = memory_of(made_done(made), 1 << 30, 0, 0);
    cr_assert_not(memory.meaningful);
    cr_assert_not(memory.will_fill);
}

Test(report, growth_is_compared_where_the_client_was_largest)
{
    made_checkpoint(made, 0, 1 << 20, 0);
    made_checkpoint(made, 10, 10 << 20, 4 << 20);
    made_checkpoint(made, 100, 30 << 20, 14 << 20);
    made_checkpoint(made, 101, 20 << 20, 0); /* a last logoff released it all */
    struct memory memory = memory_of(made_done(made), 1 << 30, 0, 0);
    cr_assert(memory.meaningful);
    cr_assert_float_eq(memory.explained, 0.5, 1e-9);
}

/* A quick start, then idling, then a steady pace with one dip: the last half is what counts. */
Test(report, time_left_is_of_the_recent_pace)
{
    static const struct {
        uint64_t seconds, mebibytes;
    } points[] = {{0, 1},    {1, 400},  {10, 400}, {40, 400}, {60, 420},
                  {70, 430}, {80, 100}, {90, 450}, {100, 460}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        made_checkpoint(made, points[i].seconds * 1000000000, points[i].mebibytes << 20, 0);
    made->trace.header.end_ns = 100 * (uint64_t)1000000000;
    struct memory memory = memory_of(made_done(made), (uint64_t)1 << 30, 100e6, 1000);
    cr_assert(memory.will_fill);
    cr_assert_eq(memory.pace, MEMORY_PACE_RECENT);
    cr_assert_float_eq(memory.bytes_per_second, 1 << 20, 1e-6);
    cr_assert_float_eq(memory.seconds_left, 1024 - 460, 1e-6);
    cr_assert_float_eq(memory.calls_left, (double)((1024 - 460) << 20) / 1e5, 1e-6);
}

/* Growth of less than an allocator's few steps says nothing of a pace: the leaks' own does. */
Test(report, time_left_without_growth_to_measure)
{
    for (uint64_t i = 0; i < 10; i++)
        made_checkpoint(made, i * 1000000000, (10 << 20) + i * 1000, i * 1000);
    made->trace.header.end_ns = 10 * (uint64_t)1000000000;
    struct memory memory = memory_of(made_done(made), (uint64_t)1 << 30, 10000, 1000);
    cr_assert_eq(memory.pace, MEMORY_PACE_LEAKS);
    cr_assert_float_eq(memory.bytes_per_second, 1000, 1e-9);
    cr_assert_float_eq(memory.seconds_left, ((1 << 30) - (10 << 20) - 9000) / 1000.0, 1e-6);
}
