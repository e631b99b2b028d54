#include "analyzer/analysis.h"
#include "analyzer/analysis_sites.h"
#include "analyzer/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void analysis_no_memory(void)
{
    fputs("residue: not enough memory for the analysis\n", stderr);
    exit(2);
}

void *analysis_take(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        analysis_no_memory();
    return memory;
}

void *analysis_grow(void *array, size_t size, size_t count, size_t *room)
{
    void *grown = array_grow(array, size, count, room, 1);
    if (!grown)
        analysis_no_memory();
    return grown;
}

/* ---- sums of a call ---- */

static struct analysis_things *things_of(struct analysis_call *call, uint32_t kind)
{
    for (uint32_t i = 0; i < call->thing_count; i++)
        if (call->things[i].kind == kind)
            return &call->things[i];
    size_t size = (call->thing_count + 1) * sizeof *call->things;
    struct analysis_things *things = analysis_take(1, size);
    if (call->thing_count)
        memcpy(things, call->things, size - sizeof *things);
    free(call->things);
    call->things = things;
    things[call->thing_count].kind = kind;
    return &things[call->thing_count++];
}

static void add_leak(struct analysis_call *call, const struct trace *trace,
                     const struct analysis_site *site)
{
    uint32_t kind = trace->sites[site->site].kind;
    call->per_call[trace->kinds[kind].class] += site->verdict.per_call;
    things_of(call, kind)->per_call += site->verdict.per_call;
}

typedef bool pick(const struct analysis_site *, uint32_t site_kind, uint32_t kind);

/* The verdict on the survivors of all sites that are picked, taken together. */
static struct verdict judge_together(const struct analysis_call *call, const struct trace *trace,
                                     pick *picked, uint32_t kind)
{
    const struct analysis_site **sites = analysis_take(call->site_count, sizeof *sites);
    uint32_t used = 0;
    for (uint32_t i = 0; i < call->site_count; i++)
        if (picked(&call->sites[i], trace->sites[call->sites[i].site].kind, kind))
            sites[used++] = &call->sites[i];
    struct verdict verdict = analysis_judge_together(trace, call->path, sites, used);
    free(sites);
    return verdict;
}

static bool pick_leaks(const struct analysis_site *site, uint32_t site_kind, uint32_t kind)
{
    (void)site_kind, (void)kind;
    return site->verdict.kind == VERDICT_LEAK && !site->verdict.from_checkpoint;
}

/* A leak reached by many stacks is left by too few calls at each to be told from chance. */
enum { THIN = 16 };

static bool pick_thin(const struct analysis_site *site, uint32_t site_kind, uint32_t kind)
{
    return site_kind == kind && site->leaving < THIN && !verdict_leaks(site->verdict.kind) &&
           site->verdict.kind != VERDICT_TOO_FEW_CALLS;
}

/* Thin sites of one kind of thing are judged together; if they leak, each has its share in it. */
static void judge_thin(struct analysis_call *call, const struct trace *trace)
{
    bool *done = analysis_take(trace->kind_count + 1, sizeof *done);
    for (uint32_t i = 0; i < call->site_count; i++) {
        uint32_t kind = trace->sites[call->sites[i].site].kind;
        if (done[kind] || !pick_thin(&call->sites[i], kind, kind))
            continue;
        done[kind] = true;
        if (judge_together(call, trace, pick_thin, kind).kind != VERDICT_LEAK)
            continue;
        for (uint32_t j = i; j < call->site_count; j++)
            if (pick_thin(&call->sites[j], trace->sites[call->sites[j].site].kind, kind))
                call->sites[j].verdict.kind = VERDICT_LEAK;
    }
    free(done);
}

/* Leaks that one call leaves at several stacks belong together: judged by ordinal, two that share
 * the calls between them are as exact as one, and the interval is that of whole calls. What only a
 * checkpoint saw has no ordinals and is added as it is. */
static struct verdict sum_leaks(const struct analysis_call *call, const struct trace *trace)
{
    struct verdict *leaks = analysis_take(call->site_count + 1, sizeof *leaks);
    size_t leak_count = 0;
    for (uint32_t i = 0; i < call->site_count; i++)
        if (verdict_leaks(call->sites[i].verdict.kind))
            leaks[leak_count++] = call->sites[i].verdict;
    struct verdict sum = verdict_combine(leaks, leak_count), together;
    if (leak_count > 1 && !sum.exact) {
        leak_count = 0;
        for (uint32_t i = 0; i < call->site_count; i++) {
            const struct analysis_site *site = &call->sites[i];
            if (verdict_leaks(site->verdict.kind) && !pick_leaks(site, 0, 0))
                leaks[leak_count++] = site->verdict;
        }
        together = judge_together(call, trace, pick_leaks, 0);
        leaks[leak_count++] = together;
        if (together.kind == VERDICT_LEAK)
            sum = verdict_combine(leaks, leak_count);
    }
    free(leaks);
    return sum;
}

