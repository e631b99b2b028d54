#include "analyzer/analysis_sites.h"
#include "analyzer/analysis_dead.h"
#include "analyzer/module_names.h"
#include "analyzer/progress.h"
#include <stdlib.h>
#include <string.h>

/* All arrays are indexed by site; those named `_first` have one entry more, so that the things of
 * site s are [first[s], first[s + 1]). */
struct analysis_evidence {
    const struct trace *trace;
    const struct trace_survivor **survivor; /* first survivor of the site; NULL = none */
    size_t *entries;
    size_t *summary_first;
    struct summary {
        uint32_t checkpoint; /* index */
        const struct trace_summary *summary;
    } * summary;
    size_t *path_first; /* indexed by path: its sites in `site` */
    uint32_t *site;
};

static void index_survivors(struct analysis_evidence *evidence)
{
    const struct trace *trace = evidence->trace;
    evidence->survivor = analysis_take(trace->site_count + 1, sizeof *evidence->survivor);
    evidence->entries = analysis_take(trace->site_count + 1, sizeof *evidence->entries);
    for (size_t i = 0; i < trace->survivor_count; i++) {
        uint32_t site = trace->survivors[i].site;
        if (!evidence->entries[site]++)
            evidence->survivor[site] = &trace->survivors[i];
    }
}

/* Turns counts, each at [index + 1], into where each index begins. */
static void begin(size_t *first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        first[i + 1] += first[i];
}

static void index_summaries(struct analysis_evidence *evidence)
{
    const struct trace *trace = evidence->trace;
    size_t *next = analysis_take(trace->site_count + 2, sizeof *next);
    evidence->summary_first = analysis_take(trace->site_count + 2, sizeof *next);
    for (uint32_t i = 0; i < trace->checkpoint_count; i++)
        for (uint32_t j = 0; j < trace->checkpoints[i].summary_count; j++)
            evidence->summary_first[trace->checkpoints[i].summaries[j]->site + 1]++;
    begin(evidence->summary_first, trace->site_count + 1);
    memcpy(next, evidence->summary_first, (trace->site_count + 2) * sizeof *next);
    size_t total = evidence->summary_first[trace->site_count + 1];
    evidence->summary = analysis_take(total, sizeof *evidence->summary);
    for (uint32_t i = 0; i < trace->checkpoint_count; i++) {
        for (uint32_t j = 0; j < trace->checkpoints[i].summary_count; j++) {
            const struct trace_summary *summary = trace->checkpoints[i].summaries[j];
            evidence->summary[next[summary->site]++] = (struct summary){i, summary};
        }
    }
    free(next);
}

static bool left_something(const struct analysis_evidence *evidence, uint32_t site)
{
    return evidence->trace->sites[site].kind &&
           (evidence->entries[site] ||
            evidence->summary_first[site] < evidence->summary_first[site + 1]);
}

static void index_paths(struct analysis_evidence *evidence)
{
    const struct trace *trace = evidence->trace;
    size_t *next = analysis_take(trace->path_count + 2, sizeof *next);
    evidence->path_first = analysis_take(trace->path_count + 2, sizeof *next);
    evidence->site = analysis_take(trace->site_count, sizeof *evidence->site);
    for (uint32_t site = 1; site <= trace->site_count; site++)
        if (left_something(evidence, site))
            evidence->path_first[trace->sites[site].path + 1]++;
    begin(evidence->path_first, trace->path_count + 1);
    memcpy(next, evidence->path_first, (trace->path_count + 2) * sizeof *next);
    for (uint32_t site = 1; site <= trace->site_count; site++)
        if (left_something(evidence, site))
            evidence->site[next[trace->sites[site].path]++] = site;
    free(next);
}

struct analysis_evidence *analysis_gather(const struct trace *trace)
{
    struct analysis_evidence *evidence = analysis_take(1, sizeof *evidence);
    evidence->trace = trace;
    index_survivors(evidence);
    index_summaries(evidence);
    index_paths(evidence);
    return evidence;
}

void analysis_scatter(struct analysis_evidence *evidence)
{
    free(evidence->survivor);
    free(evidence->entries);
    free(evidence->summary_first);
    free(evidence->summary);
    free(evidence->path_first);
    free(evidence->site);
    free(evidence);
}

