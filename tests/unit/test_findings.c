/* Findings: one for each kind that is systematic, none for a clean twin or a one-off. */
#include "analyzer/findings.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>

static struct made *made;
static struct analysis *analysis;
static struct findings findings;

static void find(void)
{
    analysis = analysis_of(made_done(made));
    findings = findings_of(analysis);
}

static void begin(void)
{
    made = made_new();
}

static void end(void)
{
    findings_free(&findings);
    analysis_free(analysis);
    free(made);
}

TestSuite(findings, .init = begin, .fini = end);

static const struct finding *only(enum finding_kind kind)
{
    cr_assert_eq(findings.count, 1, "%u findings", findings.count);
    cr_assert_eq(findings.finding[0].kind, kind);
    return &findings.finding[0];
}

/* A path of 1,000 calls whose section is left in `freed` of them, every `step`th. */
static void sections(uint32_t path, uint32_t last, uint32_t step)
{
    uint32_t module = made_module(made, "/lib/libprovider.so", 1, 0);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t section = made_kind(made, RESIDUE_CLASS_CRITICAL_SECTION, "critical section");
    uint32_t allocated = made_site(made, path, made_stack(made, module, 0x100, 2), block);
    uint32_t initialised = made_site(made, path, made_stack(made, module, 0x200, 2), section);
    uint32_t freed = made_site(made, path, made_stack(made, module, 0x300, 2), 0);
    for (uint32_t ordinal = 1; ordinal <= last; ordinal += step) {
        struct trace_resource *lost = made_resource(made, initialised, ordinal);
        lost->freed_site = freed;
        lost->freed_block_site = allocated;
        lost->freed_ordinal = ordinal;
    }
}

Test(findings, section_in_freed_memory_names_its_three_stacks)
{
    sections(made_path(made, 0, "Open", 1000), 1000, 1);
    find();
    const struct finding *finding = only(FINDING_SECTION_IN_FREED_MEMORY);
    cr_assert_str_eq(finding->message, "critical section still initialised inside a freed block");
    cr_assert_eq(finding->count, 1000);
    cr_assert_eq(finding->per, FINDING_PER_CALL);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
    cr_assert_eq(finding->stack_count, 3);
    cr_assert_str_eq(finding->stacks[0].role, "initialised");
    cr_assert_eq(finding->stacks[0].site, 2);
    cr_assert_str_eq(finding->stacks[1].role, "block freed");
    cr_assert_eq(finding->stacks[1].site, 3);
    cr_assert_str_eq(finding->stacks[2].role, "block allocated");
    cr_assert_eq(finding->stacks[2].site, 1);
}

Test(findings, one_section_in_freed_memory_is_no_finding)
{
    sections(made_path(made, 0, "Open", 1000), 1, 1);
    find();
    cr_assert_eq(findings.count, 0);
}

Test(findings, sections_outside_are_found_by_number)
{
    sections(0, 0, 1);
    for (int i = 0; i < 20; i++)
        made_resource(made, 2, 0)->freed_site = 3;
    find();
    const struct finding *finding = only(FINDING_SECTION_IN_FREED_MEMORY);
    cr_assert_eq(finding->path, 0);
    cr_assert_eq(finding->count, 20);
    cr_assert_eq(finding->per, FINDING_PER_NOTHING);
}

Test(findings, section_in_living_memory_is_no_finding)
{
    sections(made_path(made, 0, "Open", 1000), 1000, 1);
    for (size_t i = 0; i < made->trace.resource_count; i++)
        made->resources[i].freed_site = 0;
    find();
    cr_assert_eq(findings.count, 0);
}

/* Blocks of a module with those loads and unloads, survivors in each of `calls` calls. `between`
 * frames of libc stand between the module and the allocation. */
