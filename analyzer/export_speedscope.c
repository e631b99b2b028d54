/* speedscope's file format: frames once, and a profile for each thing that a stack may weigh. The
 * root of each stack is the call path, for rates of different calls don't add up. */
#include "analyzer/export.h"
#include "analyzer/report_json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

/* A frame of the file: the same text is the same frame. */
struct frame {
    char *key;
    uint32_t index;
    UT_hash_handle hh;
};

struct speedscope {
    struct json_out json;
    struct export *export;
    struct frame *frames;
    uint32_t frame_count;
    uint32_t **line; /* by frame of the trace and line of it: frame of the file; NULL = not yet */
    uint32_t *root;  /* by call; the last is what is outside */
};

/* ---- frames ---- */

/* The frame's index; writes it if it is new. `file` NULL: not known. */
static uint32_t frame_index(struct speedscope *speedscope, char *name, const char *file,
                            uint32_t line)
{
    struct json_out *json = &speedscope->json;
    size_t size = strlen(name) + (file ? strlen(file) : 0) + 32;
    struct frame *found = NULL, *fresh = analysis_take(1, sizeof *fresh);
    fresh->key = analysis_take(size, 1);
    snprintf(fresh->key, size, "%s\n%s\n%" PRIu32, name, file ? file : "", line);
    HASH_FIND_STR(speedscope->frames, fresh->key, found);
    if (found) {
        free(fresh->key);
        free(fresh);
    } else {
        found = fresh;
        found->index = speedscope->frame_count++;
        HASH_ADD_KEYPTR(hh, speedscope->frames, found->key, strlen(found->key), found);
        put_open(json, NULL, '{', true);
        put_text(json, "name", name);
        if (file)
            put_text(json, "file", file);
        if (file && line)
            put_count(json, "line", line);
        put_close(json, '}');
    }
    free(name);
    return found->index;
}

static void put_lines(struct speedscope *speedscope, uint32_t frame)
{
    const struct report_stack *lines = export_frame_of(speedscope->export, frame);
    if (speedscope->line[frame])
        return;
    speedscope->line[frame] = analysis_take(lines->count, sizeof **speedscope->line);
    for (size_t i = 0; i < lines->count; i++)
        speedscope->line[frame][i] = frame_index(speedscope, export_name_of(&lines->frame[i]),
                                                 lines->frame[i].file, lines->frame[i].line);
}

static void put_shared(struct speedscope *speedscope)
{
    const struct analysis *analysis = speedscope->export->report->analysis;
    struct export_sample sample = {0};
    put_open(&speedscope->json, "shared", '{', false);
    put_open(&speedscope->json, "frames", '[', false);
    for (uint32_t i = 0; i <= analysis->call_count; i++)
        speedscope->root[i] = frame_index(
            speedscope, export_path_of(i < analysis->call_count ? &analysis->calls[i] : NULL), NULL,
            0);
    while (export_next(speedscope->export, &sample)) {
        uint32_t depth;
        const uint32_t *stack = export_stack_of(speedscope->export, &sample, &depth);
        for (uint32_t i = 0; i < depth; i++)
            put_lines(speedscope, stack[i]);
    }
    put_close(&speedscope->json, ']');
    put_close(&speedscope->json, '}');
}

/* ---- profiles ---- */

/* Outermost first. */
static void put_sample(struct speedscope *speedscope, const struct export_sample *sample)
{
    const struct analysis *analysis = speedscope->export->report->analysis;
    size_t root = sample->call ? (size_t)(sample->call - analysis->calls) : analysis->call_count;
    uint32_t depth;
    const uint32_t *stack = export_stack_of(speedscope->export, sample, &depth);
    put_open(&speedscope->json, NULL, '[', true);
    put_count(&speedscope->json, NULL, speedscope->root[root]);
    for (uint32_t i = depth; i--;)
        for (size_t k = export_frame_of(speedscope->export, stack[i])->count; k--;)
            put_count(&speedscope->json, NULL, speedscope->line[stack[i]][k]);
    put_close(&speedscope->json, ']');
}

static double sum_of(const struct export *export, enum export_weight weight)
{
    struct export_sample sample = {0};
    double sum = 0;
    while (export_next(export, &sample))
        sum += export_weight_of(&sample, weight);
    return sum;
}

static void put_profile(struct speedscope *speedscope, enum export_weight weight, double sum)
{
    static const struct {
        const char *name, *unit;
    } profiles[EXPORT_WEIGHTS] = {
        [EXPORT_RATE] = {"bytes per call", "bytes"},
        [EXPORT_THINGS] = {"things per call", "none"},
        [EXPORT_BYTES] = {"retained bytes", "bytes"},
        [EXPORT_OBJECTS] = {"retained objects", "none"},
    };
    struct json_out *json = &speedscope->json;
    struct export_sample sample = {0};
    put_open(json, NULL, '{', false);
    put_text(json, "type", "sampled");
    put_text(json, "name", profiles[weight].name);
    put_text(json, "unit", profiles[weight].unit);
    put_count(json, "startValue", 0);
    put_real(json, "endValue", sum);
    put_open(json, "samples", '[', false);
    while (export_next(speedscope->export, &sample))
        if (export_weight_of(&sample, weight) > 0)
            put_sample(speedscope, &sample);
    put_close(json, ']');
    put_open(json, "weights", '[', true);
    sample = (struct export_sample){0};
    while (export_next(speedscope->export, &sample))
        if (export_weight_of(&sample, weight) > 0)
            put_real(json, NULL, export_weight_of(&sample, weight));
    put_close(json, ']');
    put_close(json, '}');
}

/* Nothing that weighs nothing, unless all is like that: a file has a profile. */
static void put_profiles(struct speedscope *speedscope)
{
    bool any = false;
    put_open(&speedscope->json, "profiles", '[', false);
    for (enum export_weight weight = 0; weight < EXPORT_WEIGHTS; weight++) {
        double sum = sum_of(speedscope->export, weight);
        if (sum > 0 || (weight == EXPORT_WEIGHTS - 1 && !any))
            put_profile(speedscope, weight, sum);
        any |= sum > 0;
    }
    put_close(&speedscope->json, ']');
}

static void done(struct speedscope *speedscope)
{
    struct frame *frame, *next;
    HASH_ITER (hh, speedscope->frames, frame, next) {
        HASH_DEL(speedscope->frames, frame);
        free(frame->key);
        free(frame);
    }
    for (uint32_t i = 0; i < speedscope->export->report->trace->frame_count; i++)
        free(speedscope->line[i]);
    free(speedscope->line);
    free(speedscope->root);
}

void export_speedscope(struct export *export, FILE *out)
{
    const struct trace *trace = export->report->trace;
    struct speedscope speedscope = {.json = {.out = out}, .export = export};
    struct json_out *json = &speedscope.json;
    speedscope.line = analysis_take(trace->frame_count + 1, sizeof *speedscope.line);
    speedscope.root =
        analysis_take(export->report->analysis->call_count + 1, sizeof *speedscope.root);
    put_open(json, NULL, '{', false);
    put_text(json, "$schema", "https://www.speedscope.app/file-format-schema.json");
    put_text(json, "exporter", "residue " RESIDUE_VERSION);
    put_text(json, "name", trace->header.program);
    put_count(json, "activeProfileIndex", 0);
    put_shared(&speedscope);
    put_profiles(&speedscope);
    put_close(json, '}');
    done(&speedscope);
}
