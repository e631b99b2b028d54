/* Files that hold traces. The seam between systems; -1 and false leave the reason in errno. */
#ifndef ANALYZER_TRACE_FILE_H
#define ANALYZER_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For reading; a pipe does not hold us up. */
int trace_file_open(const char *path);

/* For writing, where nothing is yet. */
int trace_file_create(const char *path);

/* For writing to what is there, a device. */
int trace_file_open_device(const char *path);

/* In place of what is there. */
bool trace_file_rename(const char *from, const char *to);

/* Reads up to `size` bytes at `offset` and returns how many the file had. */
size_t trace_file_read(int fd, uint64_t offset, void *to, size_t size);

/* Where the data at or after `from` begins, and where the hole after it does; of a file that knows
 * no holes all is data. False: nothing but a hole up to the end. */
bool trace_file_data(int fd, uint64_t from, uint64_t to, uint64_t size, uint64_t *data,
                     uint64_t *hole);

#endif