static void orphans(uint32_t loads, uint32_t unloads, uint32_t calls, bool in_call)
{
    uint32_t path = in_call ? made_path(made, 0, "LoadLibraryA", calls) : 0;
    uint32_t libc = made_module(made, "/lib/x86_64-linux-gnu/libc.so.6", 1, 0);
    uint32_t gone = made_module(made, "/opt/mapi/libmapi32.so.1", loads, unloads);
    uint32_t block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
    uint32_t stack = made_stack(made, gone, 0x100, 3);
    made_frame(made, stack, 0)->module = libc; /* as strdup does */
    uint32_t site = made_site(made, path, stack, block);
    for (uint32_t ordinal = 1; ordinal <= calls; ordinal++)
        made_survivor(made, site, in_call ? ordinal : 0, 112);
}

Test(findings, orphans_are_named_after_their_module)
{
    orphans(1000, 1000, 1000, true);
    find();
    const struct finding *finding = only(FINDING_ORPHANED_BY_UNLOAD);
    cr_assert_str_eq(finding->message, "orphaned: allocated by mapi32, which was unloaded");
    cr_assert_eq(finding->count, 1000);
    cr_assert_eq(finding->module, 2);
    cr_assert_eq(finding->per, FINDING_PER_CALL);
    cr_assert_float_eq(finding->bytes_per_call, 112.0, 1e-9);
}

Test(findings, orphans_outside_are_counted_per_load)
{
    orphans(100, 100, 100, false);
    find();
    const struct finding *finding = only(FINDING_ORPHANED_BY_UNLOAD);
    cr_assert_eq(finding->per, FINDING_PER_LOAD);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
    cr_assert_float_eq(finding->bytes_per_call, 112.0, 1e-9);
}

Test(findings, a_module_loaded_once_and_gone_is_a_one_off)
{
    orphans(1, 1, 100, false);
    find();
    cr_assert_eq(findings.count, 0);
}

Test(findings, a_module_still_there_orphans_nothing)
{
    orphans(1000, 999, 1000, true);
    find();
    cr_assert_eq(findings.count, 0);
}

/* Loaded once more at the end: what the loads before left is orphaned all the same, what the last
 * one has is not. */
Test(findings, a_module_that_came_again_has_orphans_of_its_earlier_loads)
{
    static const uint32_t finished[] = {999};
    orphans(1000, 999, 1000, true);
    made->modules[2].finished = finished;
    made->modules[2].finished_count = 1;
    find();
    const struct finding *finding = only(FINDING_ORPHANED_BY_UNLOAD);
    cr_assert_eq(finding->count, 999);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
}

Test(findings, nor_has_it_orphans_in_a_path_that_began_after_it_came)
{
    static const uint32_t finished[] = {0};
    orphans(1000, 999, 1000, true);
    made->modules[2].finished = finished;
    made->modules[2].finished_count = 0; /* the path was not there yet */
    find();
    cr_assert_eq(findings.count, 0);
}

/* Outside, ordinals are generations of modules: what came before the last load is orphaned. */
Test(findings, outside_earlier_loads_are_told_by_generation)
{
    static const uint32_t finished[] = {0};
    orphans(101, 100, 0, false);
    made->modules[2].finished = finished;
    made->modules[2].came = 301;
    for (uint32_t load = 0; load <= 100; load++)
        made_survivor(made, 1, 1 + 3 * load, 112);
    find();
    const struct finding *finding = only(FINDING_ORPHANED_BY_UNLOAD);
    cr_assert_eq(finding->count, 100);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
}

/* What dies with its module is in no cache: a hundred cycles are enough. */
Test(findings, orphans_need_fewer_calls)
{
    orphans(100, 100, 100, true);
    find();
    cr_assert_float_eq(only(FINDING_ORPHANED_BY_UNLOAD)->bytes_per_call, 112.0, 1e-9);
    cr_assert_eq(analysis->calls[0].verdict, VERDICT_LEAK);
    cr_assert(analysis->calls[0].exact);
}

/* ... but not when the module was unloaded once: a cache of its own looks the same. */
Test(findings, orphans_of_one_load_need_as_many_as_ever)
{
    orphans(1, 1, 200, true);
    find();
    cr_assert_eq(findings.count, 0);
    cr_assert_eq(analysis->calls[0].verdict, VERDICT_TOO_FEW_CALLS);
}

