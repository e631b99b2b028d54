/* The report for people: what somebody at a terminal relies on. */
#include "analyzer/report_text_words.h"
#include "tests/unit/report_printed.h"

TestSuite(report_text, .init = begin, .fini = end);

Test(report_text, of_findings)
{
    with_findings();
    print(false, false, false);
    line_with(
        "\nLoadLibraryA  112.0 B/call  1 critical section/call  95% CI [112.0, 112.0]  1,000 "
        "calls\n  critical section still initialised inside a freed block  1/call  1,000 times\n"
        "    initialised at\n      client+0x200\n      client+0x210\n"
        "    block freed at\n      client+0x300\n      client+0x310\n"
        "    block allocated at\n      client+0x400\n      client+0x410\n"
        "  orphaned: allocated by mapi32, which was unloaded  1/call  112.0 B/call  1,000 "
        "times\n    1,000 loads, 1,000 unloads\n"
        "    allocated at\n      libmapi32.so+0x100\n      libmapi32.so+0x110\n\n");
    /* What findings have told is not told again. */
    cr_assert_null(strstr(printed, "heap block"));
    print(false, true, false);
    line_with("\n  heap block  112.0 B/call  1/call  1,000 live at the end, 109.4 KiB\n");
    check_lines(false);
}

Test(report_text, begins_with_the_worst_call)
{
    leaky();
    print(false, false, false);
    const char *first = "IMAPISession::OpenMsgStore leaks 48.0 B per call (exact, 2,000 calls).\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    line_with("\nIMAPISession::OpenMsgStore  48.0 B/call  1 critical section/call  1 SSL_new/call\n"
              "    95% CI [48.0, 48.0]  2,000 calls\n");
    line_with("At this rate 2.0 GiB (--limit) are full after 44 million more calls of "
              "IMAPISession::OpenMsgStore;\nas private bytes grew last, in 107 s.\n");
    line_with("\n/usr/bin/client  process 42  2.0 s  exit status 3\n");
    line_with("libprovider.so+0x100\n");
    line_with("Outside watched calls: 2 heap blocks live at the end, 1.0 KiB, from 1 place:\n");
    line_with("tracked 2.0 MiB -> 30.0 MiB, which explains 100% of the growth.");
    cr_assert_null(strstr(printed, "\nMAPILogonEx")); /* clean: only counted */
    line_with("1 clean");
}

Test(report_text, of_a_leak_without_bytes_names_the_thing)
{
    uint32_t path = made_path(made, 0, "MAPILogonEx", 1500);
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    made_survivors(made, made_site(made, path, 0, section), 1, 1500, 1, 0);
    print(false, false, false);
    const char *first = "MAPILogonEx leaks 1 critical section per call (exact, 1,500 calls).\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
}

Test(report_text, when_nothing_leaks)
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

Test(report_text, without_calls_does_not_say_that_nothing_leaks)
{
    print(false, false, false);
    line_with("No watched call was executed");
    cr_assert_null(strstr(printed, "Nothing leaks"));
}

Test(report_text, with_too_few_calls_does_not_say_that_nothing_leaks)
{
    uint32_t path = made_path(made, 0, "Rare", 20);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, 0, block), 1, 20, 1, 48);
    for (int i = 0; i < 2; i++) {
        print(false, i, false);
        const char *first =
            "No leak is certain, but Rare left 960 B behind in 20 calls, too few to "
            "tell a leak from a cache (300\nwould do).\n";
        cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
        line_with(
            "\nRare  too few calls  48.0 B/call observed  20 calls\n  heap block  48.0 B/call");
    }
}

/* A library loaded once leaves what its loader keeps of it: no cause for a warning. */
Test(report_text, is_quiet_about_what_happened_once)
{
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_path(made, 0, "Open", 2000);
    made_survivor(made, made_site(made, made_path(made, 0, "LoadLibraryA", 1), 0, block), 1, 2300);
    print(false, false, false);
    const char *first = "No leak found: 2 calls watched, 2,001 executions.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    line_with("\nCalls: 1 clean, 1 too few calls (LoadLibraryA: once, 2.2 KiB left). --all lists "
              "them.\n");
}

