/* The report's page, and the figures that its plots are drawn from. */
#include "analyzer/report_sources.h"
#include "analyzer/trace_summary.h"
#include "tests/unit/report_printed.h"
#include <unistd.h>

TestSuite(report_html, .init = begin, .fini = end);

static json_t *printed_json(void)
{
    print(true, false, false);
    json_t *root = json_loads(printed, 0, NULL);
    cr_assert_not_null(root, "no JSON: %s", printed);
    return root;
}

static json_t *call_named(json_t *root, const char *name)
{
    size_t i;
    json_t *call, *found = NULL;
    json_array_foreach(at(root, "calls"), i, call)
    {
        if (!strcmp(json_string_value(at(call, "name")), name))
            found = call;
    }
    cr_assert_not_null(found, "no call %s", name);
    return found;
}

static void check_numbers(json_t *array, const json_int_t *expected, size_t count)
{
    cr_assert_eq(json_array_size(array), count, "%zu numbers", json_array_size(array));
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(json_integer_value(json_array_get(array, i)), expected[i],
                     "number %zu is %lld", i, json_integer_value(json_array_get(array, i)));
}

/* A summary of `site` at a checkpoint, with `survivors` of `size` bytes each in the first bucket.
 */
static struct trace_summary *summary_of(uint32_t site, uint32_t calls, uint32_t width,
                                        uint32_t survivors, uint64_t size)
{
    struct residue_summary summary = {.checkpoint = 1,
                                      .site = site,
                                      .calls = calls,
                                      .bucket_width = width,
                                      .survivors = survivors,
                                      .bytes = survivors * size,
                                      .first_ordinal = 1,
                                      .last_ordinal = calls,
                                      .bucket_survivors = {survivors},
                                      .bucket_bytes = {survivors * size}};
    struct trace_summary *packed = calloc(1, trace_summary_size(&summary));
    trace_summary_pack(&summary, packed);
    return packed;
}

Test(report_html, survivors_are_counted_by_ordinal)
{
    uint32_t path = made_path(made, 0, "Open", 1000);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, 0, block), 1, 1000, 1, 48);
    made_survivors(made, made_site(made, path, 0, block), 17, 18, 1, 7);
    json_t *root = printed_json();
    json_t *sites = at(call_named(root, "Open"), "sites");
    json_int_t alike[63];
    for (int i = 0; i < 63; i++)
        alike[i] = i < 62 ? 16 : 8; /* 62 * 16 + 8 = 1,000 */
    json_t *all = at(json_array_get(sites, 0), "by_ordinal");
    cr_assert_eq(json_integer_value(at(all, "width")), 16);
    cr_assert_str_eq(json_string_value(at(all, "at")), "end");
    check_numbers(at(all, "survivors"), alike, 63);
    json_int_t once[63] = {[1] = 2};
    check_numbers(at(at(json_array_get(sites, 1), "by_ordinal"), "survivors"), once, 63);
    json_decref(root);
}

Test(report_html, few_calls_have_a_bucket_each)
{
    uint32_t path = made_path(made, 0, "Open", 5);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    made_survivors(made, made_site(made, path, 0, block), 2, 5, 3, 48);
    json_t *root = printed_json();
    json_t *site = json_array_get(at(call_named(root, "Open"), "sites"), 0);
    check_numbers(at(at(site, "by_ordinal"), "survivors"), (json_int_t[]){0, 1, 0, 0, 1}, 5);
    json_decref(root);
}

Test(report_html, what_is_retained_is_summed_over_the_calls_sites)
{
    uint32_t path = made_path(made, 0, "Open", 1000), other = made_path(made, 0, "Close", 1000);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t leak = made_site(made, path, 0, block), cache = made_site(made, path, 0, block);
    uint32_t elsewhere = made_site(made, other, 0, block), gone = made_site(made, path, 0, block);
    made_survivors(made, leak, 1, 1000, 1, 48);
    made_survivors(made, cache, 1, 3, 1, 1000);
    made_survivors(made, elsewhere, 1, 1000, 1, 1);
    const struct trace_summary *first[] = {summary_of(leak, 10, 1, 10, 48),
                                           summary_of(elsewhere, 7, 1, 7, 1)};
    const struct trace_summary *second[] = {summary_of(leak, 500, 16, 500, 48),
                                            summary_of(cache, 500, 16, 3, 1000),
                                            summary_of(gone, 500, 16, 9, 9)};
    made_checkpoint(made, 1, 1 << 20, 1 << 10);
    made_checkpoint(made, 2, 2 << 20, 2 << 10);
    made->checkpoints[0].summaries = first;
    made->checkpoints[0].summary_count = 2;
    made->checkpoints[1].summaries = second;
    made->checkpoints[1].summary_count = 3;
    json_t *root = printed_json();
    json_t *retained = at(call_named(root, "Open"), "retained");
    check_numbers(at(retained, "calls"), (json_int_t[]){10, 500, 1000}, 3);
    check_numbers(at(retained, "leaking_bytes"), (json_int_t[]){480, 24000, 48000}, 3);
    check_numbers(at(retained, "leaking_things"), (json_int_t[]){10, 500, 1000}, 3);
    /* Of `gone` nothing is listed: it was on its way through. */
    check_numbers(at(retained, "bytes"), (json_int_t[]){480, 27000, 51000}, 3);
    check_numbers(at(retained, "things"), (json_int_t[]){10, 503, 1003}, 3);
    check_numbers(at(at(call_named(root, "Close"), "retained"), "bytes"), (json_int_t[]){7, 1000},
                  2);
    json_decref(root);
    for (int i = 0; i < 2; i++)
        free((void *)(uintptr_t)first[i]);
    for (int i = 0; i < 3; i++)
        free((void *)(uintptr_t)second[i]);
}