static struct verdict judge(const struct trace *trace, uint32_t path,
                            const struct trace_survivor *survivors, size_t count,
                            const struct verdict_checkpoint *checkpoints, size_t checkpoint_count,
                            bool dead, size_t *leaving)
{
    struct verdict_point *points = analysis_take(count, sizeof *points);
    size_t point_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!i || survivors[i].ordinal != survivors[i - 1].ordinal)
            points[point_count++] = (struct verdict_point){.ordinal = survivors[i].ordinal};
        points[point_count - 1].things += survivors[i].count;
        points[point_count - 1].bytes += survivors[i].count * (uint64_t)survivors[i].size;
    }
    struct verdict_evidence evidence = {.calls = trace->paths[path].started,
                                        .points = points,
                                        .point_count = point_count,
                                        .checkpoints = checkpoints,
                                        .checkpoint_count = checkpoint_count,
                                        .dead = dead};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    free(points);
    *leaving = point_count;
    return verdict;
}

struct verdict analysis_judge(const struct trace *trace, uint32_t path,
                              const struct trace_survivor *survivors, size_t count, bool dead)
{
    size_t leaving;
    return judge(trace, path, survivors, count, NULL, 0, dead, &leaving);
}

static struct verdict judge_site(const struct analysis_evidence *from, uint32_t path,
                                 struct analysis_site *site)
{
    size_t first = from->summary_first[site->site];
    size_t count = from->summary_first[site->site + 1] - first;
    struct verdict_checkpoint *checkpoints = analysis_take(count, sizeof *checkpoints);
    struct residue_summary *summaries = analysis_take(count, sizeof *summaries);
    for (size_t i = 0; i < count; i++) {
        struct residue_summary *summary = &summaries[i];
        trace_summary_unpack(from->summary[first + i].summary, summary);
        uint32_t reason = from->trace->checkpoints[from->summary[first + i].checkpoint].reason;
        checkpoints[i] =
            (struct verdict_checkpoint){.calls = summary->calls,
                                        .survivors = summary->survivors,
                                        .bytes = summary->bytes,
                                        .bucket_width = summary->bucket_width,
                                        .bucket_count = RESIDUE_BUCKETS,
                                        .bucket_survivors = summary->bucket_survivors,
                                        .bucket_bytes = summary->bucket_bytes,
                                        .teardown = reason == RESIDUE_CHECKPOINT_TEARDOWN};
    }
    struct verdict verdict = judge(from->trace, path, site->survivor, site->entries, checkpoints,
                                   count, site->dead, &site->leaving);
    free(checkpoints);
    free(summaries);
    return verdict;
}

void analysis_count(struct analysis_site *site)
{
    site->survivors = site->bytes = 0;
    for (size_t i = 0; i < site->entries; i++) {
        site->survivors += site->survivor[i].count;
        site->bytes += site->survivor[i].count * (uint64_t)site->survivor[i].size;
    }
}

struct analysis_site *analysis_sites_of(const struct analysis_evidence *evidence, uint32_t path,
                                        uint32_t *count)
{
    size_t first = evidence->path_first[path], all = evidence->path_first[path + 1] - first;
    struct analysis_site *sites = analysis_take(all, sizeof *sites);
    for (size_t i = 0; i < all; i++) {
        struct analysis_site *site = &sites[i];
        site->site = evidence->site[first + i];
        site->survivor = evidence->survivor[site->site];
        site->entries = evidence->entries[site->site];
        analysis_count(site);
    }
    dead_mark(evidence->trace, path, sites, (uint32_t)all);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        if (i % 1024 == 0)
            progress_at("judging what is left", first + i, evidence->trace->site_count);
        if (path)
            sites[i].verdict = judge_site(evidence, path, &sites[i]);
        /* What only a checkpoint saw was on its way through, unless a teardown hid a leak. */
        if (sites[i].survivors || verdict_leaks(sites[i].verdict.kind))
            sites[(*count)++] = sites[i];
    }
    return sites;
}

bool analysis_is_loaders(const struct trace *trace, uint32_t site)
{
    const struct trace_stack *stack = &trace->stacks[trace->sites[site].stack];
    uint32_t module =
        trace->sites[site].stack && stack->depth ? trace->frames[stack->frame[0]].module : 0;
    return module && module_is_loader(trace->modules[module].path);
}
