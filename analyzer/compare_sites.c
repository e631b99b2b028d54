#include "analyzer/compare_sites.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one place ---- */

/* Whether all that is left there has one size. */
static bool one_size(const struct figures_site *site, double *size)
{
    const struct estimate *bytes = &site->bytes, *things = &site->things;
    if (!(things->rate > 0))
        return false;
    *size = bytes->rate / things->rate;
    double slack = 1e-6 * bytes->rate;
    return fabs(bytes->low - *size * things->low) <= slack &&
           fabs(bytes->high - *size * things->high) <= slack;
}

/* Nothing of the site's in that many calls. A call that was not made left nothing for certain, and
 * what every call leaves does not fail to show. */
static struct estimate nothing_like(const struct estimate *other, const struct figures_site *site,
                                    const struct figures_call *call)
{
    double each = site->things.rate > 1 ? site->things.rate : 1;
    double size = other->rate / (site->things.rate > 0 ? site->things.rate : 1);
    return call && !statistics_is_exact(*other) ? statistics_nothing_of(call->count, each * size)
                                                : (struct estimate){0};
}

/* Of processes that made other numbers of calls than on the other side. */
static struct estimate mixed(struct estimate estimate, double mix)
{
    double below = hypot(estimate.rate - estimate.low, mix),
           above = hypot(estimate.high - estimate.rate, mix);
    return mix > 0 ? (struct estimate){estimate.rate, fmax(0, estimate.rate - below),
                                       estimate.rate + above}
                   : estimate;
}

static bool mixes_differ(const struct figures_call *before, const struct figures_call *after)
{
    return before && after && before->mix != after->mix;
}

static void measure(struct compared_site *site, const struct figures_call *before,
                    const struct figures_call *after)
{
    bool differ = mixes_differ(before, after);
    const struct figures_site *one = site->before, *other = site->after;
    struct estimate bytes[2], things[2];
    double sizes[2];
    bytes[0] = one ? one->bytes : nothing_like(&other->bytes, other, before);
    things[0] = one ? one->things : nothing_like(&other->things, other, before);
    bytes[1] = other ? other->bytes : nothing_like(&one->bytes, one, after);
    things[1] = other ? other->things : nothing_like(&one->things, one, after);
    if (differ && one && other) {
        bytes[0] = mixed(bytes[0], one->bytes_mix);
        things[0] = mixed(things[0], one->things_mix);
        bytes[1] = mixed(bytes[1], other->bytes_mix);
        things[1] = mixed(things[1], other->things_mix);
    }
    site->bytes = statistics_difference(bytes[0], bytes[1]);
    site->things = statistics_difference(things[0], things[1]);
    if (one && other && one_size(one, &sizes[0]) && one_size(other, &sizes[1])) {
        site->sizes_differ = fabs(sizes[0] - sizes[1]) > 1e-6 * sizes[0];
        site->size_change = site->sizes_differ ? sizes[1] - sizes[0] : 0;
    }
}

double compare_chance(const struct compared_site *site)
{
    if (site->sizes_differ)
        return 0;
    return fmin(1, 2 * fmin(site->bytes.chance, site->things.chance));
}

/* ---- a call's places ---- */

static bool counts(const struct figures_site *site, const bool *left_out, size_t index)
{
    return verdict_leaks(site->verdict) && !(left_out && left_out[index]);
}

bool compare_leaks(const struct figures_site *site)
{
    return verdict_leaks(site->verdict) || site->perhaps_leak;
}

/* Which site before each one after is; NONE for none. */
struct pairing {
    const struct figures_call *before, *after;
    size_t *partner;
    bool *taken; /* of `before` */
    double level;
};
#define NONE SIZE_MAX

typedef bool same(const struct pairing *, const struct figures_site *, const struct figures_site *);

static bool same_line(const struct pairing *pairing, const struct figures_site *before,
                      const struct figures_site *after)
{
    (void)pairing;
    return !strcmp(before->key, after->key);
}

static bool same_rate(const struct pairing *pairing, const struct figures_site *before,
                      const struct figures_site *after)
{
    struct compared_site both = {.before = before, .after = after};
    if (strcmp(before->functions, after->functions) != 0)
        return false;
    measure(&both, pairing->before, pairing->after);
    return compare_chance(&both) > pairing->level;
}

static bool same_size(const struct pairing *pairing, const struct figures_site *before,
                      const struct figures_site *after)
{
    double sizes[2];
    (void)pairing;
    return !strcmp(before->functions, after->functions) && verdict_leaks(before->verdict) &&
           one_size(before, &sizes[0]) && one_size(after, &sizes[1]) && sizes[0] > 0 &&
           fabs(sizes[0] - sizes[1]) <= 1e-6 * sizes[0];
}

static void pair(struct pairing *pairing, same *are_same)
{
    for (size_t i = 0; i < pairing->after->site_count; i++) {
        for (size_t k = 0; k < pairing->before->site_count && pairing->partner[i] == NONE; k++) {
            if (pairing->taken[k] ||
                !are_same(pairing, &pairing->before->site[k], &pairing->after->site[i]))
                continue;
            pairing->partner[i] = k;
            pairing->taken[k] = true;
        }
    }
}