/* What a script element of the page has in it, up to its end: NULL when this build has no page. */
static char *report_in_page(void)
{
    struct report report = {.trace = made_done(made)};
    char *page = NULL;
    size_t size;
    if (!report_html_available())
        return NULL;
    report.analysis = analysis_of(report.trace);
    report.findings = findings_of(report.analysis);
    FILE *out = open_memstream(&page, &size);
    report_html(&report, out);
    fclose(out);
    findings_free(&report.findings);
    analysis_free(report.analysis);
    const char *from = strstr(page, "id=\"report\">");
    cr_assert_not_null(from);
    from += strlen("id=\"report\">");
    const char *to = strstr(from, "</script>");
    cr_assert_not_null(to);
    char *json = strndup(from, (size_t)(to - from));
    free(page);
    return json;
}

Test(report_html, no_name_is_markup)
{
    const char name[] = "</script><!--<script>\xe2\x80\xa8&amp;\xff";
    made_survivors(made,
                   made_site(made, made_path(made, 0, name, 1000),
                             made_stack(made, made_module(made, name, 1, 0), 0x100, 2),
                             made_kind(made, RESIDUE_CLASS_BLOCK, name)),
                   1, 1000, 1, 48);
    made->arguments[0] = (char *)(uintptr_t)name;
    made->trace.argument_count = 1;
    snprintf(made->trace.header.program, sizeof made->trace.header.program, "%s", name);
    char *json = report_in_page();
    if (!json)
        cr_skip_test("this build has no page");
    for (const char *byte = json; *byte; byte++)
        cr_assert(!strchr("<>&", *byte) && (unsigned char)*byte < 0x80, "a '%c' in %s", *byte,
                  json);
    json_t *root = json_loads(json, 0, NULL);
    cr_assert_not_null(root);
    cr_assert_str_eq(json_string_value(at(json_array_get(at(root, "calls"), 0), "name")),
                     "</script><!--<script>\xe2\x80\xa8&amp;\xef\xbf\xbd");
    json_decref(root);
    free(json);
}

Test(report_html, of_hostile_names_is_json)
{
    hostile();
    char *json = report_in_page();
    if (!json)
        cr_skip_test("this build has no page");
    json_t *root = json_loads(json, 0, NULL);
    cr_assert_not_null(root);
    json_decref(root);
    free(json);
}

/* Writes twenty lines and gives what report_sources has around lines 5 and 20 of it. */
static json_t *lines_of(const char *path, const char *content)
{
    char *text = NULL;
    size_t size;
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(content, file);
    fclose(file);
    FILE *out = open_memstream(&text, &size);
    struct json_out json = {.out = out};
    struct report_sources *sources = report_sources_open();
    report_sources_want(sources, path, 5);
    report_sources_want(sources, path, 20);
    report_sources_want(sources, path, 5);
    report_sources_want(sources, "/none/there.c", 1);
    put_open(&json, NULL, '{', false);
    report_sources_write(sources, &json, "sources");
    put_close(&json, '}');
    report_sources_close(sources);
    fclose(out);
    unlink(path);
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_not_null(root, "no JSON: %s", text);
    free(text);
    return root;
}

Test(report_html, lines_of_source_are_those_around_the_places)
{
    char path[64], content[1024];
    size_t used = 0;
    snprintf(path, sizeof path, "/tmp/residue-source-%d.c", (int)getpid());
    for (int i = 1; i <= 20; i++)
        used += (size_t)snprintf(content + used, sizeof content - used, "line %d \r\n", i);
    json_t *root = lines_of(path, content), *lines = at(at(root, "sources"), path);
    cr_assert_eq(json_object_size(at(root, "sources")), 1);
    cr_assert_eq(json_object_size(lines), 7 + 4);
    cr_assert_str_eq(json_string_value(at(lines, "2")), "line 2");
    cr_assert_str_eq(json_string_value(at(lines, "8")), "line 8");
    cr_assert_str_eq(json_string_value(at(lines, "17")), "line 17");
    cr_assert_str_eq(json_string_value(at(lines, "20")), "line 20");
    cr_assert_null(json_object_get(lines, "9"));
    json_decref(root);
}

/* Debug information may name any file: only what is called as source text is, is read. */
Test(report_html, no_other_files_are_shown)
{
    char path[64];
    const char *const ends[] = {"", ".key", ".c.pem", ".cc~"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "/tmp/residue-secret-%d%s", (int)getpid(), ends[i]);
        json_t *root = lines_of(path, "1\n2\n3\n4\nsecret\n");
        cr_assert_eq(json_object_size(at(root, "sources")), 0, "%s is shown", path);
        json_decref(root);
    }
}
