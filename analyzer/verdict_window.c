#include "analyzer/verdict_window.h"
#include <math.h>

/* The points of `evidence`, piece by piece: begin with *piece = 0. Their number; 0 = no more. */
static size_t next_piece(const struct verdict_evidence *evidence, size_t *piece,
                         const struct verdict_point **points)
{
    bool first = !(*piece)++;
    if (evidence->piece)
        return evidence->piece(evidence->pieces, first, points);
    *points = evidence->points;
    return first ? evidence->point_count : 0;
}

struct moment moment_end(const struct verdict_evidence *evidence)
{
    struct moment end = {
        .evidence = evidence, .calls = evidence->calls, .earlier = evidence->checkpoint_count};
    const struct verdict_point *points;
    for (size_t piece = 0, count; (count = next_piece(evidence, &piece, &points));) {
        end.first = end.survivors ? end.first : points[0].ordinal;
        end.last = points[count - 1].ordinal;
        for (size_t i = 0; i < count; i++) {
            end.survivors += points[i].things;
            end.bytes += (double)points[i].bytes;
        }
    }
    return end;
}

/* The last teardown of the run, if most calls came before it. */
bool moment_teardown(const struct verdict_evidence *evidence, struct moment *moment)
{
    for (size_t i = evidence->checkpoint_count; i-- > 0;) {
        const struct verdict_checkpoint *at = &evidence->checkpoints[i];
        if (!at->teardown)
            continue;
        *moment = (struct moment){.evidence = evidence,
                                  .at = at,
                                  .calls = at->calls,
                                  .earlier = i,
                                  .survivors = at->survivors,
                                  .bytes = (double)at->bytes};
        return at->bucket_width && at->survivors && at->calls >= evidence->calls / 2;
    }
    return false;
}

uint32_t moment_warm_up(uint32_t calls)
{
    return calls / 10 > 16 ? calls / 10 : 16;
}

/* Calls at the end whose survivors may be released yet. */
uint32_t moment_tail(const struct moment *moment)
{
    uint32_t part = moment->calls / 20 > 16 ? moment->calls / 20 : 16;
    return part > 2 * moment->evidence->threads ? part : 2 * moment->evidence->threads;
}

static void add_value(struct sample *sample, double value)
{
    if (sample->count < WINDOW_BUCKETS)
        sample->values[sample->count] = value;
    sample->alike = !sample->count || (sample->alike && value == sample->values[0]);
    sample->count++;
    sample->sum += value;
    sample->squares += value * value;
    sample->cubes += value * value * value;
}

static void note_gap(struct window *window, uint32_t ordinal)
{
    uint32_t gap = window->before ? ordinal - window->before : 0;
    window->regular = window->regular && (!window->gap || gap == window->gap);
    window->gap = gap;
    window->before = ordinal;
}

static void note_call(struct window *window, uint64_t ordinal)
{
    uint64_t mixed = (ordinal + 1) * 0x9e3779b97f4a7c15u;
    window->which_calls += (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9u;
}

static void look_at_piece(struct window *window, const struct verdict_point *points, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t ordinal = points[i].ordinal;
        double things = 0, bytes = 0;
        for (; i < count && points[i].ordinal == ordinal; i++) {
            things += points[i].things;
            bytes += (double)points[i].bytes;
        }
        if (ordinal < window->first || ordinal > window->last)
            continue;
        /* The cell whose edges, rounded down as below, hold the ordinal. */
        uint64_t place = ordinal - window->first;
        window->hits[((place + 1) * window->cells - 1) / window->ordinals]++;
        window->leaking++;
        add_value(&window->things, things);
        add_value(&window->bytes, bytes);
        note_call(window, ordinal);
        note_gap(window, ordinal);
    }
}

static void look_at_points(struct window *window, const struct verdict_evidence *evidence)
{
    uint64_t length = window->last - window->first + 1;
    const struct verdict_point *points;
    window->cells = length < WINDOW_CELLS ? (size_t)length : WINDOW_CELLS;
    window->ordinals = length;
    for (uint64_t i = 0; i < window->cells; i++)
        window->trials[i] = (double)((i + 1) * length / window->cells - i * length / window->cells);
    for (size_t piece = 0, count; (count = next_piece(evidence, &piece, &points));)
        look_at_piece(window, points, count);
}

static void look_at_buckets(struct window *window, const struct verdict_checkpoint *at)
{
    double width = at->bucket_width;
    window->by_bucket = true;
    for (uint64_t i = 0; i < at->bucket_count && i < WINDOW_BUCKETS; i++) {
        uint64_t edge = i * at->bucket_width;
        if (edge + 1 < window->first || edge + at->bucket_width > window->last)
            continue;
        double survivors = at->bucket_survivors[i];
        window->trials[window->cells] = width;
        window->hits[window->cells++] = fmin(survivors, width);
        window->ordinals += at->bucket_width;
        window->leaking += (uint64_t)fmin(survivors, width);
        add_value(&window->things, survivors / width);
        add_value(&window->bytes, (double)at->bucket_bytes[i] / width);
        note_call(window, survivors > 0 ? edge : 0);
    }
}

void window_look(struct window *window, const struct moment *moment, uint32_t skip, uint32_t end)
{
    window->first = skip + 1;
    window->last = moment->calls > skip + end ? moment->calls - end : skip;
    window->cells = 0;
    window->ordinals = window->leaking = window->which_calls = 0;
    window->things = window->bytes = (struct sample){.count = 0};
    window->by_bucket = false;
    window->before = window->gap = 0;
    window->regular = true;
    for (size_t i = 0; i < WINDOW_BUCKETS; i++)
        window->hits[i] = window->trials[i] = 0;
    if (window->last < window->first)
        return;
    if (moment->at)
        look_at_buckets(window, moment->at);
    else
        look_at_points(window, moment->evidence);
}

/* Every call of the window left the same. Of buckets: the same in each, and whole things. */
bool window_exact(const struct window *window)
{
    if (!window->leaking || !window->things.alike || !window->bytes.alike)
        return false;
    return window->by_bucket ? window->things.values[0] == floor(window->things.values[0])
                             : window->leaking == window->ordinals;
}

/* Whether calls leave something as regularly as no cache does: every one, or every n-th. */
bool window_regular(const struct window *window)
{
    return window->by_bucket ? window_exact(window)
                             : window->regular && window->leaking &&
                                   window->leaking >= window->ordinals / (window->gap + 1);
}

uint64_t moment_survivors(const struct moment *moment, uint64_t ordinal)
{
    uint64_t sum = 0;
    if (moment->at) {
        for (uint64_t i = 0; i < moment->at->bucket_count; i++)
            if ((i + 1) * moment->at->bucket_width <= ordinal)
                sum += moment->at->bucket_survivors[i];
        return sum;
    }
    const struct verdict_point *points;
    for (size_t piece = 0, count; (count = next_piece(moment->evidence, &piece, &points));)
        for (size_t i = 0; i < count && points[i].ordinal <= ordinal; i++)
            sum += points[i].things;
    return sum;
}
