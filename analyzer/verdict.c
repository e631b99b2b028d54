#include "analyzer/verdict.h"
#include "analyzer/statistics.h"

#include <math.h>
#include <string.h>

static const double Z95 = 1.959963984540054;

static void wilson(double successes, double trials, double interval[2])
{
    double share = successes / trials, z2 = Z95 * Z95;
    double centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
    double half =
        Z95 / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials));
    interval[0] = centre - half < 0 ? 0 : centre - half;
    interval[1] = centre + half > 1 ? 1 : centre + half;
}

static void mean_interval(double sum, double squares, double count, double interval[2])
{
    double mean = sum / count;
    double variance = (squares - sum * mean) / (count - 1);
    double half = variance > 0 ? Z95 * sqrt(variance / count) : 0;
    interval[0] = mean - half < 0 ? 0 : mean - half;
    interval[1] = mean + half;
}

static double overall(const double *hits, const double *trials, size_t segments, double *all)
{
    double hit = 0;
    *all = 0;
    for (size_t i = 0; i < segments; i++) {
        hit += hits[i];
        *all += trials[i];
    }
    return *all > 0 ? hit / *all : 0;
}

static double uniformity(const double *hits, const double *trials, size_t segments)
{
    double all, share = overall(hits, trials, segments, &all), chi = 0;
    if (share <= 0 || share >= 1)
        return 0;
    for (size_t i = 0; i < segments; i++) {
        double off = hits[i] - trials[i] * share;
        if (trials[i] > 0)
            chi += off * off / (trials[i] * share * (1 - share));
    }
    return chi;
}

/* Cochran and Armitage's test, with the segments' numbers as scores. */

enum {
    MOST_BUCKETS = 64,
    SEGMENTS = 16,
    LEAST_HITS = 8, /* leaking calls needed to speak of "some of all" */
};

/* chi-squared with 15 degrees of freedom is beyond 40 once in 2,000 uniform samples; a falling
 * share beyond 3.3 deviations once in 2,000. */
static const double UNIFORM_MOST = 40.0;
static const double FALLING_MOST = -3.3;
static const double RISING_MOST = 4.5;

/* What the calls of a window left behind, call by call or bucket by bucket. */
struct window {
    double calls;   /* ordinals in it */
    double leaking; /* with a survivor */
    double things, bytes, bytes_squared;
    double hits[SEGMENTS], trials[SEGMENTS];
    bool alike; /* every ordinal left the same */
    double each_things, each_bytes;
};

/* Calls left out at both ends: warm-up, and what is still in flight. */
static uint32_t warm_up(uint32_t calls)
{
    return calls / 10;
}

static uint32_t tail(uint32_t calls)
{
    uint32_t part = calls / 20;
    return part < 8 ? 8 : part;
}

static size_t segment_of(uint32_t ordinal, uint32_t first, uint32_t count)
{
    return (size_t)((uint64_t)(ordinal - first) * SEGMENTS / count);
}

static void add_call(struct window *window, size_t segment, double things, double bytes, bool first)
{
    window->hits[segment] += 1;
    window->leaking += 1;
    window->things += things;
    window->bytes += bytes;
    window->bytes_squared += bytes * bytes;
    if (first) {
        window->each_things = things;
        window->each_bytes = bytes;
    } else if (things != window->each_things || bytes != window->each_bytes) {
        window->alike = false;
    }
}

static struct window window_of_survivors(const struct verdict_evidence *evidence)
{
    struct window window = {.alike = true};
    uint32_t first = warm_up(evidence->calls) + 1;
    uint32_t last = evidence->calls - tail(evidence->calls);
    uint32_t count = last - first + 1;
    window.calls = count;
    for (size_t s = 0; s < SEGMENTS; s++)
        window.trials[s] =
            floor((double)(s + 1) * count / SEGMENTS) - floor((double)s * count / SEGMENTS);
    for (size_t i = 0; i < evidence->point_count;) {
        uint32_t ordinal = evidence->points[i].ordinal;
        double things = 0, bytes = 0;
        for (; i < evidence->point_count && evidence->points[i].ordinal == ordinal; i++) {
            things += 1;
            bytes += (double)evidence->points[i].bytes;
        }
        if (ordinal >= first && ordinal <= last)
            add_call(&window, segment_of(ordinal, first, count), things, bytes,
                     window.leaking == 0);
    }
    window.alike = window.alike && window.leaking == window.calls;
    return window;
}

/* Survivors spread over the window as a leak spreads them. */
static bool spread_out(const struct window *window)
{
    if (window->leaking < LEAST_HITS)
        return false;
    double trend = statistics_trend(window->hits, window->trials, SEGMENTS);
    return uniformity(window->hits, window->trials, SEGMENTS) <= UNIFORM_MOST &&
           trend >= FALLING_MOST && trend <= RISING_MOST;
}

