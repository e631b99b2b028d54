/* Files written so that a full disk leaves what was there: beside their place, then renamed. */
#ifndef ANALYZER_FILE_REPLACE_H
#define ANALYZER_FILE_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

struct file_replace {
    int fd; /* to write to; the caller's to close before the end */
    const char *path;
    char *temporary; /* NULL: a device, which is written to and not replaced */
};

/* Opens what will be the file at `path` (kept). False leaves the reason in errno; then there is no
 * end. */
bool file_replace_begin(struct file_replace *, const char *path);

/* Puts the file in its place if `error` (of errno's kind) is 0, else away with it. Returns what
 * went wrong, 0 when nothing did. */
int file_replace_end(struct file_replace *, int error);

/* Makes the file at `path` out of what `write` puts into the stream; write errors may stay in it.
 * Returns what went wrong, 0 when nothing did. */
int file_replace_by(const char *path, void (*write)(FILE *, const void *), const void *what);

#endif
