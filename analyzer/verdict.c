#include "analyzer/verdict.h"
#include "analyzer/verdict_window.h"
#include <math.h>

enum {
    LEAST_LEAKS = 12, /* leaking calls needed to speak of "some of all" */
    FEW_BLOCKS = 4,   /* a container has at most so many */
};

/* Measured in tests/unit/test_verdict_simulation.c: leaks stay within, caches do not. */
static const double FALLING_MOST = 2.45; /* standard deviations */
/* Of few survivors a cache that fills looks flat more easily: rather miss a rare leak than call a
 * cache one. */
static const double FALLING_MOST_OF_FEW = 1.4;
enum { FEW_LEAKS = 64 };
static const double RISING_MOST = 3.0;
static const double PART_LEAST = 0.0005; /* chance of so few survivors in a part of the window */
/* What falls short of the above, but not of these, may be a leak all the same: of a hundred leaks
 * one or two fall short of the former, of ten thousand about one of the latter. */
static const double PERHAPS_TREND = 4.5;
static const double PERHAPS_PART_LEAST = 0.000001;
static const double GONE_MOST = 0.3; /* survivors gone again, per new one */

/* ---- what was live earlier ---- */

/* Whether what lived at an earlier checkpoint, and was no longer in flight there, is gone again by
 * a good part of what is new: a leak's survivors stay. */
static bool replaced(const struct moment *moment)
{
    uint32_t end = moment_tail(moment);
    double now = (double)moment_survivors(moment, moment->calls - end);
    for (size_t i = 0; i < moment->earlier; i++) {
        const struct verdict_checkpoint *then = &moment->evidence->checkpoints[i];
        if (!then->bucket_width || then->calls < moment->calls / 5 || then->calls <= end)
            continue;
        uint64_t lived = 0, edge = 0;
        for (uint64_t b = 0; b < then->bucket_count; b++) {
            if ((b + 1) * then->bucket_width > then->calls - end)
                break;
            lived += then->bucket_survivors[b];
            edge = (b + 1) * then->bucket_width;
        }
        /* A bucket of the later summary holds several of the earlier: look a bucket further. */
        double still = (double)moment_survivors(
            moment, edge + (moment->at ? moment->at->bucket_width - 1 : 0));
        double gone = (double)lived - still, fresh = now - still;
        if (gone >= 3 && gone > GONE_MOST * fresh)
            return true;
    }
    return false;
}

/* Bytes at the last checkpoint at which at most `part` of the calls were made; negative without. */
static double bytes_at(const struct moment *moment, double part, uint64_t *survivors)
{
    double bytes = -1;
    for (size_t i = 0; i < moment->earlier; i++) {
        const struct verdict_checkpoint *then = &moment->evidence->checkpoints[i];
        if (then->calls > part * moment->calls)
            break;
        bytes = (double)then->bytes;
        *survivors = then->survivors;
    }
    return bytes;
}

/* A few blocks that only swell as calls go on: a container that doubles, or grows by half. */
static bool swells(const struct moment *moment)
{
    uint64_t early_count = 0, half_count = 0;
    double early = bytes_at(moment, 0.125, &early_count), half = bytes_at(moment, 0.5, &half_count);
    if (!moment->survivors || moment->survivors > FEW_BLOCKS || !early_count ||
        early_count > FEW_BLOCKS || half_count > FEW_BLOCKS)
        return false;
    if (moment->bytes <= 0 || moment->bytes < 3 * early || moment->bytes < 1.3 * half)
        return false; /* things without bytes never swell */
    /* At a teardown other threads may be in the middle of calls, one that waits for its turn for
     * long: more blocks then, by chance, but not larger ones. */
    double mean = early / (double)early_count;
    if (moment->at && moment->bytes <= 1.3 * mean * (double)moment->survivors)
        return false;
    double before = 0;
    for (size_t i = 0; i < moment->earlier; i++) {
        const struct verdict_checkpoint *then = &moment->evidence->checkpoints[i];
        if (then->calls < moment->calls / 16)
            continue;
        if ((double)then->bytes < before)
            return false; /* grew and shrank: blocks of changing size, not a container */
        before = (double)then->bytes;
    }
    return moment->bytes >= before;
}

/* As many survivors as when about half of the calls were made. */
static bool flat(const struct moment *moment)
{
    uint64_t half = 0;
    double now = (double)moment->survivors;
    return bytes_at(moment, 0.55, &half) >= 0 && half && fabs(now - (double)half) <= 2 + 0.1 * now;
}

/* ---- leak or not ---- */

static double hits_of(const struct window *window, size_t from, size_t to, double *trials)
{
    double hits = 0;
    *trials = 0;
    for (size_t i = from; i < to; i++) {
        hits += window->hits[i];
        *trials += window->trials[i];
    }
    return hits;
}

