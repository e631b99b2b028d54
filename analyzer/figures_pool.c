/* Several processes' figures as one. */
#include "analyzer/figures_make.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sites of one process ---- */

static int by_key(const char *one, const char *other)
{
    return strcmp(one, other);
}

static int sites_by_key(const void *one, const void *other)
{
    const struct figures_site *a = one, *b = other;
    return by_key(a->key, b->key);
}

static bool leaves_more(const struct figures_site *one, const struct figures_site *other)
{
    if (one->bytes.rate > other->bytes.rate || one->bytes.rate < other->bytes.rate)
        return one->bytes.rate > other->bytes.rate;
    return one->things.rate > other->things.rate;
}

static struct estimate sum_of(struct estimate one, struct estimate other)
{
    return (struct estimate){one.rate + other.rate, one.low + other.low, one.high + other.high};
}

/* Two callers of one call. */
static void join(struct figures_site *into, const struct figures_site *other)
{
    bool one_leaks = verdict_leaks(into->verdict), other_leaks = verdict_leaks(other->verdict);
    if (one_leaks != other_leaks) { /* what does not leak is no part of a leak's rate */
        *into = one_leaks ? *into : *other;
        return;
    }
    if (leaves_more(other, into))
        into->stack = other->stack;
    if (verdict_rank(other->verdict) > verdict_rank(into->verdict))
        into->verdict = other->verdict;
    into->perhaps_leak = into->perhaps_leak || other->perhaps_leak;
    into->bytes = sum_of(into->bytes, other->bytes);
    into->things = sum_of(into->things, other->things);
}

void figures_join_sites(struct figures_call *call)
{
    size_t kept = 0;
    if (call->site_count)
        qsort(call->site, call->site_count, sizeof *call->site, sites_by_key);
    for (size_t i = 0; i < call->site_count; i++) {
        if (kept && !strcmp(call->site[kept - 1].key, call->site[i].key))
            join(&call->site[kept - 1], &call->site[i]);
        else
            call->site[kept++] = call->site[i];
    }
    call->site_count = kept;
}

/* ---- strata ---- */

/* Rates of one thing in several processes, each of which weighs as many as it made calls. */
struct strata {
    double calls; /* of all */
    double rate, below, above;
    double square; /* of rates, their mean */
    double first;
    bool alike, begun; /* each exact, and the same */
};

static void add_stratum(struct strata *strata, struct estimate estimate, uint64_t count)
{
    double weight = (double)count / strata->calls;
    double below = weight * (estimate.rate - estimate.low);
    double above = weight * (estimate.high - estimate.rate);
    if (!strata->begun)
        strata->first = estimate.rate;
    strata->alike = (strata->alike || !strata->begun) && statistics_is_exact(estimate) &&
                    fabs(estimate.rate - strata->first) <= 1e-9 * strata->first;
    strata->begun = true;
    strata->rate += weight * estimate.rate;
    strata->square += weight * estimate.rate * estimate.rate;
    strata->below += below * below;
    strata->above += above * above;
}

static struct estimate estimate_of(const struct strata *strata)
{
    if (strata->alike)
        return (struct estimate){strata->first, strata->first, strata->first};
    return (struct estimate){strata->rate, fmax(0, strata->rate - sqrt(strata->below)),
                             strata->rate + sqrt(strata->above)};
}

/* How many of all calls are each process's is chance: by how much that moves the rate. */
static double mix_of(const struct strata *strata)
{
    double variance = strata->square - strata->rate * strata->rate;
    return strata->alike ? 0 : statistics_spread(variance, strata->calls);
}

/* ---- calls of several processes ---- */

/* A call, a site of `call` or a finding, and the process it is of. */
struct member {
    const char *key;
    const void *what;
    const struct figures_call *call;
    size_t process;
};

struct members {
    struct member *member;
    size_t count, room;
};

static void add_member(struct members *members, struct member member)
{
    members->member = analysis_grow(members->member, sizeof member, members->count, &members->room);
    members->member[members->count++] = member;
}

static int members_by_key(const void *one, const void *other)
{
    const struct member *a = one, *b = other;
    int order = by_key(a->key, b->key);
    return order ? order : (a->process > b->process) - (a->process < b->process);
}

static void sort_members(struct members *members)
{
    if (members->count)
        qsort(members->member, members->count, sizeof *members->member, members_by_key);
}

/* Where those of the key of `at` end. */
static size_t alike_from(const struct members *members, size_t at)
{
    size_t end = at + 1;
    while (end < members->count && !strcmp(members->member[end].key, members->member[at].key))
        end++;
    return end;
}

