#include "analyzer/findings.h"
#include "analyzer/analysis_sites.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Outside of watched calls there are no ordinals to judge by. What is then repeated is a number of
 * equal things that nobody makes on purpose. */
enum { OUTSIDE_LEAST = 10 };

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {"critical-section-in-freed-memory", "orphaned-by-unload",
                                        "unbalanced-loads", "private-heap-never-destroyed"};
    return names[kind];
}

void finding_module_name(const char *path, char *name, size_t size)
{
    const char *base = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            base = at + 1;
    if (!strncmp(base, "lib", 3) && base[3])
        base += 3;
    snprintf(name, size, "%s", base);
    size_t length = strlen(name);
    char *so = strstr(name, ".so");
    if (so && so > name && (!so[3] || so[3] == '.'))
        *so = 0;
    else if (length > 4 &&
             (!strcasecmp(name + length - 4, ".dll") || !strcasecmp(name + length - 4, ".exe")))
        name[length - 4] = 0;
}

static struct finding *add(struct findings *findings, enum finding_kind kind, uint32_t path,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

static struct finding *add(struct findings *findings, enum finding_kind kind, uint32_t path,
                           const char *format, ...)
{
    struct finding *grown = analysis_take(findings->count + 1, sizeof *grown);
    if (findings->count)
        memcpy(grown, findings->finding, findings->count * sizeof *grown);
    free(findings->finding);
    findings->finding = grown;
    struct finding *finding = &grown[findings->count++];
    finding->kind = kind;
    finding->path = path;
    finding->per = FINDING_PER_NOTHING;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finding->message = analysis_take(strlen(message) + 1, 1);
    strcpy(finding->message, message);
    return finding;
}

/* A rate from a verdict; counts of the end of the run. */
static void set_rate(struct finding *finding, const struct verdict *verdict, uint64_t count)
{
    finding->count = count;
    finding->per = FINDING_PER_CALL;
    finding->per_call = verdict->per_call;
    finding->bytes_per_call = verdict->bytes_per_call;
}

static void add_stack(struct finding *finding, const char *role, uint32_t site, uint64_t count)
{
    if (site && finding->stack_count < FINDING_STACKS)
        finding->stacks[finding->stack_count++] = (struct finding_stack){role, site, count};
}

/* ---- survivors that share something, gathered from the sites of a path ---- */

struct group {
    struct trace_survivor *survivor;
    size_t count, room;
};

static void gather(struct group *group, const struct trace_survivor *survivor)
{
    if (group->count == group->room) {
        group->room = group->room ? 2 * group->room : 64;
        struct trace_survivor *grown = analysis_take(group->room, sizeof *grown);
        if (group->count)
            memcpy(grown, group->survivor, group->count * sizeof *grown);
        free(group->survivor);
        group->survivor = grown;
    }
    group->survivor[group->count++] = *survivor;
}

static int by_ordinal(const void *one, const void *other)
{
    const struct trace_survivor *a = one, *b = other;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

static int by_origin(const void *one, const void *other)
{
    const struct trace_survivor *a = one, *b = other;
    int order = (a->site > b->site) - (a->site < b->site);
    order = order ? order : (a->freed_site > b->freed_site) - (a->freed_site < b->freed_site);
    return order ? order
                 : (a->freed_block_site > b->freed_block_site) -
                       (a->freed_block_site < b->freed_block_site);
}

/* Runs of survivors with one origin, most frequent first. */
struct origin {
    const struct trace_survivor *survivor;
    uint64_t count;
};

static int by_count(const void *one, const void *other)
{
    const struct origin *a = one, *b = other;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return by_origin(a->survivor, b->survivor);
}

static struct origin *origins_of(struct group *group, size_t *count)
{
    qsort(group->survivor, group->count, sizeof *group->survivor, by_origin);
    struct origin *origins = analysis_take(group->count, sizeof *origins);
    *count = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (!i || by_origin(&group->survivor[i - 1], &group->survivor[i]))
            origins[(*count)++].survivor = &group->survivor[i];
        origins[*count - 1].count++;
    }
    qsort(origins, *count, sizeof *origins, by_count);
    return origins;
}

static uint64_t bytes_of(const struct group *group)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < group->count; i++)
        bytes += group->survivor[i].size;
    return bytes;
}