static bool too_few(double hits, double trials, double share, double bursts, double least)
{
    /* What is within a standard deviation need not be looked at closely: most sites are. */
    double missing = trials * share - hits;
    if (missing <= 0 || missing * missing <= trials * share * (1 - share))
        return false;
    return statistics_binomial_tail((uint64_t)(hits / bursts), (uint64_t)(trials / bursts), share) <
           least;
}

/* Whether a part of the window, its first or last 1/2 ... 1/16, has far fewer survivors than it
 * would if each call were as likely to leave one. */
static bool misses_a_part(const struct window *window, double least)
{
    double share = (double)window->leaking / (double)window->ordinals, trials;
    double bursts = statistics_burstiness(window->hits, window->trials, window->cells);
    for (size_t part = 2; part <= 16 && window->cells / part; part *= 2) {
        size_t length = window->cells / part;
        double early = hits_of(window, 0, length, &trials);
        if (too_few(early, trials, share, bursts, least))
            return true;
        double late = hits_of(window, window->cells - length, window->cells, &trials);
        if (too_few(late, trials, share, bursts, least))
            return true;
        /* However much it comes in bursts: a leak goes on. */
        if (part == 4 && fmin(early, late) < 0.05 * (double)window->leaking)
            return true;
    }
    return false;
}

static bool enough_calls(const struct window *window, uint32_t calls, bool dead)
{
    if (dead)
        return calls >=
               (window_regular(window) ? VERDICT_MIN_CALLS_DEAD : VERDICT_MIN_CALLS_DEAD_IRREGULAR);
    return calls >= (window_regular(window) ? VERDICT_MIN_CALLS : VERDICT_MIN_CALLS_IRREGULAR);
}

/* Survivors spread over the window, and stay. */
static bool spread(const struct window *window, const struct moment *moment)
{
    if (window->leaking < LEAST_LEAKS || window->cells < 8)
        return false;
    double trend = statistics_trend(window->hits, window->trials, window->cells);
    double falling =
        window->leaking < FEW_LEAKS && !window_regular(window) ? FALLING_MOST_OF_FEW : FALLING_MOST;
    return trend >= -falling && trend <= RISING_MOST && !misses_a_part(window, PART_LEAST) &&
           !replaced(moment);
}

/* Only just not. */
static bool nearly_spread(const struct window *window, const struct moment *moment)
{
    if (window->leaking < LEAST_LEAKS || window->cells < 8)
        return false;
    double trend = statistics_trend(window->hits, window->trials, window->cells);
    return fabs(trend) <= PERHAPS_TREND && !misses_a_part(window, PERHAPS_PART_LEAST) &&
           !replaced(moment);
}

static enum verdict_kind of_no_leak(const struct window *window, const struct moment *moment)
{
    if (swells(moment))
        return VERDICT_GROWING;
    if (moment->last <= moment_warm_up(moment->calls))
        return VERDICT_WARMING;
    if (moment->first > moment->calls - moment_tail(moment))
        return VERDICT_IN_FLIGHT;
    if (replaced(moment))
        return VERDICT_BOUNDED;
    if (window->leaking < LEAST_LEAKS && moment_survivors(moment, moment->last - 1) < LEAST_LEAKS)
        return VERDICT_ONE_OFF;
    uint64_t early = moment_survivors(moment, moment->calls / 2);
    if (early == moment->survivors)
        return VERDICT_WARMING; /* filled, and nothing since */
    if (flat(moment))
        return VERDICT_BOUNDED;
    return early * 2 > moment->survivors ? VERDICT_WARMING : VERDICT_BOUNDED;
}

/* ---- rates ---- */

static struct interval interval_of(const struct window *window, const struct sample *sample)
{
    uint64_t trials = window->by_bucket ? window->cells : window->ordinals;
    if (window->by_bucket ? window->things.sum > 0 : sample->alike) {
        /* One size: only the share of calls is uncertain. */
        double size = window->by_bucket ? sample->sum / window->things.sum : sample->values[0];
        bool constant = true;
        for (size_t i = 0; window->by_bucket && i < sample->count; i++)
            constant = constant && window->things.values[i] <= 1 &&
                       fabs(sample->values[i] - size * window->things.values[i]) <= 1e-9 * size;
        struct interval share = statistics_wilson(window->leaking, window->ordinals);
        if (constant)
            return (struct interval){share.low * size, share.high * size};
    }
    return statistics_skewed_mean(sample->sum, sample->squares, sample->cubes, trials);
}