/* Of a process that made the call and where the site left nothing: that much may have escaped. */
static void add_absent(struct strata *strata, const struct member *calls, size_t call_count,
                       const struct member *sites, size_t site_count, double size)
{
    for (size_t i = 0, at = 0; i < call_count; i++) {
        while (at < site_count && sites[at].process < calls[i].process)
            at++;
        if (at == site_count || sites[at].process != calls[i].process)
            add_stratum(strata, statistics_nothing_of(calls[i].call->count, size),
                        calls[i].call->count);
    }
}

static struct figures_site pool_site(const struct member *calls, size_t call_count,
                                     const struct member *sites, size_t site_count, double all)
{
    struct figures_site pooled = *(const struct figures_site *)sites[0].what;
    struct strata bytes = {.calls = all}, things = {.calls = all};
    const struct figures_site *most = sites[0].what;
    double size = 0, number = 1;
    for (size_t i = 0; i < site_count; i++) {
        const struct figures_site *site = sites[i].what;
        add_stratum(&bytes, site->bytes, sites[i].call->count);
        add_stratum(&things, site->things, sites[i].call->count);
        if (verdict_rank(site->verdict) > verdict_rank(pooled.verdict))
            pooled.verdict = site->verdict;
        if (leaves_more(site, most))
            most = site;
        pooled.perhaps_leak = pooled.perhaps_leak || site->perhaps_leak;
        number = fmax(number, site->things.rate);
        if (site->things.rate > 0)
            size = fmax(size, site->bytes.rate / fmin(1, site->things.rate));
    }
    add_absent(&bytes, calls, call_count, sites, site_count, size);
    add_absent(&things, calls, call_count, sites, site_count, number);
    pooled.bytes = estimate_of(&bytes);
    pooled.things = estimate_of(&things);
    pooled.bytes_mix = mix_of(&bytes);
    pooled.things_mix = mix_of(&things);
    pooled.stack = most->stack;
    /* Each process made too few calls to tell a leak from a cache, but every call of all of them
     * left something: where nothing was left before, that is worth a look. */
    if (pooled.verdict == VERDICT_TOO_FEW_CALLS && statistics_is_exact(pooled.things) &&
        pooled.things.rate >= 1 && all >= VERDICT_MIN_CALLS)
        pooled.perhaps_leak = true;
    return pooled;
}

static void pool_sites(struct figures_storage *storage, const struct member *calls,
                       size_t call_count, struct figures_call *pooled)
{
    struct members sites = {0};
    for (size_t i = 0; i < call_count; i++)
        for (size_t k = 0; k < calls[i].call->site_count; k++)
            add_member(&sites, (struct member){calls[i].call->site[k].key, &calls[i].call->site[k],
                                               calls[i].call, calls[i].process});
    sort_members(&sites);
    pooled->site = figures_take(storage, sites.count, sizeof *pooled->site);
    pooled->site_count = 0;
    for (size_t at = 0, end; at < sites.count; at = end) {
        end = alike_from(&sites, at);
        pooled->site[pooled->site_count++] =
            pool_site(calls, call_count, &sites.member[at], end - at, (double)pooled->count);
    }
    free(sites.member);
}

/* What the calls leave. Those of a process that made too few of them to tell say nothing of it,
 * where others do. */
static void pool_bytes(const struct member *calls, size_t count, struct figures_call *pooled)
{
    struct strata bytes = {0};
    uint64_t all = 0, telling = 0;
    for (size_t i = 0; i < count; i++) {
        all += calls[i].call->count;
        if (calls[i].call->verdict != VERDICT_TOO_FEW_CALLS)
            telling += calls[i].call->count;
    }
    bytes.calls = (double)(telling ? telling : all);
    for (size_t i = 0; i < count; i++)
        if (!telling || calls[i].call->verdict != VERDICT_TOO_FEW_CALLS)
            add_stratum(&bytes, calls[i].call->bytes, calls[i].call->count);
    pooled->bytes = estimate_of(&bytes);
    pooled->bytes_mix = mix_of(&bytes);
}

/* Alike for the same processes with as many calls each, in any order (FNV-1a, summed up). */
static uint64_t mix_id(const char *command, uint64_t count)
{
    uint64_t id = 0xcbf29ce484222325u;
    for (; *command; command++)
        id = (id ^ (unsigned char)*command) * 0x100000001b3u;
    for (unsigned i = 0; i < sizeof count; i++)
        id = (id ^ (count >> 8 * i & 0xff)) * 0x100000001b3u;
    return id;
}