static void rate_of(const struct window *window, struct verdict *verdict)
{
    verdict->exact = window->alike;
    if (window->alike) {
        verdict->per_call = window->each_things;
        verdict->bytes_per_call = window->each_bytes;
        verdict->ci95[0] = verdict->ci95[1] = window->each_bytes;
        return;
    }
    verdict->per_call = window->things / window->calls;
    verdict->bytes_per_call = window->bytes / window->calls;
    double mean = window->bytes / window->leaking;
    double deviation = window->bytes_squared / window->leaking - mean * mean;
    if (deviation < 1e-9 * mean * mean) { /* one size: the share alone is uncertain */
        wilson(window->leaking, window->calls, verdict->ci95);
        verdict->ci95[0] *= mean;
        verdict->ci95[1] *= mean;
    } else {
        mean_interval(window->bytes, window->bytes_squared, window->calls, verdict->ci95);
    }
}

/* The rate over all calls, where no window makes sense. */
static void observed_rate(const struct verdict_evidence *evidence, struct verdict *verdict)
{
    double calls = evidence->calls ? evidence->calls : 1, sum = 0, squares = 0;
    for (size_t i = 0; i < evidence->point_count; i++) {
        double bytes = (double)evidence->points[i].bytes;
        sum += bytes;
        squares += bytes * bytes;
    }
    verdict->per_call = (double)evidence->point_count / calls;
    verdict->bytes_per_call = sum / calls;
    verdict->ci95[0] = verdict->ci95[1] = sum / calls;
    if (calls > 1)
        mean_interval(sum, squares, calls, verdict->ci95);
}

/* ---- before a teardown ---- */

/* The same question put to a checkpoint's buckets. Only whole buckets count, so that what is in
 * flight in the last one does not. */
static bool leaks_at(const struct verdict_checkpoint *summary, struct verdict *verdict)
{
    uint32_t width = summary->bucket_width;
    if (summary->calls < VERDICT_MIN_CALLS || !width)
        return false;
    size_t whole = summary->calls / width;
    whole = whole > MOST_BUCKETS ? MOST_BUCKETS : whole;
    size_t begin = whole / 10 + 1, end = whole - 1;
    if (end <= begin + 4)
        return false;
    double hits[MOST_BUCKETS], trials[MOST_BUCKETS], things = 0, bytes = 0, squares = 0;
    bool alike = true;
    size_t count = end - begin;
    for (size_t i = begin; i < end; i++) {
        double here = summary->bucket_survivors[i];
        alike = alike && here == summary->bucket_survivors[begin] &&
                summary->bucket_bytes[i] == summary->bucket_bytes[begin];
        hits[i - begin] = here < width ? here : width;
        trials[i - begin] = width;
        things += here;
        double each = (double)summary->bucket_bytes[i] / width;
        bytes += each;
        squares += each * each;
    }
    double trend = statistics_trend(hits, trials, count);
    if (things < LEAST_HITS || uniformity(hits, trials, count) > 2.7 * (double)count ||
        trend < FALLING_MOST || trend > RISING_MOST)
        return false;
    verdict->per_call = things / (double)count / width;
    verdict->bytes_per_call = bytes / (double)count;
    verdict->exact = alike && summary->bucket_survivors[begin] % width == 0;
    verdict->ci95[0] = verdict->ci95[1] = verdict->bytes_per_call;
    if (!verdict->exact)
        mean_interval(bytes, squares, (double)count, verdict->ci95);
    return true;
}

static bool leaked_until_teardown(const struct verdict_evidence *evidence, struct verdict *verdict)
{
    for (size_t i = evidence->checkpoint_count; i-- > 0;)
        if (evidence->checkpoints[i].teardown)
            return leaks_at(&evidence->checkpoints[i], verdict);
    return false;
}

/* ---- what is no leak ---- */

static const struct verdict_checkpoint *at_part(const struct verdict_evidence *evidence,
                                                double part)
{
    const struct verdict_checkpoint *found = NULL;
    for (size_t i = 0; i < evidence->checkpoint_count; i++)
        if (evidence->checkpoints[i].calls <= part * evidence->calls)
            found = &evidence->checkpoints[i];
    return found;
}

/* A few blocks that swell as calls go on: a container that doubles. */
static bool swells(const struct verdict_evidence *evidence, double bytes)
{
    const struct verdict_checkpoint *early = at_part(evidence, 0.25);
    return early && early->survivors && evidence->point_count <= early->survivors + 2 &&
           evidence->point_count <= 4 && bytes >= 2.0 * (double)early->bytes;
}

static bool flat(const struct verdict_evidence *evidence)
{
    const struct verdict_checkpoint *half = at_part(evidence, 0.55);
    double now = (double)evidence->point_count;
    return half && half->survivors && fabs(now - (double)half->survivors) <= 2 + 0.1 * now;
}