static void sum_sites(struct analysis_call *call, const struct trace *trace)
{
    call->verdict = VERDICT_CLEAN;
    for (uint32_t i = 0; i < call->site_count; i++) {
        const struct analysis_site *site = &call->sites[i];
        if (verdict_rank(site->verdict.kind) > verdict_rank(call->verdict))
            call->verdict = site->verdict.kind;
        if (site->verdict.kind == VERDICT_TOO_FEW_CALLS)
            call->observed_bytes_per_call += site->verdict.bytes_per_call;
        if (verdict_leaks(site->verdict.kind))
            add_leak(call, trace, site);
    }
    struct verdict sum = sum_leaks(call, trace);
    call->bytes_per_call = sum.bytes_per_call;
    call->ci95[0] = sum.ci95[0];
    call->ci95[1] = sum.ci95[1];
    call->exact = sum.exact;
}

/* ---- outside ---- */

static void add_outside(struct analysis *analysis, const struct analysis_site *sites,
                        uint32_t count)
{
    uint32_t before = analysis->outside_count;
    struct analysis_site *all = analysis_take(before + count, sizeof *all);
    if (before)
        memcpy(all, analysis->outside, before * sizeof *all);
    if (count)
        memcpy(all + before, sites, count * sizeof *all);
    free(analysis->outside);
    analysis->outside = all;
    analysis->outside_count = before + count;
    for (uint32_t i = 0; i < count; i++) {
        analysis->outside_survivors += sites[i].survivors;
        analysis->outside_bytes += sites[i].bytes;
    }
}

/* ---- call paths ---- */

static const char *name_of(const struct trace *trace, uint32_t path)
{
    return trace->names[trace->paths[path].name].text;
}

static void name_call(struct analysis_call *call, const struct trace *trace)
{
    uint32_t outer = 0;
    /* A parent is an earlier path: that also ends a ring in a hostile trace. */
    for (uint32_t at = call->path; trace->paths[at].parent && trace->paths[at].parent < at;
         at = trace->paths[at].parent)
        outer++;
    call->name = name_of(trace, call->path);
    call->outer_count = outer;
    call->outer = analysis_take(outer, sizeof *call->outer);
    for (uint32_t at = call->path; outer; at = trace->paths[at].parent)
        call->outer[--outer] = name_of(trace, trace->paths[at].parent);
}

static int compare_doubles(double one, double other)
{
    return (one < other) - (one > other); /* largest first */
}

static int compare_sites(const void *one, const void *other)
{
    const struct analysis_site *a = one, *b = other;
    int order = verdict_leaks(b->verdict.kind) - verdict_leaks(a->verdict.kind);
    order = order ? order : compare_doubles(a->verdict.bytes_per_call, b->verdict.bytes_per_call);
    order = order ? order : compare_doubles(a->verdict.per_call, b->verdict.per_call);
    order = order ? order : compare_doubles((double)a->bytes, (double)b->bytes);
    return order ? order : (a->site > b->site) - (a->site < b->site);
}

static double things_per_call(const struct analysis_call *call)
{
    double sum = 0;
    for (uint32_t i = 0; i < call->thing_count; i++)
        sum += call->things[i].per_call;
    return sum;
}

static int compare_calls(const void *one, const void *other)
{
    const struct analysis_call *a = one, *b = other;
    int order = verdict_leaks(b->verdict) - verdict_leaks(a->verdict);
    /* Worst is what costs most over the run, so that a rare call does not hide a frequent one. */
    order = order ? order
                  : compare_doubles(a->bytes_per_call * (double)a->count,
                                    b->bytes_per_call * (double)b->count);
    order = order ? order
                  : compare_doubles(things_per_call(a) * (double)a->count,
                                    things_per_call(b) * (double)b->count);
    order = order ? order : compare_doubles((double)a->bytes, (double)b->bytes);
    return order ? order : (a->path > b->path) - (a->path < b->path);
}

/* Adds what each path leaks to the paths around it; calls[path] is still in order of paths. */
static void roll_up(struct analysis_call *calls, const struct trace *trace)
{
    double *leaked = analysis_take(trace->path_count + 1, sizeof *leaked);
    for (uint32_t path = trace->path_count; path; path--) {
        struct analysis_call *call = &calls[path - 1];
        uint32_t parent = trace->paths[path].parent;
        leaked[path] += call->bytes_per_call * (double)call->count;
        call->inclusive_bytes_per_call = call->count ? leaked[path] / (double)call->count : 0;
        if (parent < path)
            leaked[parent] += leaked[path];
    }
    free(leaked);
}