/* Whether what was gathered is systematic; of calls by verdict, outside by number. */
static bool systematic(const struct trace *trace, uint32_t path, struct group *group,
                       struct verdict *verdict)
{
    if (!group->count)
        return false;
    if (!path) {
        memset(verdict, 0, sizeof *verdict);
        return group->count >= OUTSIDE_LEAST;
    }
    qsort(group->survivor, group->count, sizeof *group->survivor, by_ordinal);
    *verdict = analysis_judge(trace, path, group->survivor, group->count);
    return verdict_leaks(verdict->kind);
}

/* ---- critical sections in freed memory ---- */

static void sections_of_path(struct findings *findings, const struct trace *trace, uint32_t path,
                             const struct analysis_site *sites, uint32_t site_count)
{
    struct group group = {0};
    for (uint32_t i = 0; i < site_count; i++)
        for (uint64_t j = 0; j < sites[i].survivors; j++)
            if (sites[i].survivor[j].freed_site)
                gather(&group, &sites[i].survivor[j]);
    struct verdict verdict;
    if (systematic(trace, path, &group, &verdict)) {
        struct finding *finding = add(findings, FINDING_SECTION_IN_FREED_MEMORY, path,
                                      "critical section still initialised inside a freed block");
        if (path)
            set_rate(finding, &verdict, group.count);
        finding->count = group.count;
        size_t count;
        struct origin *origins = origins_of(&group, &count);
        for (size_t i = 0; i < count && finding->stack_count + 3 <= FINDING_STACKS; i++) {
            const struct trace_survivor *survivor = origins[i].survivor;
            add_stack(finding, "initialised", survivor->site, origins[i].count);
            add_stack(finding, "block freed", survivor->freed_site, origins[i].count);
            add_stack(finding, "block allocated", survivor->freed_block_site, origins[i].count);
        }
        free(origins);
    }
    free(group.survivor);
}

/* ---- blocks whose module is gone ---- */

/* Modules that allocate on behalf of whoever called them: strdup, operator new. */
static bool of_the_language(const char *path)
{
    static const char *const names[] = {"libc.so",   "libstdc++.so", "libc++.so",
                                        "libc++abi", "ucrtbase",     "msvcrt"};
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(base, names[i], strlen(names[i])))
            return true;
    return !strncmp(base, "libc-2.", 7);
}

/* The module whose code acquired what `site` is about; 0 = not known. */
static uint32_t module_of(const struct trace *trace, uint32_t site)
{
    const struct trace_stack *stack = &trace->stacks[trace->sites[site].stack];
    if (!trace->sites[site].stack)
        return 0;
    for (uint32_t i = 0; i < stack->depth; i++) {
        uint32_t module = stack->frames[i].module;
        if (!module || !of_the_language(trace->modules[module].path))
            return module;
    }
    return 0;
}

static bool orphan(const struct trace *trace, uint32_t site, uint32_t module)
{
    enum residue_class class = analysis_class(trace, site);
    return (class == RESIDUE_CLASS_BLOCK || class == RESIDUE_CLASS_MAPPING ||
            class == RESIDUE_CLASS_BUFFER) &&
           module_of(trace, site) == module;
}

static void orphans_of(struct findings *findings, const struct trace *trace, uint32_t module,
                       uint32_t path, const struct analysis_site *sites, uint32_t site_count)
{
    struct group group = {0};
    for (uint32_t i = 0; i < site_count; i++)
        if (sites[i].survivors && orphan(trace, sites[i].site, module))
            for (uint64_t j = 0; j < sites[i].survivors; j++)
                gather(&group, &sites[i].survivor[j]);
    const struct trace_module *gone = &trace->modules[module];
    struct verdict verdict;
    bool found = systematic(trace, path, &group, &verdict);
    /* Blocks of a module loaded once are a one-off, however many they are. */
    if (found && !path)
        found = gone->unloads >= OUTSIDE_LEAST && group.count >= gone->unloads / 2;
    if (found) {
        char name[256];
        finding_module_name(gone->path, name, sizeof name);
        struct finding *finding = add(findings, FINDING_ORPHANED_BY_UNLOAD, path,
                                      "orphaned: allocated by %s, which was unloaded", name);
        finding->module = module;
        if (path) {
            set_rate(finding, &verdict, group.count);
        } else {
            finding->count = group.count;
            finding->per = FINDING_PER_LOAD;
            finding->per_call = (double)group.count / gone->loads;
            finding->bytes_per_call = (double)bytes_of(&group) / gone->loads;
        }
        size_t count;
        struct origin *origins = origins_of(&group, &count);
        for (size_t i = 0; i < count && i < FINDING_STACKS; i++)
            add_stack(finding, "allocated", origins[i].survivor->site, origins[i].count);
        free(origins);
    }
    free(group.survivor);
}

