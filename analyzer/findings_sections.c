/* Critical sections that are still initialised though the block they lay in was freed. */
#include "analyzer/analysis_sites.h"
#include "analyzer/findings_make.h"
#include <stdlib.h>
#include <string.h>

struct group {
    struct trace_resource *section;
    size_t count;
};

static struct group lost_sections(const struct trace *trace, const struct finding_sites *sites)
{
    struct group group = {0};
    size_t room = 0, count;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < sites->count; i++) {
            const struct trace_resource *resource =
                sites->site[i].survivors ? trace_resources_of(trace, sites->site[i].site, &count)
                                         : NULL;
            for (size_t j = 0; resource && j < count; j++) {
                if (!resource[j].freed_site)
                    continue;
                if (pass)
                    group.section[group.count++] = resource[j];
                else
                    room++;
            }
        }
        if (!room)
            break;
        if (!pass)
            group.section = analysis_take(room, sizeof *group.section);
    }
    return group;
}

/* Whether losing them is systematic. */
static bool systematic(const struct trace *trace, uint32_t path, const struct group *group,
                       struct verdict *verdict)
{
    struct finding_things things = {.dead = true};
    for (size_t i = 0; i < group->count; i++)
        finding_thing(&things, group->section[i].ordinal, 0);
    bool is = finding_systematic(trace, path, &things, verdict);
    finding_things_free(&things);
    return is;
}

static int by_origin(const void *one, const void *other)
{
    const struct trace_resource *a = one, *b = other;
    int order = (a->site > b->site) - (a->site < b->site);
    order = order ? order : (a->freed_site > b->freed_site) - (a->freed_site < b->freed_site);
    return order ? order
                 : (a->freed_block_site > b->freed_block_site) -
                       (a->freed_block_site < b->freed_block_site);
}

/* Sections with the same three stacks. */
struct origin {
    const struct trace_resource *section;
    uint64_t count;
};

static int by_count(const void *one, const void *other)
{
    const struct origin *a = one, *b = other;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return by_origin(a->section, b->section);
}

static void add_stacks(struct finding *finding, struct group *group)
{
    qsort(group->section, group->count, sizeof *group->section, by_origin);
    struct origin *origins = analysis_take(group->count, sizeof *origins);
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (!i || by_origin(&group->section[i - 1], &group->section[i]))
            origins[count++].section = &group->section[i];
        origins[count - 1].count++;
    }
    qsort(origins, count, sizeof *origins, by_count);
    for (size_t i = 0; i < count && finding->stack_count + 3 <= FINDING_STACKS; i++) {
        const struct trace_resource *section = origins[i].section;
        finding_stack(finding, "initialised", section->site, origins[i].count);
        finding_stack(finding, "block freed", section->freed_site, origins[i].count);
        finding_stack(finding, "block allocated", section->freed_block_site, origins[i].count);
    }
    free(origins);
}

void find_lost_sections(struct findings *findings, const struct trace *trace,
                        const struct finding_sites *sites)
{
    struct group group = lost_sections(trace, sites);
    struct verdict verdict;
    if (group.count && systematic(trace, sites->path, &group, &verdict)) {
        struct finding *finding =
            finding_add(findings, FINDING_SECTION_IN_FREED_MEMORY, sites->path,
                        "critical section still initialised inside a freed block");
        if (sites->path)
            finding_rate(finding, &verdict, group.count);
        finding->count = group.count;
        add_stacks(finding, &group);
    }
    free(group.section);
}