/* ... but when nothing ran often, nothing could be found. */
Test(report_text, says_when_no_call_ran_often_enough)
{
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_path(made, 0, "Open", 3);
    made_survivor(made, made_site(made, made_path(made, 0, "LoadLibraryA", 1), 0, block), 1, 2300);
    print(false, false, false);
    const char *first =
        "No leak found, but no call ran often enough to show one: 2 calls watched, 4 "
        "executions.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
}

/* The parts that stacks of one call share are shown once. */
Test(report_text, shows_what_stacks_share_once)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    uint32_t module = made_module(made, "/opt/client", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    for (int i = 0; i < 2; i++) {
        uint32_t stack = made_stack(made, module, 0x100, 6);
        made_frame(made, stack, 0)->offset = 0x900 + (uint64_t)i;
        made_survivors(made, made_site(made, path, stack, block), 1, 1000, 1, 64 - (uint64_t)i);
    }
    print(false, false, false);
    line_with("      client+0x900\n      client+0x110\n      client+0x120\n      client+0x130\n"
              "      client+0x140\n      client+0x150\n");
    line_with("      client+0x901\n      client+0x110\n      ... from there as above\n");
}

/* The loader's dozen frames between a constructor and who loaded its module are one line. */
Test(report_text, leaves_out_the_systems_own_frames)
{
    uint32_t path = made_path(made, 0, "dlopen", 1000);
    uint32_t module = made_module(made, "/opt/client", 1, 0);
    uint32_t loader = made_module(made, "/lib64/ld-linux-x86-64.so.2", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t stack = made_stack(made, module, 0x100, 8);
    for (uint32_t i = 2; i < 7; i++)
        made_frame(made, stack, i)->module = loader;
    made_survivors(made, made_site(made, path, stack, block), 1, 1000, 1, 64);
    print(false, false, false);
    line_with("      client+0x100\n      client+0x110\n      ... 5 of the system's own (--stacks)\n"
              "      client+0x170\n");
    print(false, true, false);
    line_with("      ld-linux-x86-64.so.2+0x120\n");
}

Test(report_text, says_what_makes_it_doubtful)
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

Test(report_text, of_hostile_names_fits_and_is_harmless)
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

Test(report_text, has_colours_only_when_asked)
{
    leaky();
    print(false, true, false);
    cr_assert_null(strchr(printed, '\x1b'));
    check_lines(false);
    print(false, true, true);
    cr_assert_not_null(strchr(printed, '\x1b'));
    check_lines(true);
}

Test(report_text, figures_for_people)
{
    cr_assert_str_eq(figure_count(0).text, "0");
    cr_assert_str_eq(figure_count(999).text, "999");
    cr_assert_str_eq(figure_count(43690666).text, "43,690,666");
    cr_assert_str_eq(figure_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    cr_assert_str_eq(figure_bytes(48).text, "48 B");
    cr_assert_str_eq(figure_bytes(1536).text, "1.5 KiB");
    cr_assert_str_eq(figure_bytes(2147483648.0).text, "2.0 GiB");
    cr_assert_str_eq(figure_bytes(999).text, "999 B");
    cr_assert_str_eq(figure_bytes(1000 * 1024).text, "1.0 MiB");
    cr_assert_str_eq(figure_about(9999999).text, "9,999,999");
    cr_assert_str_eq(figure_about(43690666).text, "44 million");
    cr_assert_str_eq(figure_about(2e17).text, "200,000 trillion");
    cr_assert_str_eq(figure_rate_bytes(4096).text, "4,096.0 B");
    cr_assert_str_eq(figure_rate_bytes(1048576).text, "1,024.0 KiB");
    cr_assert_str_eq(figure_interval(10, 20, 15).text, "[10.0, 20.0]");
    cr_assert_str_eq(figure_rate_bytes(0.0024).text, "0.0024 B");
    cr_assert_str_eq(figure_rate_bytes(0.1).text, "0.1 B");
    cr_assert_str_eq(figure_rate_bytes(0).text, "0.0 B");
    cr_assert_str_eq(figure_interval(0.001, 0.2, 0.02).text, "[0.0010, 0.2000]");
    cr_assert_str_eq(figure_rate(1).text, "1");
    cr_assert_str_eq(figure_rate(0.1).text, "0.10");
    cr_assert_str_eq(figure_rate(0.0123).text, "0.0123");
    cr_assert_str_eq(figure_seconds(0.0004).text, "0.4 ms");
    cr_assert_str_eq(figure_seconds(0.024).text, "24 ms");
    cr_assert_str_eq(figure_seconds(0.4).text, "400 ms");
    cr_assert_str_eq(figure_seconds(0.97).text, "1.0 s");
    cr_assert_str_eq(figure_seconds(119).text, "119 s");
    cr_assert_str_eq(figure_seconds(5).text, "5.0 s");
    cr_assert_str_eq(figure_seconds(3600).text, "60.0 minutes");
    cr_assert_str_eq(figure_seconds(864000).text, "10.0 days");
}

Test(report_text, names_lose_their_middle)
{
    cr_assert_str_eq(text_safe("abcdefghij", 10).text, "abcdefghij");
    cr_assert_str_eq(text_safe("abcdefghijk", 10).text, "abc...hijk");
    cr_assert_str_eq(text_safe("a\x1b[0m", 20).text, "a\\x1b[0m");
    cr_assert_str_eq(text_safe("J\xc3\xbcrgen", 20).text, "J\xc3\xbcrgen");
    cr_assert_str_eq(text_safe("\xe2\x80\xae", 20).text, "\\xe2\\x80\\xae");
    cr_assert_str_eq(text_safe(NULL, 20).text, "?");
}

Test(report_text, functions_lose_what_says_least)
{
    static const char *const names[][2] = {
        {"short(int)", "short(int)"},
        {"a::Cache<std::string, std::vector<int>>::put(int)", "a::Cache<...>::put(int)"},
        {"a::Cache<int>::put(std::string const&, unsigned long, int)", "a::Cache<...>::put(...)"},
        {"bool operator< <int>(Long<int> const&, Long<int> const&)", "bool operator< <...>(...)"},
        {"(anonymous namespace)::f(char const*, unsigned long, int)",
         "(anonymous namespace)::f(...)"},
        {"a::operator()(std::map<int, int>, std::map<int, int>) const", "a::operator()(...) const"},
        {"plain_name_that_is_far_too_long_to_be_shown", "plain_name_..._to_be_shown"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_str_eq(words_function(names[i][0], i == 4 ? 30 : 26).text, names[i][1]);
}

/* A program that watches its own innards has paths of dozens of calls. */
Test(report_text, long_paths_lose_their_middle)
{
    uint32_t path = 0;
    static char names[20][16];
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "call%d", i);
        path = made_path(made, path, names[i], 1000);
    }
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, 0, block), 1, 1000, 1, 48);
    print(false, false, false);
    line_with(
        "\n  inside  call0 >  call1 >  ... 13 more >  call15 >  call16 >  call17 >  call18\n");
    print(false, true, false);
    line_with("  call9 >");
}

Test(report_text, calls_on_several_paths_are_counted_once)
{
    uint32_t outer = made_path(made, 0, "Outer", 1000);
    made_path(made, outer, "Open", 1000);
    uint32_t other = made_path(made, 0, "Open", 500);
    made->paths[other].name = made->paths[other - 1].name;
    print(false, false, false);
    const char *first = "Nothing leaks: 2 calls on 3 paths watched, 2,500 executions.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
}
