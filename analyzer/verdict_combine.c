/* Verdicts by name and by rank, and the sum of a call's sites. */
#include "analyzer/verdict.h"
#include <math.h>

const char *verdict_name(enum verdict_kind kind)
{
    static const char *const names[VERDICT_KINDS] = {
        [VERDICT_CLEAN] = "clean",     [VERDICT_LEAK] = "leak",
        [VERDICT_WARMING] = "warming", [VERDICT_IN_FLIGHT] = "in-flight",
        [VERDICT_ONE_OFF] = "one-off", [VERDICT_BOUNDED] = "bounded",
        [VERDICT_GROWING] = "growing", [VERDICT_TOO_FEW_CALLS] = "too-few-calls",
    };
    return kind < VERDICT_KINDS ? names[kind] : "unknown";
}

bool verdict_leaks(enum verdict_kind kind)
{
    return kind == VERDICT_LEAK || kind == VERDICT_GROWING;
}

int verdict_rank(enum verdict_kind kind)
{
    static const int ranks[VERDICT_KINDS] = {
        [VERDICT_CLEAN] = 0,     [VERDICT_BOUNDED] = 1, [VERDICT_ONE_OFF] = 2,
        [VERDICT_IN_FLIGHT] = 3, [VERDICT_WARMING] = 4, [VERDICT_TOO_FEW_CALLS] = 5,
        [VERDICT_GROWING] = 6,   [VERDICT_LEAK] = 7,
    };
    return kind < VERDICT_KINDS ? ranks[kind] : -1;
}

/* Half-widths of an interval, below and above. */
struct halves {
    double below, above;
};

static void add(struct halves *sum, double rate, const double interval[2])
{
    sum->below += rate - interval[0];
    sum->above += interval[1] - rate;
}

/* More uncertain sites than this are all taken to vary together: wider, never too narrow. */
enum { GROUPS_MOST = 1024 };

static bool uncertain(const struct verdict *verdict)
{
    return verdict_leaks(verdict->kind) && !verdict->exact;
}

/* Adds up the half-widths of site `at` and of all later ones that leaked in the same calls. False
 * when an earlier site was such a one. */
static bool group(const struct verdict *sites, size_t count, size_t at, bool together,
                  struct halves *things, struct halves *bytes)
{
    *things = *bytes = (struct halves){0, 0};
    for (size_t i = 0; i < count; i++) {
        if (!uncertain(&sites[i]) || (!together && sites[i].which_calls != sites[at].which_calls))
            continue;
        if (i < at)
            return false;
        add(things, sites[i].per_call, sites[i].things95);
        add(bytes, sites[i].bytes_per_call, sites[i].ci95);
    }
    return true;
}

static void add_squares(struct halves *sum, struct halves halves)
{
    sum->below += halves.below * halves.below;
    sum->above += halves.above * halves.above;
}

static void set(double interval[2], double rate, struct halves squares)
{
    interval[0] = fmax(0, rate - sqrt(squares.below));
    interval[1] = rate + sqrt(squares.above);
}

struct verdict verdict_combine(const struct verdict *sites, size_t count)
{
    struct verdict sum = {.kind = VERDICT_CLEAN, .exact = true};
    struct halves things = {0, 0}, bytes = {0, 0};
    size_t summed = 0, unsure = 0;
    for (size_t i = 0; i < count; i++) {
        if (verdict_rank(sites[i].kind) > verdict_rank(sum.kind)) {
            sum.kind = sites[i].kind;
            sum.growth = sites[i].growth;
        }
        if (!verdict_leaks(sites[i].kind))
            continue;
        sum.first = !summed || sites[i].first < sum.first ? sites[i].first : sum.first;
        sum.last = sites[i].last > sum.last ? sites[i].last : sum.last;
        sum.per_call += sites[i].per_call;
        sum.bytes_per_call += sites[i].bytes_per_call;
        sum.exact = sum.exact && sites[i].exact;
        sum.from_checkpoint = sum.from_checkpoint || sites[i].from_checkpoint;
        unsure += uncertain(&sites[i]);
        summed++;
    }
    sum.exact = sum.exact && summed;
    for (size_t i = 0; unsure && i < count; i++) {
        struct halves group_things, group_bytes;
        if (!uncertain(&sites[i]) ||
            !group(sites, count, i, unsure > GROUPS_MOST, &group_things, &group_bytes))
            continue;
        add_squares(&things, group_things);
        add_squares(&bytes, group_bytes);
    }
    set(sum.things95, sum.per_call, things);
    set(sum.ci95, sum.bytes_per_call, bytes);
    return sum;
}