/* Sections in freed memory, 100 of them, and the block that each took for itself in a frame further
 * in: both are lost. A block of as many bytes elsewhere may be in a cache. */
Test(findings, the_memory_of_lost_sections_is_lost_with_them)
{
    uint32_t path = made_path(made, 0, "Open", 100);
    sections(path, 100, 1);
    uint32_t system = made_module(made, "/lib/libwin32.so", 1, 0);
    uint32_t inside = made_stack(made, 1, 0, 3), elsewhere = made_stack(made, 1, 0x700, 3);
    *made_frame(made, inside, 0) = (struct residue_frame){.module = system, .offset = 0x40};
    made->frame[inside][1] = made->frame[2][0]; /* as the sections' own stack */
    made->frame[inside][2] = made->frame[2][1];
    uint32_t record = made_site(made, path, inside, 1), other = made_site(made, path, elsewhere, 1);
    made_survivors(made, record, 1, 100, 1, 48);
    made_survivors(made, other, 1, 100, 1, 48);
    find();
    const struct analysis_call *call = &analysis->calls[0];
    cr_assert_eq(call->verdict, VERDICT_LEAK);
    cr_assert_eq(call->bytes_per_call, 48);
    cr_assert_eq(call->per_call[RESIDUE_CLASS_CRITICAL_SECTION], 1);
    cr_assert_eq(call->observed_bytes_per_call, 48);
    only(FINDING_SECTION_IN_FREED_MEMORY);
}

static void left_in_calls(enum residue_class class, uint32_t last)
{
    uint32_t path = made_path(made, 0, "Cycle", 1000);
    uint32_t module = made_module(made, "/lib/libprovider.so", 1, 0);
    uint32_t kind = made_kind(made, class, "thing");
    uint32_t site = made_site(made, path, made_stack(made, module, 0x100, 2), kind);
    made_survivors(made, site, 1, last, 1, 0);
}

Test(findings, loads_without_unloads)
{
    left_in_calls(RESIDUE_CLASS_MODULE_REFERENCE, 1000);
    find();
    const struct finding *finding = only(FINDING_UNBALANCED_LOADS);
    cr_assert_eq(finding->count, 1000);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
    cr_assert_eq(finding->stacks[0].site, 1);
}

Test(findings, private_heaps_never_destroyed)
{
    left_in_calls(RESIDUE_CLASS_PRIVATE_HEAP, 1000);
    find();
    const struct finding *finding = only(FINDING_PRIVATE_HEAP);
    cr_assert_eq(finding->count, 1000);
    cr_assert_float_eq(finding->per_call, 1.0, 1e-9);
}

Test(findings, one_load_and_one_heap_are_no_findings)
{
    left_in_calls(RESIDUE_CLASS_MODULE_REFERENCE, 1);
    left_in_calls(RESIDUE_CLASS_PRIVATE_HEAP, 1);
    find();
    cr_assert_eq(findings.count, 0);
}

Test(findings, outside_one_module_held_again_and_again)
{
    uint32_t kind = made_kind(made, RESIDUE_CLASS_MODULE_REFERENCE, "module reference");
    uint32_t site = made_site(made, 0, 0, kind), plugins = made_site(made, 0, 0, kind);
    for (int i = 0; i < 30; i++) {
        made_resource(made, site, 0)->handle = 0x7000;
        made_resource(made, plugins, 0); /* thirty modules, each once: a program with plug-ins */
    }
    find();
    const struct finding *finding = only(FINDING_UNBALANCED_LOADS);
    cr_assert_eq(finding->count, 30);
    cr_assert_eq(finding->stacks[0].site, site);
}

Test(findings, module_names_for_people)
{
    static const char *const names[][2] = {{"/opt/libmapi32.so", "mapi32"},
                                           {"/opt/libmapi32.so.1.2", "mapi32"},
                                           {"C:\\Windows\\System32\\MAPI32.DLL", "MAPI32"},
                                           {"/opt/plugin", "plugin"},
                                           {"lib", "lib"},
                                           {"", ""}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        finding_module_name(names[i][0], name, sizeof name);
        cr_assert_str_eq(name, names[i][1]);
    }
}
