/* Names, paths, stacks, kinds, sites and modules: each written once, known by its identity. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "shim/core/arena.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "tests/unit/core_os.h"

static void begin(void)
{
    core_begin(CORE_LIMIT, "kind ticket class=other\nkind gate class=critical-section\n");
}

TestSuite(intern, .init = begin);

Test(intern, the_same_text_is_the_same_name)
{
    char text[] = "Open";
    uint32_t open = rs_intern_name(text, RESIDUE_ROLE_OPEN);
    text[0] = 'o';
    cr_assert_eq(open, 1u);
    cr_assert_eq(rs_intern_name("open", 0), 2u);
    cr_assert_eq(rs_intern_name("Open", RESIDUE_ROLE_OPEN), open);
    cr_assert_eq(rs_intern_name("", 0), 3u);
    cr_assert_eq(rs_intern_name("Ope", 0), 4u);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_NAME), 4u);
    struct trace *trace = core_read();
    cr_assert_str_eq(trace->names[1].text, "Open");
    cr_assert_eq(trace->names[1].role, RESIDUE_ROLE_OPEN);
    cr_assert_str_eq(trace->names[3].text, "");
    trace_close(trace);
}

/* Demangled names of templates are longer than any buffer: the beginning is kept. */
Test(intern, names_of_any_length)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    uint32_t id = rs_intern_name(text, 0);
    cr_assert_eq(rs_intern_name(text, 0), id);
    struct trace *trace = core_read();
    size_t length = strlen(trace->names[id].text);
    cr_assert(length >= 500 && !strncmp(trace->names[id].text, text, length));
    trace_close(trace);
}

Test(intern, paths_know_their_depth)
{
    uint32_t a = rs_intern_name("a", 0), b = rs_intern_name("b", 0);
    uint32_t outer = rs_intern_path(0, a), inner = rs_intern_path(outer, b);
    cr_assert_neq(inner, rs_intern_path(0, b));
    cr_assert_eq(rs_intern_path(outer, b), inner);
    cr_assert_eq(rs_path_count(), 3u);
    cr_assert_eq(rs_path(outer)->depth, 1u);
    cr_assert_eq(rs_path(inner)->depth, 2u);
    cr_assert_eq(rs_path(inner)->parent, outer);
    rs_path(inner)->started = 7; /* the record itself, in the trace */
    struct trace *trace = core_read();
    cr_assert_eq(trace->paths[inner].started, 7u);
    trace_close(trace);
}

Test(intern, stacks_differ_in_frames_and_flags)
{
    struct residue_frame frames[RS_STACK_MAX + 1];
    memset(frames, 0, sizeof frames);
    for (uint32_t i = 0; i <= RS_STACK_MAX; i++)
        frames[i].offset = i;
    uint32_t two = rs_intern_stack(frames, 2, 0);
    cr_assert_eq(rs_intern_stack(frames, 2, 0), two);
    cr_assert_neq(rs_intern_stack(frames, 2, RESIDUE_STACK_TRUNCATED), two);
    cr_assert_neq(rs_intern_stack(frames, 3, 0), two);
    frames[1].offset = 99;
    cr_assert_neq(rs_intern_stack(frames, 2, 0), two);
    cr_assert_neq(rs_intern_stack(frames, 0, 0), 0u, "an empty one is a stack too");
    uint32_t longest = rs_intern_stack(frames, RS_STACK_MAX, 0);
    cr_assert_eq(rs_intern_stack(frames, RS_STACK_MAX + 1, 0), longest, "what is beyond is cut");
    struct trace *trace = core_read();
    cr_assert_eq(trace->stacks[longest].depth, (uint32_t)RS_STACK_MAX);
    cr_assert_eq(trace->frames[trace->stacks[two].frame[1]].offset, 1u);
    trace_close(trace);
}

