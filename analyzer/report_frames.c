#include "analyzer/report_frames.h"
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Texts of one trace and its symbols are the same where their addresses are. */
struct key {
    const char *module, *function, *file;
    uint64_t offset;
    uint32_t line, inlined;
};

struct known {
    UT_hash_handle hh;
    struct key key;
    size_t number;
};

struct report_frames {
    struct known *known;
    struct report_frame *frame;
    size_t count, room;
};

struct report_frames *report_frames_open(void)
{
    return analysis_take(1, sizeof(struct report_frames));
}

void report_frames_close(struct report_frames *frames)
{
    struct known *known, *next;
    HASH_ITER (hh, frames->known, known, next) {
        HASH_DEL(frames->known, known);
        free(known);
    }
    free(frames->frame);
    free(frames);
}

static size_t add(struct report_frames *frames, const struct report_frame *frame)
{
    frames->frame =
        analysis_grow(frames->frame, sizeof *frames->frame, frames->count, &frames->room);
    frames->frame[frames->count] = *frame;
    return frames->count++;
}

size_t report_frames_number(struct report_frames *frames, const struct report_frame *frame)
{
    struct key key = {frame->module, frame->function, frame->file,
                      frame->offset, frame->line,     frame->inlined};
    struct known *known;
    HASH_FIND(hh, frames->known, &key, sizeof key, known);
    if (!known) {
        known = analysis_take(1, sizeof *known);
        known->key = key;
        known->number = add(frames, frame);
        HASH_ADD(hh, frames->known, key, sizeof known->key, known);
    }
    return known->number;
}

const struct report_frame *report_frames_all(const struct report_frames *frames, size_t *count)
{
    *count = frames->count;
    return frames->frame;
}
