/* Blocks whose module is gone, modules and private heaps that nobody lets go. */
#include "analyzer/analysis_sites.h"
#include "analyzer/findings_make.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* ---- blocks whose module is gone ---- */

/* What one module left behind: sites with their orphans alone. */
struct orphans {
    uint32_t module;
    struct analysis_site *site;
    uint32_t count;
    uint64_t survivors, bytes;
};

static int by_survivors(const void *one, const void *other)
{
    const struct analysis_site *a = one, *b = other;
    if (a->survivors != b->survivors)
        return a->survivors < b->survivors ? 1 : -1;
    return (a->site > b->site) - (a->site < b->site);
}

static void tell_orphans(struct findings *findings, const struct trace *trace, uint32_t path,
                         const struct orphans *orphans, const struct verdict *verdict)
{
    const struct trace_module *module = &trace->modules[orphans->module];
    char name[256];
    finding_module_name(module->path, name, sizeof name);
    struct finding *finding = finding_add(findings, FINDING_ORPHANED_BY_UNLOAD, path,
                                          "orphaned: allocated by %s, which was unloaded", name);
    finding->module = orphans->module;
    if (path) {
        finding_rate(finding, verdict, orphans->survivors);
    } else {
        finding->count = orphans->survivors;
        finding->per = FINDING_PER_LOAD;
        finding->per_call = (double)orphans->survivors / module->unloads;
        finding->bytes_per_call = (double)orphans->bytes / module->unloads;
    }
    qsort(orphans->site, orphans->count, sizeof *orphans->site, by_survivors);
    for (uint32_t i = 0; i < orphans->count && i < FINDING_STACKS; i++)
        finding_stack(finding, "allocated", orphans->site[i].site, orphans->site[i].survivors);
}

/* A module that comes and goes again and again. What one leaves that is unloaded once, at the end,
 * says no more than the leaks do. */
static bool systematic(const struct trace *trace, uint32_t path, const struct orphans *orphans,
                       struct verdict *verdict)
{
    uint32_t unloads = trace->modules[orphans->module].unloads;
    if (!path)
        return unloads >= FINDING_OUTSIDE_LEAST && orphans->survivors >= unloads / 2;
    if (unloads < 2)
        return false;
    const struct analysis_site **sites = analysis_take(orphans->count, sizeof *sites);
    for (uint32_t i = 0; i < orphans->count; i++)
        sites[i] = &orphans->site[i];
    *verdict = analysis_judge_together(trace, path, sites, orphans->count);
    free(sites);
    return verdict_leaks(verdict->kind);
}

static int by_owner(const void *one, const void *other)
{
    const struct analysis_site *a = one, *b = other;
    return (a->owner > b->owner) - (a->owner < b->owner);
}

static void add_site(struct orphans *orphans, const struct analysis_site *site)
{
    orphans->count++;
    orphans->survivors += site->survivors;
    orphans->bytes += site->bytes;
}

void find_orphans(struct findings *findings, const struct trace *trace,
                  const struct finding_sites *from)
{
    struct analysis_site *sites = analysis_take(from->count, sizeof *sites);
    uint32_t count = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        if (!from->site[i].orphans)
            continue;
        struct analysis_site *site = &sites[count++];
        *site = from->site[i];
        site->entries = site->orphans;
        analysis_count(site);
    }
    qsort(sites, count, sizeof *sites, by_owner);
    for (uint32_t i = 0; i < count;) {
        struct orphans orphans = {.module = sites[i].owner, .site = &sites[i]};
        for (; i < count && sites[i].owner == orphans.module; i++)
            add_site(&orphans, &sites[i]);
        struct verdict verdict;
        if (systematic(trace, from->path, &orphans, &verdict))
            tell_orphans(findings, trace, from->path, &orphans, &verdict);
    }
    free(sites);
}

/* ---- loads without unloads, heaps without destruction ---- */

static bool leaks_class(const struct trace *trace, const struct analysis_site *site,
                        enum residue_class class)
{
    return analysis_class(trace, site->site) == class && verdict_leaks(site->verdict.kind);
}

void find_never_released(struct findings *findings, const struct trace *trace,
                         const struct finding_sites *sites, enum residue_class class)
{
    struct verdict *leaks = analysis_take(sites->count, sizeof *leaks);
    size_t leak_count = 0;
    uint64_t survivors = 0;
    for (uint32_t i = 0; i < sites->count; i++) {
        if (!leaks_class(trace, &sites->site[i], class))
            continue;
        leaks[leak_count++] = sites->site[i].verdict;
        survivors += sites->site[i].survivors;
    }
    if (leak_count) {
        struct finding *finding =
            class == RESIDUE_CLASS_PRIVATE_HEAP
                ? finding_add(findings, FINDING_PRIVATE_HEAP, sites->path,
                              "private heap created and never destroyed")
                : finding_add(
                      findings, FINDING_UNBALANCED_LOADS, sites->path,
                      "module reference acquired and never released: loads without unloads");
        struct verdict sum = verdict_combine(leaks, leak_count);
        finding_rate(finding, &sum, survivors);
        for (uint32_t i = 0; i < sites->count; i++)
            if (leaks_class(trace, &sites->site[i], class))
                finding_stack(finding, "acquired", sites->site[i].site, sites->site[i].survivors);
    }
    free(leaks);
}

static int by_handle(const void *one, const void *other)
{
    const uint64_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

/* One module held many times over from one site. Many modules held once each is what a program with
 * plug-ins looks like. */
static uint64_t most_of_one(const struct trace_resource *resource, size_t count)
{
    uint64_t *handles = analysis_take(count, sizeof *handles), run = 0, longest = 0;
    for (size_t i = 0; i < count; i++)
        handles[i] = resource[i].handle;
    if (count)
        qsort(handles, count, sizeof *handles, by_handle);
    for (size_t i = 0; i < count; i++) {
        run = i && handles[i] == handles[i - 1] ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    free(handles);
    return longest;
}

void find_held_modules(struct findings *findings, const struct trace *trace,
                       const struct finding_sites *sites)
{
    for (uint32_t i = 0; i < sites->count; i++) {
        uint32_t site = sites->site[i].site;
        if (analysis_class(trace, site) != RESIDUE_CLASS_MODULE_REFERENCE)
            continue;
        size_t count;
        const struct trace_resource *resource = trace_resources_of(trace, site, &count);
        uint64_t most = most_of_one(resource, count);
        if (most < FINDING_OUTSIDE_LEAST)
            continue;
        struct finding *finding = finding_add(
            findings, FINDING_UNBALANCED_LOADS, 0,
            "one module acquired again and again and never released: loads without unloads");
        finding->count = most;
        finding_stack(finding, "acquired", site, most);
    }
}