Test(intern, kinds_of_the_plan_and_of_the_system)
{
    uint32_t block = rs_intern_kind(RS_KIND_BLOCK), mapping = rs_intern_kind(RS_KIND_MAPPING),
             module = rs_intern_kind(RS_KIND_MODULE_REFERENCE), ticket = rs_intern_kind(0),
             gate = rs_intern_kind(1);
    cr_assert_eq(rs_intern_kind(1), gate);
    struct trace *trace = core_read();
    cr_assert_eq(trace->kind_count, 5u);
    cr_assert_str_eq(trace->kinds[block].name, "heap block");
    cr_assert_eq(trace->kinds[block].class, RESIDUE_CLASS_BLOCK);
    cr_assert_eq(trace->kinds[mapping].class, RESIDUE_CLASS_MAPPING);
    cr_assert_eq(trace->kinds[module].class, RESIDUE_CLASS_MODULE_REFERENCE);
    cr_assert_str_eq(trace->kinds[ticket].name, "ticket");
    cr_assert_eq(trace->kinds[ticket].class, RESIDUE_CLASS_OTHER);
    cr_assert_str_eq(trace->kinds[gate].name, "gate");
    cr_assert_eq(trace->kinds[gate].class, RESIDUE_CLASS_CRITICAL_SECTION);
    trace_close(trace);
}

/* More of them than one piece of the index holds, each found again. */
Test(intern, ten_thousand_sites)
{
    for (uint32_t i = 0; i < 10000; i++)
        cr_assert_eq(rs_intern_site(i % 100, i / 100, 1), i + 1);
    for (uint32_t i = 0; i < 10000; i += 37) {
        cr_assert_eq(rs_intern_site(i % 100, i / 100, 1), i + 1);
        const struct residue_site *site = rs_site(i + 1);
        cr_assert(site->path == i % 100 && site->stack == i / 100 && site->kind == 1);
    }
    cr_assert_eq(rs_site_count(), 10000u);
}

Test(intern, a_module_is_its_path_and_build_id)
{
    struct residue_module *one = rs_intern_module("/lib/a.so", "1234", 4);
    cr_assert_eq(rs_intern_module("/lib/a.so", "1234", 4), one);
    cr_assert_neq(rs_intern_module("/lib/a.so", "1235", 4), one);
    cr_assert_neq(rs_intern_module("/lib/a.so", "", 0), one);
    cr_assert_neq(rs_intern_module("/lib/a.so1", "234", 3), one,
                  "the path's end is no part of the build-id");
    one->loads = 3;
    struct trace *trace = core_read();
    cr_assert_eq(trace->module_count, 4u);
    cr_assert_str_eq(trace->modules[one->id].path, "/lib/a.so");
    cr_assert_eq(trace->modules[one->id].build_id_length, 4u);
    cr_assert_eq(trace->modules[one->id].loads, 3u);
    trace_close(trace);
}

static void *intern_all(void *ids)
{
    for (uint32_t i = 0; i < 2000; i++) {
        char text[16];
        snprintf(text, sizeof text, "call %u", i);
        ((uint32_t *)ids)[i] = rs_intern_path(0, rs_intern_name(text, 0));
    }
    return NULL;
}

Test(intern, threads_agree)
{
    static uint32_t ids[4][2000];
    pthread_t thread[4];
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, intern_all, ids[i]), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    for (unsigned i = 1; i < 4; i++)
        cr_assert_eq(memcmp(ids[0], ids[i], sizeof *ids), 0);
    cr_assert_eq(rs_path_count(), 2000u);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_PATH), 2000u);
}

Test(intern, a_child_counts_anew)
{
    rs_intern_name("parent", 0);
    rs_intern_site(0, 0, 0);
    begin();
    rs_intern_reset();
    cr_assert_eq(rs_site_count(), 0u);
    cr_assert_eq(rs_intern_name("child", 0), 1u);
    cr_assert_eq(core_record_count(RESIDUE_RECORD_NAME), 1u);
}

Test(intern, stops_recording_without_memory)
{
    cr_assert_eq(rs_intern_name("one", 0), 1u);
    core_os.maps_left = 0;
    uint32_t sites = 0;
    while (rs_intern_site(0, sites + 1, 0))
        sites++;
    cr_assert_gt(sites, 1000u);
    cr_assert_not(rs_recording());
    cr_assert_eq(core_os.said, 1u);
    cr_assert_neq(core_os.trouble[0], 0);
    cr_assert_eq(rs_intern_site(0, 1, 0), 1u, "what is known stays known");
    struct trace *trace = core_read();
    cr_assert_eq(trace->site_count, sites);
    trace_close(trace);
}