static enum verdict_kind benign(const struct verdict_evidence *evidence, double bytes)
{
    uint32_t calls = evidence->calls;
    uint32_t first = evidence->points[0].ordinal;
    uint32_t last = evidence->points[evidence->point_count - 1].ordinal;
    uint32_t flight = tail(calls) > 50 ? tail(calls) : 50;
    if (swells(evidence, bytes))
        return VERDICT_GROWING;
    if (last <= warm_up(calls))
        return VERDICT_WARMING;
    if (first > calls - flight)
        return VERDICT_IN_FLIGHT;
    if (evidence->point_count < LEAST_HITS && !flat(evidence))
        return VERDICT_ONE_OFF;
    size_t early = 0;
    for (size_t i = 0; i < evidence->point_count; i++)
        early += evidence->points[i].ordinal <= calls / 2;
    if (flat(evidence) && early < evidence->point_count)
        return VERDICT_BOUNDED;
    if (early * 10 >= evidence->point_count * 6)
        return VERDICT_WARMING;
    return VERDICT_BOUNDED;
}

static struct verdict decide(const struct verdict_evidence *evidence)
{
    struct verdict verdict = {.kind = VERDICT_CLEAN};
    if (evidence->calls >= VERDICT_MIN_CALLS) {
        struct window window = window_of_survivors(evidence);
        if (spread_out(&window)) {
            verdict.kind = VERDICT_LEAK;
            rate_of(&window, &verdict);
            return verdict;
        }
        if (leaked_until_teardown(evidence, &verdict)) {
            verdict.kind = VERDICT_LEAK;
            verdict.from_checkpoint = true;
            return verdict;
        }
    }
    if (!evidence->point_count)
        return verdict;
    observed_rate(evidence, &verdict);
    if (evidence->calls < VERDICT_MIN_CALLS)
        verdict.kind = VERDICT_TOO_FEW_CALLS;
    else
        verdict.kind = benign(evidence, verdict.bytes_per_call * evidence->calls);
    return verdict;
}

/* Things vary as the calls do that leave them. */
static void things_interval(const struct verdict_evidence *evidence, struct verdict *verdict)
{
    double calls = evidence->calls ? evidence->calls : 1, share[2];
    verdict->things95[0] = verdict->things95[1] = verdict->per_call;
    if (verdict->exact || verdict->per_call > 1)
        return;
    wilson(verdict->per_call * calls, calls, share);
    memcpy(verdict->things95, share, sizeof share);
}

void verdict_of_site(const struct verdict_evidence *evidence, struct verdict *out)
{
    *out = decide(evidence);
    things_interval(evidence, out);
    if (evidence->calls >= VERDICT_MIN_CALLS) {
        out->first = warm_up(evidence->calls) + 1;
        out->last = evidence->calls - tail(evidence->calls);
    }
}

const char *verdict_name(enum verdict_kind kind)
{
    static const char *const names[VERDICT_KINDS] = {
        [VERDICT_LEAK] = "leak",       [VERDICT_CLEAN] = "clean",
        [VERDICT_WARMING] = "warming", [VERDICT_IN_FLIGHT] = "in-flight",
        [VERDICT_ONE_OFF] = "one-off", [VERDICT_BOUNDED] = "bounded",
        [VERDICT_GROWING] = "growing", [VERDICT_TOO_FEW_CALLS] = "too-few-calls"};
    return names[kind];
}

bool verdict_leaks(enum verdict_kind kind)
{
    return kind == VERDICT_LEAK || kind == VERDICT_GROWING;
}

int verdict_rank(enum verdict_kind kind)
{
    static const int ranks[VERDICT_KINDS] = {
        [VERDICT_LEAK] = 7,    [VERDICT_GROWING] = 6,   [VERDICT_TOO_FEW_CALLS] = 5,
        [VERDICT_WARMING] = 4, [VERDICT_IN_FLIGHT] = 3, [VERDICT_ONE_OFF] = 2,
        [VERDICT_BOUNDED] = 1, [VERDICT_CLEAN] = 0};
    return ranks[kind];
}

struct verdict verdict_combine(const struct verdict *verdicts, size_t count)
{
    struct verdict sum = {.kind = VERDICT_CLEAN, .exact = true};
    double below = 0, above = 0;
    size_t leaks = 0;
    for (size_t i = 0; i < count; i++) {
        const struct verdict *one = &verdicts[i];
        if (verdict_rank(one->kind) > verdict_rank(sum.kind))
            sum.kind = one->kind;
        if (!verdict_leaks(one->kind))
            continue;
        leaks++;
        sum.per_call += one->per_call;
        sum.bytes_per_call += one->bytes_per_call;
        double down = one->bytes_per_call - one->ci95[0], up = one->ci95[1] - one->bytes_per_call;
        below += down * down;
        above += up * up;
        sum.exact = sum.exact && one->exact;
        sum.from_checkpoint = sum.from_checkpoint || one->from_checkpoint;
    }
    sum.exact = sum.exact && leaks;
    sum.ci95[0] = sum.bytes_per_call - sqrt(below);
    sum.ci95[1] = sum.bytes_per_call + sqrt(above);
    sum.things95[0] = sum.things95[1] = sum.per_call;
    return sum;
}
