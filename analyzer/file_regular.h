/* Opening what a trace names: it must not wait for a pipe's other end or wake a device. */
#ifndef ANALYZER_FILE_REGULAR_H
#define ANALYZER_FILE_REGULAR_H

#include <sys/stat.h>

/* A descriptor to read `path` from, the caller's to close, and in `status` what fstat says of it.
 * Else -1: it can't be opened, or is no regular file, and `*problem` says why, in words that need
 * not be freed. */
int file_regular_open(const char *path, struct stat *status, const char **problem);

#endif
