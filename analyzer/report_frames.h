/* Frames, each once: for renderers in which thousands of stacks share them. */
#ifndef ANALYZER_REPORT_FRAMES_H
#define ANALYZER_REPORT_FRAMES_H

#include "analyzer/report.h"

/* Never NULL: without memory the process ends. */
struct report_frames *report_frames_open(void);
void report_frames_close(struct report_frames *);

/* The number of a frame, from 0 in the order in which they are first asked for. Its texts must
 * stay. */
size_t report_frames_number(struct report_frames *, const struct report_frame *);

/* All of them, by number; owned by `frames`. */
const struct report_frame *report_frames_all(const struct report_frames *frames, size_t *count);

#endif