static void rate(const struct window *window, struct verdict *out)
{
    double trials = (double)(window->by_bucket ? window->cells : window->ordinals);
    out->first = window->first;
    out->last = window->last;
    out->which_calls = window->which_calls;
    out->exact = window_exact(window);
    if (out->exact) {
        out->per_call = out->things95[0] = out->things95[1] = window->things.values[0];
        out->bytes_per_call = out->ci95[0] = out->ci95[1] = window->bytes.values[0];
        return;
    }
    if (!window->ordinals)
        return;
    struct interval things = interval_of(window, &window->things);
    struct interval bytes = interval_of(window, &window->bytes);
    out->per_call = window->things.sum / trials;
    out->things95[0] = things.low;
    out->things95[1] = things.high;
    out->bytes_per_call = window->bytes.sum / trials;
    out->ci95[0] = bytes.low;
    out->ci95[1] = bytes.high;
}

/* A container's bytes over the calls made, at the moment and over its last checkpoints: between
 * full and half empty lies what a call adds. */
static void rate_of_growth(const struct moment *moment, struct verdict *out)
{
    out->exact = false;
    out->first = 1;
    out->last = moment->calls;
    out->per_call = (double)moment->survivors / moment->calls;
    out->things95[0] = out->things95[1] = out->per_call;
    out->bytes_per_call = out->ci95[0] = out->ci95[1] = moment->bytes / moment->calls;
    for (size_t i = 0; i < moment->earlier; i++) {
        const struct verdict_checkpoint *then = &moment->evidence->checkpoints[i];
        if (then->calls < moment->calls / 4)
            continue;
        out->ci95[0] = fmin(out->ci95[0], (double)then->bytes / then->calls);
        out->ci95[1] = fmax(out->ci95[1], (double)then->bytes / then->calls);
    }
}

static enum growth growth_until(const struct moment *moment)
{
    double calls[WINDOW_BUCKETS], live[WINDOW_BUCKETS];
    size_t count = 0,
           skip = moment->earlier > WINDOW_BUCKETS - 1 ? moment->earlier - (WINDOW_BUCKETS - 1) : 0;
    for (size_t i = skip; i < moment->earlier; i++) {
        const struct verdict_checkpoint *then = &moment->evidence->checkpoints[i];
        if (!then->calls || then->calls >= moment->calls)
            continue;
        calls[count] = then->calls;
        live[count++] = moment->bytes > 0 ? (double)then->bytes : (double)then->survivors;
    }
    calls[count] = moment->calls;
    live[count++] = moment->bytes > 0 ? moment->bytes : (double)moment->survivors;
    return statistics_growth(calls, live, count);
}

/* ---- the verdict ---- */

/* What a teardown freed: a leak, or a container, until then. */
static bool leaked_until_teardown(const struct verdict_evidence *evidence, bool nothing_left,
                                  struct window *window, struct verdict *out)
{
    struct moment moment;
    if (!moment_teardown(evidence, &moment))
        return false;
    window_look(window, &moment, moment_warm_up(moment.calls), moment_tail(&moment));
    if (enough_calls(window, moment.calls, false) && spread(window, &moment)) {
        out->kind = VERDICT_LEAK;
        rate(window, out);
    } else if (moment.calls >= VERDICT_MIN_CALLS && swells(&moment)) {
        out->kind = VERDICT_GROWING;
        rate_of_growth(&moment, out);
    } else if (moment.calls < VERDICT_MIN_CALLS && nothing_left &&
               moment.survivors >= LEAST_LEAKS && moment.survivors >= moment.calls / 4) {
        out->kind = VERDICT_TOO_FEW_CALLS;
        window_look(window, &moment, 0, 0);
        rate(window, out);
    } else {
        return false;
    }
    out->from_checkpoint = true;
    out->growth = growth_until(&moment);
    return true;
}

void verdict_of_site(const struct verdict_evidence *evidence, struct verdict *out)
{
    struct window window;
    struct moment end = moment_end(evidence);
    bool spread_out = false;
    *out = (struct verdict){.kind = VERDICT_CLEAN};
    if (end.survivors && end.calls) {
        out->growth = growth_until(&end);
        window_look(&window, &end, moment_warm_up(end.calls), moment_tail(&end));
        spread_out = spread(&window, &end);
        if (spread_out && enough_calls(&window, end.calls, evidence->dead)) {
            out->kind = VERDICT_LEAK;
            rate(&window, out);
            return;
        }
    }
    if (leaked_until_teardown(evidence, !end.survivors, &window, out) || !end.survivors ||
        !end.calls)
        return;
    out->kind = VERDICT_TOO_FEW_CALLS;
    if (end.calls >= VERDICT_MIN_CALLS && !spread_out) {
        window_look(&window, &end, moment_warm_up(end.calls), moment_tail(&end));
        out->kind = of_no_leak(&window, &end);
        out->perhaps_leak = out->kind != VERDICT_GROWING &&
                            enough_calls(&window, end.calls, evidence->dead) &&
                            nearly_spread(&window, &end);
    }
    if (out->kind == VERDICT_GROWING) {
        rate_of_growth(&end, out);
        return;
    }
    window_look(&window, &end, 0, 0); /* what was observed, of all calls */
    rate(&window, out);
}