/* The same line first. Lines move when code around them is changed: then, in the same functions,
 * what leaves as much, or things of the same size. What is left of both sides is new, or gone: one
 * leak mended and another made in the same function is no better leak. */
static void pair_all(struct pairing *pairing)
{
    pair(pairing, same_line);
    pair(pairing, same_rate);
    pair(pairing, same_size);
}

/* All that leaks on either side. What leaks now may only have seemed not to before: its rate was
 * observed all the same. */
static void find_sites(struct compared_call *to, const bool *before_left_out,
                       const bool *after_left_out, double level)
{
    static const struct figures_call none;
    struct pairing pairing = {.before = to->before ? to->before : &none,
                              .after = to->after ? to->after : &none,
                              .level = level};
    const struct figures_site *before = pairing.before->site, *after = pairing.after->site;
    pairing.partner = analysis_take(pairing.after->site_count + 1, sizeof *pairing.partner);
    pairing.taken = analysis_take(pairing.before->site_count + 1, sizeof *pairing.taken);
    for (size_t i = 0; i < pairing.after->site_count; i++)
        pairing.partner[i] = NONE;
    pair_all(&pairing);
    for (size_t i = 0; i < pairing.after->site_count; i++) {
        size_t k = pairing.partner[i];
        bool was = k != NONE && !(before_left_out && before_left_out[k]);
        bool left_out = after_left_out && after_left_out[i];
        if ((compare_leaks(&after[i]) && !left_out) ||
            (was && verdict_leaks(before[k].verdict) && !left_out))
            to->site[to->count++] = (struct compared_site){.as = was ? COMPARED_BOTH : COMPARED_NEW,
                                                           .before = was ? &before[k] : NULL,
                                                           .after = &after[i]};
    }
    for (size_t k = 0; k < pairing.before->site_count; k++)
        if (!pairing.taken[k] && counts(&before[k], before_left_out, k))
            to->site[to->count++] =
                (struct compared_site){.as = COMPARED_GONE, .before = &before[k]};
    free(pairing.partner);
    free(pairing.taken);
}

/* A new place that leaves what one that is gone left: the code was changed, the leak was not. */
static void find_moved(struct compared_call *call, double level)
{
    for (size_t i = 0; i < call->count; i++) {
        for (size_t k = 0; k < call->count && call->site[i].as == COMPARED_NEW; k++) {
            struct compared_site *now = &call->site[i], *gone = &call->site[k];
            if (gone->as != COMPARED_GONE ||
                strcmp(gone->before->resource, now->after->resource) != 0)
                continue;
            struct compared_site moved = {
                .as = COMPARED_MOVED, .before = gone->before, .after = now->after};
            measure(&moved, call->before, call->after);
            if (compare_chance(&moved) <= level)
                continue;
            *now = moved;
            *gone = call->site[--call->count];
            break;
        }
    }
}

/* The call's own sum, with what was observed at places that only leak on the other side, and what
 * may have escaped of those that are not there at all. */
static struct estimate sum(const struct compared_call *call, const struct figures_call *of,
                           const bool *left_out, bool after)
{
    struct estimate bytes = of ? figures_bytes(of, left_out) : (struct estimate){0};
    for (size_t i = 0; i < call->count; i++) {
        const struct figures_site *site = after ? call->site[i].after : call->site[i].before;
        const struct figures_site *other = after ? call->site[i].before : call->site[i].after;
        if (site && verdict_leaks(site->verdict))
            continue;
        struct estimate more = site ? site->bytes : nothing_like(&other->bytes, other, of);
        bytes.rate += more.rate;
        bytes.low += more.low;
        bytes.high += more.high;
    }
    return bytes;
}

static size_t sites_of(const struct figures_call *call)
{
    return call ? call->site_count : 0;
}

struct compared_call compare_calls(const struct figures_call *before, const bool *before_left_out,
                                   const struct figures_call *after, const bool *after_left_out,
                                   double level)
{
    struct compared_call call = {.before = before, .after = after};
    call.site = analysis_take(sites_of(before) + sites_of(after) + 1, sizeof *call.site);
    find_sites(&call, before_left_out, after_left_out, level);
    find_moved(&call, level);
    for (size_t i = 0; i < call.count; i++)
        if (call.site[i].as != COMPARED_MOVED)
            measure(&call.site[i], before, after);
    call.bytes_before = sum(&call, before, before_left_out, false);
    call.bytes_after = sum(&call, after, after_left_out, true);
    bool differ = mixes_differ(before, after);
    call.bytes = statistics_difference(mixed(call.bytes_before, differ ? before->bytes_mix : 0),
                                       mixed(call.bytes_after, differ ? after->bytes_mix : 0));
    return call;
}

void compare_free(struct compared_call *call)
{
    free(call->site);
    call->site = NULL;
    call->count = 0;
}
