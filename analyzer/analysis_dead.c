#include "analyzer/analysis_dead.h"
#include "analyzer/module_names.h"
#include <string.h>

/* The module whose code acquired what `site` is about: that of the innermost frame beyond the
 * runtime. 0 = not known. */
static uint32_t owner_of(const struct trace *trace, uint32_t site)
{
    const struct trace_stack *stack = &trace->stacks[trace->sites[site].stack];
    if (!trace->sites[site].stack)
        return 0;
    for (uint32_t i = 0; i < stack->depth; i++) {
        uint32_t module = trace->frames[stack->frame[i]].module;
        if (!module || !module_is_runtime(trace->modules[module].path))
            return module;
    }
    return 0;
}

/* ---- left by a load that is over ---- */

/* Things that are lost with the code that knows of them. A critical section or a reference may well
 * be somebody else's. */
static bool can_be_orphaned(enum residue_class class)
{
    return class == RESIDUE_CLASS_BLOCK || class == RESIDUE_CLASS_MAPPING ||
           class == RESIDUE_CLASS_BUFFER || class == RESIDUE_CLASS_PRIVATE_HEAP;
}

/* The ordinals of `path` up to which all was acquired by earlier loads of a module that is there.
 */
static uint64_t last_of_earlier_loads(const struct trace_module *module, uint32_t path)
{
    if (!module->finished)
        return 0;
    if (!path)
        return module->came ? module->came - 1 : 0;
    return path <= module->finished_count ? module->finished[path - 1] : 0;
}

/* How many entries, from the first on (they are sorted by ordinal), a load of `owner` left that
 * is over. */
static size_t orphans_of(const struct trace *trace, uint32_t path, const struct analysis_site *site)
{
    const struct trace_module *module = &trace->modules[site->owner];
    if (!site->owner || !can_be_orphaned(analysis_class(trace, site->site)))
        return 0;
    if (module->gone)
        return site->entries;
    uint64_t last = last_of_earlier_loads(module, path);
    size_t count = 0;
    while (count < site->entries && site->survivor[count].ordinal <= last)
        count++;
    return count;
}

/* ---- dead ---- */

enum {
    UNLOADS_LEAST = 12, /* a module that goes once leaves what its calls leaked: nothing new */
    CALLS_A_LOAD = 10,  /* more may be what one load keeps until the next */
    LAYERS_MOST = 4     /* frames between a thing and the memory it takes for itself */
};

/* What the last calls left may be released yet; it need not be dead. */
static uint32_t before_tail(const struct trace *trace, uint32_t path)
{
    uint32_t calls = trace->paths[path].started, tail = calls / 20 > 16 ? calls / 20 : 16;
    return calls > tail ? calls - tail : 0;
}

/* All that a module left, which comes and goes as often as the calls are made, or nearly. */
static bool orphaned_again_and_again(const struct trace *trace, uint32_t path,
                                     const struct analysis_site *site)
{
    if (!site->orphans || (site->orphans < site->entries &&
                           site->survivor[site->orphans].ordinal <= before_tail(trace, path)))
        return false;
    uint32_t unloads = trace->modules[site->owner].unloads;
    return unloads >= UNLOADS_LEAST && unloads >= site->survivors / CALLS_A_LOAD;
}

/* Critical sections whose memory was freed can't be deleted any more. */
static bool all_in_freed_memory(const struct trace *trace, uint32_t path, uint32_t site)
{
    size_t count;
    const struct trace_resource *section = trace_resources_of(trace, site, &count);
    if (analysis_class(trace, site) != RESIDUE_CLASS_CRITICAL_SECTION || !count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!section[i].freed_site && section[i].ordinal <= before_tail(trace, path))
            return false;
    return true;
}

/* Of two sites with as many survivors: are they of the same calls, one by one? */
static bool same_ordinals(const struct analysis_site *one, const struct analysis_site *other)
{
    const struct trace_survivor *a = one->survivor, *b = other->survivor;
    for (uint64_t left_a = 0, left_b = 0, seen = 0; seen < one->survivors; seen++) {
        left_a = left_a ? left_a : a->count;
        left_b = left_b ? left_b : b->count;
        if (a->ordinal != b->ordinal)
            return false;
        a += !--left_a;
        b += !--left_b;
    }
    return true;
}

/* Whether `block` is memory that each of `things` took for itself as it was made: there is one for
 * each, from the same calls, and acquired a few frames further in. */
static bool inner_memory(const struct trace *trace, const struct analysis_site *things,
                         const struct analysis_site *block)
{
    const struct trace_stack *outer = &trace->stacks[trace->sites[things->site].stack],
                             *inner = &trace->stacks[trace->sites[block->site].stack];
    if (things->survivors != block->survivors || !outer->depth || inner->depth <= outer->depth ||
        inner->depth > outer->depth + LAYERS_MOST ||
        memcmp(inner->frame + (inner->depth - outer->depth), outer->frame,
               outer->depth * sizeof *outer->frame) != 0)
        return false;
    return same_ordinals(things, block);
}

void dead_mark(const struct trace *trace, uint32_t path, struct analysis_site *sites,
               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct analysis_site *site = &sites[i];
        site->owner = owner_of(trace, site->site);
        site->orphans = orphans_of(trace, path, site);
        site->dead = path && site->survivors &&
                     (orphaned_again_and_again(trace, path, site) ||
                      all_in_freed_memory(trace, path, site->site));
    }
    for (uint32_t i = 0; path && i < count; i++) {
        enum residue_class class = analysis_class(trace, sites[i].site);
        if (!sites[i].dead ||
            (class != RESIDUE_CLASS_CRITICAL_SECTION && class != RESIDUE_CLASS_PRIVATE_HEAP))
            continue;
        for (uint32_t j = 0; j < count; j++)
            if (!sites[j].dead && sites[j].survivors)
                sites[j].dead = inner_memory(trace, &sites[i], &sites[j]);
    }
}
