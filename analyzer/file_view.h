/* A file's bytes, to be looked at: mapped, not read. The seam between systems. */
#ifndef ANALYZER_FILE_VIEW_H
#define ANALYZER_FILE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_view {
    const uint8_t *bytes;
    size_t size;
};

/* Regular files only: a path may come from a trace, and opening must not wait for a pipe's other
 * end or wake a device. On failure `*problem` says why, in words that need not be freed. */
bool file_view_open(struct file_view *, const char *path, const char **problem);
void file_view_close(struct file_view *);

#endif
