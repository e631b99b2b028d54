/* Several sites of one call path judged as one: what they left is added up call by call, a range of
 * ordinals at a time. There may be millions of survivors, and their sum is not worth their size. */
#include "analyzer/analysis_sites.h"
#include <stdlib.h>
#include <string.h>

/* The survivors of a site that are still to be added. */
struct rest {
    const struct trace_survivor *at, *end;
};

struct together {
    const struct analysis_site *const *sites;
    uint32_t count;
    struct rest *rest; /* by site */
    uint64_t from;     /* where the next range begins */
    size_t length;
    struct verdict_point *by_call; /* of the range; then those with something, in front */
};

static void start_again(struct together *together)
{
    together->from = 0;
    for (uint32_t i = 0; i < together->count; i++) {
        const struct analysis_site *site = together->sites[i];
        together->rest[i] = (struct rest){site->survivor, site->survivor + site->entries};
    }
}

/* Adds what the site has left in the range. Returns the ordinal that comes then; UINT64_MAX for
 * none. */
static uint64_t add_site(struct together *together, struct rest *rest)
{
    const struct trace_survivor *at = rest->at;
    for (; at < rest->end; at++) {
        uint64_t place = at->ordinal - together->from;
        if (place >= together->length)
            break;
        together->by_call[place].things += at->count;
        together->by_call[place].bytes += at->count * (uint64_t)at->size;
    }
    rest->at = at;
    return at < rest->end ? at->ordinal : UINT64_MAX;
}

static size_t next_range(void *closure, bool first, const struct verdict_point **points)
{
    struct together *together = closure;
    if (first)
        start_again(together);
    size_t count = 0;
    while (!count && together->from != UINT64_MAX) {
        uint64_t next = UINT64_MAX, from = together->from;
        memset(together->by_call, 0, together->length * sizeof *together->by_call);
        for (uint32_t i = 0; i < together->count; i++) {
            uint64_t after = add_site(together, &together->rest[i]);
            next = after < next ? after : next;
        }
        for (uint64_t i = 0; i < together->length; i++)
            if (together->by_call[i].things) {
                together->by_call[count] = together->by_call[i];
                together->by_call[count++].ordinal = (uint32_t)(from + i);
            }
        together->from = next;
    }
    *points = together->by_call;
    return count;
}

static int by_place(const void *one, const void *other)
{
    const struct analysis_site *const *a = one, *const *b = other;
    return ((*a)->site > (*b)->site) - ((*a)->site < (*b)->site);
}

struct verdict analysis_judge_together(const struct trace *trace, uint32_t path,
                                       const struct analysis_site **sites, uint32_t count)
{
    enum { LEAST = 1024, MOST = 1 << 19 }; /* calls in a range */
    uint64_t survivors = 0;
    bool dead = count > 0;
    for (uint32_t i = 0; i < count; i++) {
        survivors += sites[i]->survivors;
        dead = dead && sites[i]->dead;
    }
    if (count)
        qsort(sites, count, sizeof *sites, by_place); /* as they lie in memory */
    size_t length = survivors < LEAST ? LEAST : survivors > MOST ? MOST : (size_t)survivors;
    struct together together = {.sites = sites, .count = count, .length = length};
    together.rest = analysis_take(count, sizeof *together.rest);
    together.by_call = analysis_take(length, sizeof *together.by_call);
    struct verdict_evidence evidence = {.calls = trace->paths[path].started,
                                        .piece = next_range,
                                        .pieces = &together,
                                        .dead = dead};
    struct verdict verdict;
    verdict_of_site(&evidence, &verdict);
    free(together.rest);
    free(together.by_call);
    return verdict;
}
