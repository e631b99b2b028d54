/* Exports of made traces: names that formats can't bear, series that must be told apart. */
#include "analyzer/export.h"
#include "tests/unit/report_printed.h"
#include <unistd.h>

static size_t printed_size;

TestSuite(export, .init = begin, .fini = end);

static void with_export(void (*use)(struct export *, FILE *), struct export *export, FILE *out)
{
    struct report report = {.trace = made_done(made)};
    report.analysis = analysis_of(report.trace);
    report.findings = findings_of(report.analysis);
    export->report = &report;
    use(export, out);
    export_done(export);
    findings_free(&report.findings);
    analysis_free(report.analysis);
}

/* Into `printed`. */
static void print_export(void (*write)(struct export *, FILE *), struct export export)
{
    free(printed);
    FILE *out = open_memstream(&printed, &printed_size);
    with_export(write, &export, out);
    fclose(out);
}

static unsigned lines(void)
{
    unsigned count = 0;
    for (const char *byte = printed; *byte; byte++)
        count += *byte == '\n';
    return count;
}

/* 1,000 calls, each of which leaves `size`. */
static void leak(const char *name, uint64_t size)
{
    uint32_t path = made_path(made, 0, name, 1000);
    uint32_t module = made->trace.module_count ? 1 : made_module(made, "C:\\dir\\a;b.dll", 1, 0);
    uint32_t kind = made->trace.kind_count ? 1 : made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, made_stack(made, module, 0x100, 2), kind), 1, 1000,
                   1, size);
}

Test(export, csv_quotes_what_needs_it)
{
    leak("a \"b\", c\r\nd", 48);
    print_export(export_csv, (struct export){.rows = EXPORT_CALLS});
    cr_assert_eq(strncmp(printed, "call,path,count,", 16), 0);
    line_with("\r\n\"a \"\"b\"\", c\r\nd\",,1000,1000,leak,48,48,48,true,48,0,1,0,0,0,0,0,1000,"
              "48000\r\n");
    print_export(export_csv, (struct export){.rows = EXPORT_SITES});
    line_with(",heap block,leak,48,48,48,1,1,1,true,unknown,1000,48000,,,,C:\\dir\\a;b.dll,"
              "a;b.dll+0x100 < a;b.dll+0x110\r\n");
    print_export(export_csv, (struct export){.rows = EXPORT_FINDINGS});
    cr_assert_eq(lines(), 1);
}

Test(export, csv_of_findings)
{
    with_findings();
    print_export(export_csv, (struct export){.rows = EXPORT_FINDINGS});
    cr_assert_eq(lines(), 3);
    line_with("\r\norphaned-by-unload,LoadLibraryA,,1000,call,1,112,error,\"orphaned: allocated "
              "by mapi32, which was unloaded\",,/opt/libmapi32.so\r\n");
}

Test(export, folded_frames_end_where_they_should)
{
    leak("one;two\n", 48);
    leak("", 1);
    print_export(export_folded, (struct export){.weight = EXPORT_RATE});
    cr_assert_str_eq(printed, "one:two ;a:b.dll+0x110;a:b.dll+0x100 48000\n"
                              "?;a:b.dll+0x110;a:b.dll+0x100 1000\n");
    print_export(export_folded, (struct export){.weight = EXPORT_BYTES});
    line_with("a:b.dll+0x100 48000\n");
    print_export(export_folded, (struct export){.weight = EXPORT_OBJECTS});
    line_with("a:b.dll+0x100 1000\n");
    print_export(export_folded, (struct export){.weight = EXPORT_THINGS});
    line_with("a:b.dll+0x100 1000\n");
}

Test(export, a_path_and_what_is_outside_are_roots)
{
    leaky();
    print_export(export_folded, (struct export){.weight = EXPORT_BYTES});
    line_with("MAPILogonEx > IMAPISession::OpenMsgStore;libprovider.so+0x110;libprovider.so+0x100 "
              "96000\n");
    line_with("(outside);libprovider.so+0x410;libprovider.so+0x400 1024\n");
    cr_assert_eq(lines(), 2);
}