/* ---- loads without unloads, heaps without destruction ---- */

/* Sums the leaking sites of one class: what the calls acquired and never released. */
static void never_released(struct findings *findings, const struct analysis *analysis,
                           const struct analysis_call *call, enum residue_class class)
{
    struct verdict *leaks = analysis_take(call->site_count, sizeof *leaks);
    size_t leak_count = 0;
    uint64_t survivors = 0;
    for (uint32_t i = 0; i < call->site_count; i++) {
        const struct analysis_site *site = &call->sites[i];
        if (analysis_class(analysis->trace, site->site) != class ||
            !verdict_leaks(site->verdict.kind))
            continue;
        leaks[leak_count++] = site->verdict;
        survivors += site->survivors;
    }
    if (leak_count) {
        struct finding *finding =
            class == RESIDUE_CLASS_PRIVATE_HEAP
                ? add(findings, FINDING_PRIVATE_HEAP, call->path,
                      "private heap created and never destroyed")
                : add(findings, FINDING_UNBALANCED_LOADS, call->path,
                      "module reference acquired and never released: loads without unloads");
        struct verdict sum = verdict_combine(leaks, leak_count);
        set_rate(finding, &sum, survivors);
        for (uint32_t i = 0; i < call->site_count; i++)
            if (analysis_class(analysis->trace, call->sites[i].site) == class &&
                verdict_leaks(call->sites[i].verdict.kind))
                add_stack(finding, "acquired", call->sites[i].site, call->sites[i].survivors);
    }
    free(leaks);
}

static int by_handle(const void *one, const void *other)
{
    const struct trace_survivor *a = one, *b = other;
    return (a->handle > b->handle) - (a->handle < b->handle);
}

/* Outside: one module held many times over from one site. Many modules held once each is what a
 * program with plug-ins looks like. */
static void unbalanced_outside(struct findings *findings, const struct trace *trace,
                               const struct analysis_site *site)
{
    struct group group = {0};
    for (uint64_t i = 0; i < site->survivors; i++)
        gather(&group, &site->survivor[i]);
    if (group.count)
        qsort(group.survivor, group.count, sizeof *group.survivor, by_handle);
    uint64_t run = 0, longest = 0;
    for (size_t i = 0; i < group.count; i++) {
        run = i && !by_handle(&group.survivor[i - 1], &group.survivor[i]) ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    free(group.survivor);
    if (longest < OUTSIDE_LEAST || !trace->sites[site->site].kind)
        return;
    struct finding *finding =
        add(findings, FINDING_UNBALANCED_LOADS, 0,
            "one module acquired again and again and never released: loads without unloads");
    finding->count = longest;
    add_stack(finding, "acquired", site->site, longest);
}

struct findings findings_of(const struct analysis *analysis)
{
    struct findings findings = {0};
    const struct trace *trace = analysis->trace;
    for (uint32_t i = 0; i < analysis->call_count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        sections_of_path(&findings, trace, call->path, call->sites, call->site_count);
        never_released(&findings, analysis, call, RESIDUE_CLASS_MODULE_REFERENCE);
        never_released(&findings, analysis, call, RESIDUE_CLASS_PRIVATE_HEAP);
    }
    sections_of_path(&findings, trace, 0, analysis->outside, analysis->outside_count);
    for (uint32_t module = 1; module <= trace->module_count; module++) {
        if (!trace->modules[module].gone)
            continue;
        for (uint32_t i = 0; i < analysis->call_count; i++)
            orphans_of(&findings, trace, module, analysis->calls[i].path, analysis->calls[i].sites,
                       analysis->calls[i].site_count);
        orphans_of(&findings, trace, module, 0, analysis->outside, analysis->outside_count);
    }
    for (uint32_t i = 0; i < analysis->outside_count; i++)
        if (analysis_class(trace, analysis->outside[i].site) == RESIDUE_CLASS_MODULE_REFERENCE)
            unbalanced_outside(&findings, trace, &analysis->outside[i]);
    return findings;
}

void findings_free(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++)
        free(findings->finding[i].message);
    free(findings->finding);
    *findings = (struct findings){0};
}