/* The loader keeps books of its own, on modules and threads' storage, which it enlarges in whatever
 * call it happens to be: outside, unless a call makes them grow for ever. */
static void set_aside_the_loaders(struct analysis *analysis, struct analysis_call *call)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < call->site_count; i++) {
        struct analysis_site *site = &call->sites[i];
        if (verdict_leaks(site->verdict.kind) ||
            !analysis_is_loaders(analysis->trace, site->site)) {
            call->sites[kept++] = *site;
            continue;
        }
        call->survivors -= site->survivors;
        call->bytes -= site->bytes;
        site->verdict = (struct verdict){0};
        add_outside(analysis, site, 1);
    }
    call->site_count = kept;
}

static void analyse_paths(struct analysis *analysis, const struct analysis_evidence *evidence)
{
    const struct trace *trace = analysis->trace;
    analysis->call_count = trace->path_count;
    analysis->calls = analysis_take(trace->path_count, sizeof *analysis->calls);
    for (uint32_t path = 1; path <= trace->path_count; path++) {
        struct analysis_call *call = &analysis->calls[path - 1];
        call->path = path;
        call->count = trace->paths[path].started;
        call->finished = trace->paths[path].finished;
        name_call(call, trace);
        call->sites = analysis_sites_of(evidence, path, &call->site_count);
        for (uint32_t i = 0; i < call->site_count; i++) {
            call->survivors += call->sites[i].survivors;
            call->bytes += call->sites[i].bytes;
        }
        judge_thin(call, trace);
        set_aside_the_loaders(analysis, call);
        qsort(call->sites, call->site_count, sizeof *call->sites, compare_sites);
        sum_sites(call, trace);
        analysis->executions += call->count;
        analysis->leaking += verdict_leaks(call->verdict);
        analysis->leaked_bytes += call->bytes_per_call * (double)call->count;
    }
    roll_up(analysis->calls, trace);
    qsort(analysis->calls, analysis->call_count, sizeof *analysis->calls, compare_calls);
}

struct analysis *analysis_of(const struct trace *trace)
{
    struct analysis *analysis = analysis_take(1, sizeof *analysis);
    analysis->trace = trace;
    struct analysis_evidence *evidence = analysis_gather(trace);
    analyse_paths(analysis, evidence);
    uint32_t count;
    struct analysis_site *outside = analysis_sites_of(evidence, 0, &count);
    add_outside(analysis, outside, count);
    free(outside);
    qsort(analysis->outside, analysis->outside_count, sizeof *analysis->outside, compare_sites);
    analysis_scatter(evidence);
    return analysis;
}

void analysis_free(struct analysis *analysis)
{
    if (!analysis)
        return;
    for (uint32_t i = 0; i < analysis->call_count + analysis->left_out; i++) {
        struct analysis_call *call = &analysis->calls[i];
        free(call->outer);
        free(call->things);
        free(call->sites);
    }
    free(analysis->calls);
    free(analysis->outside);
    free(analysis);
}

void analysis_select(struct analysis *analysis,
                     bool (*wanted)(const struct analysis_call *, void *), void *closure)
{
    uint32_t count = analysis->call_count, kept = 0, left = 0;
    struct analysis_call *others = analysis_take(count, sizeof *others);
    analysis->leaking = 0;
    analysis->executions = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct analysis_call *call = &analysis->calls[i];
        if (!wanted(call, closure)) {
            others[left++] = *call;
            continue;
        }
        analysis->leaking += verdict_leaks(call->verdict);
        analysis->executions += call->count;
        analysis->calls[kept++] = *call;
    }
    memcpy(&analysis->calls[kept], others, left * sizeof *others);
    free(others);
    analysis->call_count = kept;
    analysis->left_out = left;
}

const struct analysis_call *analysis_call_of(const struct analysis *analysis, uint32_t path)
{
    for (uint32_t i = 0; path && i < analysis->call_count + analysis->left_out; i++)
        if (analysis->calls[i].path == path)
            return &analysis->calls[i];
    return NULL;
}

const struct analysis_call *analysis_worst(const struct analysis *analysis)
{
    const struct analysis_call *first = analysis->calls, *other = first + analysis->call_count;
    const struct analysis_call *worst = analysis->call_count ? first : NULL;
    if (analysis->left_out && (!worst || compare_calls(other, worst) < 0))
        worst = other;
    return worst && verdict_leaks(worst->verdict) && worst->bytes_per_call > 0 ? worst : NULL;
}

enum residue_class analysis_class(const struct trace *trace, uint32_t site)
{
    uint32_t kind = trace->sites[site].kind;
    return kind ? trace->kinds[kind].class : (enum residue_class)0;
}