/* Two names become the same text: a series must not be there twice. */
Test(export, openmetrics_tells_calls_of_one_text_apart)
{
    leak("bad\xff", 48);
    leak("bad\xfe", 16);
    print_export(export_openmetrics, (struct export){.build = "1\n\"2\"\\"});
    line_with("\nresidue_leak_per_call_bytes{call=\"bad\xef\xbf\xbd\",verdict=\"leak\","
              "program=\"client\",build=\"1\\n\\\"2\\\"\\\\\"} 48\n");
    line_with(
        "\nresidue_leak_per_call_bytes{call=\"bad\xef\xbf\xbd\",path=\" #2\",verdict=\"leak\","
        "program=\"client\",build=\"1\\n\\\"2\\\"\\\\\"} 16\n");
    cr_assert_str_eq(printed + printed_size - 6, "# EOF\n");
}

Test(export, openmetrics_names_the_commit_where_no_build_is_given)
{
    leaky();
    print_export(export_openmetrics, (struct export){.commit = "c0ffee"});
    line_with("\nresidue_run_info{file=\"/usr/bin/client\",commit=\"c0ffee\",program=\"client\","
              "build=\"c0ffee\"} 1\n");
    line_with("\nresidue_outside_bytes{program=\"client\",build=\"c0ffee\"} 1024\n");
    line_with("\nresidue_private_bytes{program=\"client\",build=\"c0ffee\"} 50331648\n");
    line_with(",path=\"MAPILogonEx\",verdict=\"leak\",program=\"client\",build=\"c0ffee\",kind="
              "\"critical section\"} 1\n");
}

Test(export, speedscope_has_a_profile_for_each_weight)
{
    leaky();
    print_export(export_speedscope, (struct export){0});
    json_t *root = json_loads(printed, 0, NULL), *profiles = at(root, "profiles");
    cr_assert_eq(json_array_size(profiles), 4);
    json_t *rate = json_array_get(profiles, 0), *bytes = json_array_get(profiles, 2);
    cr_assert_str_eq(json_string_value(at(rate, "unit")), "bytes");
    cr_assert_eq(json_number_value(at(rate, "endValue")), 48);
    cr_assert_eq(json_array_size(at(rate, "samples")), 1);
    cr_assert_eq(json_number_value(at(bytes, "endValue")), 97024);
    cr_assert_eq(json_array_size(at(bytes, "samples")), 2);
    json_decref(root);
}

/* Nothing to look at is looked at all the same. */
Test(export, speedscope_of_nothing_has_a_profile)
{
    print_export(export_speedscope, (struct export){0});
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_eq(json_array_size(at(root, "profiles")), 1);
    json_decref(root);
}

Test(export, every_format_takes_any_bytes)
{
    void (*const writers[])(struct export *, FILE *) = {
        export_csv, export_folded, export_openmetrics, export_pprof, export_speedscope};
    hostile();
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        for (enum export_rows rows = EXPORT_CALLS; rows <= EXPORT_FINDINGS; rows++) {
            print_export(writers[i], (struct export){.rows = rows,
                                                     .weight = EXPORT_BYTES,
                                                     .build = "\xff\n",
                                                     .label = "\x1b"});
            cr_assert_gt(printed_size, 40);
        }
}

static char database[64];

static void append(struct export *export, FILE *out)
{
    char problem[256] = "";
    (void)out;
    cr_assert(export_sqlite(export, database, problem, sizeof problem), "%s", problem);
}

Test(export, a_database_takes_any_bytes)
{
    strcpy(database, "/tmp/residue-runs-XXXXXX");
    int fd = mkstemp(database);
    cr_assert_geq(fd, 0);
    close(fd);
    hostile();
    struct export export = {.build = "\xff\n", .label = "\x1b"};
    with_export(append, &export, NULL);
    with_export(append, &export, NULL);
    unlink(database);
}
