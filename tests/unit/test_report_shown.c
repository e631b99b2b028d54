/* Which calls a report shows, and how: selection, terminals of any width, bars, stacks in full. */
#include "tests/unit/report_printed.h"

static void begin_shown(void)
{
    begin();
    shown = (struct report){0};
    selected = (struct report_selection){0};
}

TestSuite(report_shown, .init = begin_shown, .fini = end);

/* Three leaks: three quarters, a quarter less a little, and that little. */
static void three_leaks(void)
{
    static const struct {
        const char *name;
        uint32_t calls;
        uint64_t size;
    } leaks[] = {{"IMsgStore::OpenEntry", 2000, 297},
                 {"IMsgStore::Advise", 1000, 196},
                 {"MAPILogonEx", 1000, 10}};
    uint32_t module = made_module(made, "/opt/libprovider.so", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t path = made_path(made, 0, leaks[i].name, leaks[i].calls);
        made_survivors(made,
                       made_site(made, path, made_stack(made, module, 0x100 * (i + 1), 12), block),
                       1, leaks[i].calls, 1, leaks[i].size);
    }
    made_path(made, 0, "IMsgStore::Release", 4000);
    made_checkpoint(made, 0, 10 << 20, 1024);
    made_checkpoint(made, 2000000000, 48 << 20, 30 << 20);
}

static void print_text(void)
{
    print(false, false, false);
    check_lines(false);
}

static void is_not_there(const char *what)
{
    cr_assert_null(strstr(printed, what), "%s in:\n%s", what, printed);
}

/* 594,000, 196,000 and 10,000 of 800,000 bytes. */
Test(report_shown, bars_of_what_each_call_leaked)
{
    three_leaks();
    print_text();
    is_not_there("of leaked bytes");
    shown.bars = REPORT_BARS_ASCII;
    print_text();
    line_with("2,000 calls\n    #######... 74% of leaked bytes\n");
    line_with("##........ 25% of leaked bytes\n");
    line_with("#......... 1% of leaked bytes\n");
    shown.bars = REPORT_BARS_UNICODE;
    print_text();
    line_with("\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u258d   74% of leaked bytes\n");
    line_with("\u2588\u2588\u258c        25% of leaked bytes\n");
    line_with("\u258f          1% of leaked bytes\n");
}

Test(report_shown, bars_are_the_share_of_the_whole_run)
{
    const char *const glob[] = {"MAPI*"};
    three_leaks();
    shown.bars = REPORT_BARS_ASCII;
    selected = (struct report_selection){.glob = glob, .globs = 1};
    print_text();
    line_with("#......... 1% of leaked bytes\n");
}

Test(report_shown, only_the_calls_asked_for)
{
    const char *const glob[] = {"*Advise", "MAPI*"};
    three_leaks();
    selected = (struct report_selection){.glob = glob, .globs = 2};
    print_text();
    const char *first =
        "IMsgStore::Advise leaks 196.0 B per call (exact, 1,000 calls); 1 more call "
        "leaks.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    line_with("\nMAPILogonEx  10.0 B/call");
    is_not_there("OpenEntry");
    is_not_there("Private bytes");
    is_not_there("clean");
}

Test(report_shown, a_clean_call_asked_for)
{
    const char *const glob[] = {"IMsgStore::Rel?ase"};
    three_leaks();
    selected = (struct report_selection){.glob = glob, .globs = 1};
    print_text();
    const char *first = "Nothing leaks: 1 call watched, 4,000 executions.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    line_with("\nCalls: 1 clean.");
}

Test(report_shown, no_such_call)
{
    const char *const glob[] = {"nothing"};
    three_leaks();
    selected = (struct report_selection){.glob = glob, .globs = 1};
    print_text();
    const char *first = "No watched call has such a name: 4 were watched.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
}

/* What the memory is full by stays what it was. */
Test(report_shown, json_of_the_calls_asked_for)
{
    const char *const glob[] = {"IMsgStore::*"};
    three_leaks();
    selected = (struct report_selection){.glob = glob, .globs = 1, .top = 2};
    print(true, false, false);
    json_t *all = json_loads(printed, 0, NULL);
    cr_assert_eq(json_array_size(at(all, "calls")), 2);
    for (size_t i = 0; i < 2; i++)
        cr_assert_str_eq(json_string_value(at(json_array_get(at(all, "calls"), i), "name")),
                         i ? "IMsgStore::Advise" : "IMsgStore::OpenEntry");
    cr_assert_eq(json_integer_value(at(all, "calls_left_out")), 2);
    json_decref(all);
    selected.glob = (const char *const[]){"MAPI*"};
    print(true, false, false);
    all = json_loads(printed, 0, NULL);
    cr_assert_eq(json_array_size(at(all, "calls")), 1);
    cr_assert_str_eq(json_string_value(at(at(all, "memory"), "calls_left_of")),
                     "IMsgStore::OpenEntry");
    json_decref(all);
}

Test(report_shown, findings_of_the_calls_asked_for)
{
    const char *const glob[] = {"MAPI*"};
    with_findings();
    made_path(made, 0, "MAPILogonEx", 2000);
    selected = (struct report_selection){.glob = glob, .globs = 1};
    print(true, false, false);
    json_t *all = json_loads(printed, 0, NULL);
    cr_assert_eq(json_array_size(at(all, "findings")), 0);
    json_decref(all);
    selected.glob = (const char *const[]){"LoadLib*"};
    print(true, false, false);
    all = json_loads(printed, 0, NULL);
    cr_assert_eq(json_array_size(at(all, "findings")), 2);
    json_decref(all);
}

Test(report_shown, so_many_calls_at_most)
{
    three_leaks();
    shown.top = 1;
    print_text();
    const char *first = "IMsgStore::OpenEntry leaks 297.0 B per call (exact, 2,000 calls); 2 more "
                        "calls leak.\n";
    cr_assert_eq(strncmp(printed, first, strlen(first)), 0, "%s", printed);
    is_not_there("Advise");
    line_with("\n... 2 more leaking calls (--all)\n");
    line_with("1 clean");
}

Test(report_shown, stacks_in_full)
{
    three_leaks();
    print_text();
    line_with("libprovider.so+0x160\n      ... 5 more (--stacks)\n");
    shown.stacks = true;
    print_text();
    line_with("libprovider.so+0x1b0\n");
    is_not_there("--stacks");
    line_with("1 clean");
}

/* Lines end before the terminal does, down to 40 columns; a wide one is made use of. */
Test(report_shown, on_terminals_of_any_width)
{
    static const unsigned widths[] = {40, 60, 79, 80, 100, 131, 160};
    hostile();
    three_leaks();
    leaky();
    shown.bars = REPORT_BARS_UNICODE;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        shown.columns = widths[i];
        print_text();
        print(false, true, true);
        check_lines(true);
    }
    shown.columns = 160;
    print_text();
    line_with("95% CI [297.0, 297.0]  2,000 calls  \u258f"); /* next to petabytes */
}