static struct figures_call pool_call(struct figures_storage *storage, const struct figures *each,
                                     const struct member *calls, size_t count)
{
    struct figures_call pooled = *calls[0].call;
    pooled.part = figures_take(storage, count, sizeof *pooled.part);
    pooled.part_count = count;
    pooled.count = pooled.mix = 0;
    bool alone = false; /* leaks of itself in one of them */
    for (size_t i = 0; i < count; i++) {
        pooled.part[i] = calls[i].call->part[0];
        pooled.part[i].process = calls[i].process;
        pooled.count += calls[i].call->count;
        pooled.mix += mix_id(each[calls[i].process].process[0].command, calls[i].call->count);
        pooled.kept_by = pooled.kept_by ? pooled.kept_by : calls[i].call->kept_by;
        if (verdict_rank(calls[i].call->verdict) > verdict_rank(pooled.verdict))
            pooled.verdict = calls[i].call->verdict;
        if (verdict_leaks(calls[i].call->verdict) && !calls[i].call->kept_by)
            alone = true;
    }
    if (alone)
        pooled.kept_by = NULL;
    pool_bytes(calls, count, &pooled);
    pool_sites(storage, calls, count, &pooled);
    return pooled;
}

static void pool_calls(struct figures_storage *storage, const struct figures *each, size_t count,
                       struct figures *pooled)
{
    struct members calls = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < each[i].call_count; k++)
            if (each[i].call[k].count)
                add_member(&calls, (struct member){each[i].call[k].key, NULL, &each[i].call[k], i});
    sort_members(&calls);
    pooled->call = figures_take(storage, calls.count, sizeof *pooled->call);
    for (size_t at = 0, end; at < calls.count; at = end) {
        end = alike_from(&calls, at);
        pooled->call[pooled->call_count++] = pool_call(storage, each, &calls.member[at], end - at);
    }
    free(calls.member);
}

/* ---- findings ---- */

/* How many calls, or loads, a finding's rate is of. */
static double trials_of(const struct figures_finding *finding)
{
    return finding->rate.rate > 0 ? (double)finding->count / finding->rate.rate : 0;
}

static struct figures_finding pool_finding(struct figures_storage *storage,
                                           const struct figures *all, const struct member *members,
                                           size_t count)
{
    struct figures_finding pooled = *(const struct figures_finding *)members[0].what;
    double trials = 0, bytes = 0;
    pooled.count = 0;
    pooled.process = members[0].process;
    for (size_t i = 0; i < count; i++) {
        const struct figures_finding *finding = members[i].what;
        double calls = trials_of(finding);
        pooled.count += finding->count;
        bytes += finding->bytes_per_call * calls;
        /* Several places of one process are of the same calls. */
        for (size_t k = i; k-- > 0 && members[k].process == members[i].process;)
            calls = fmax(0, calls - trials_of(members[k].what));
        trials += calls;
        pooled.remark = pooled.remark && finding->remark;
    }
    const char *key = figures_text(storage, "%s%s%s", pooled.within, *pooled.within ? " > " : "",
                                   pooled.call ? pooled.call : "");
    const struct figures_call *call = figures_call(all, key);
    if (call && pooled.per_call && all->process_count > 1 && trials > 0)
        trials = fmax(trials, (double)call->count); /* where it was not found it was not */
    pooled.rate = statistics_count_of((double)pooled.count, trials);
    pooled.bytes_per_call = trials > 0 ? bytes / trials : 0;
    return pooled;
}

static void pool_findings(struct figures_storage *storage, const struct figures *each, size_t count,
                          struct figures *pooled)
{
    struct members findings = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < each[i].finding_count; k++)
            add_member(&findings,
                       (struct member){each[i].finding[k].key, &each[i].finding[k], NULL, i});
    sort_members(&findings);
    pooled->finding = figures_take(storage, findings.count, sizeof *pooled->finding);
    for (size_t at = 0, end; at < findings.count; at = end) {
        end = alike_from(&findings, at);
        pooled->finding[pooled->finding_count++] =
            pool_finding(storage, pooled, &findings.member[at], end - at);
    }
    free(findings.member);
}

void figures_pool(struct figures_storage *storage, const struct figures *each, size_t count,
                  struct figures *pooled)
{
    *pooled = (struct figures){.storage = pooled->storage};
    pooled->process = figures_take(storage, count, sizeof *pooled->process);
    for (size_t i = 0; i < count; i++)
        pooled->process[pooled->process_count++] = each[i].process[0];
    pool_calls(storage, each, count, pooled);
    pool_findings(storage, each, count, pooled);
}
