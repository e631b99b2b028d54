/* Bytes of a trace file, read with bounds: the file may be hostile, or change while it is read. */
#ifndef ANALYZER_TRACE_SOURCE_H
#define ANALYZER_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_source {
    int fd; /* the caller's; its position moves, also for others who share it */
    const char *label;
    uint64_t size; /* of the file when it was opened */
    char *problem;
    size_t problem_size;
    uint64_t data, hole; /* the range of data found last */
};

/* Says what is wrong, in one line led by the file's name; returns false. */
bool trace_problem(struct trace_source *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads up to `size` bytes at `offset` and returns how many the file had. */
size_t trace_source_read(struct trace_source *, uint64_t offset, void *to, size_t size);

/* The next range of data in [from, to) of a sparse file; false when only holes are left. */
bool trace_source_data(struct trace_source *, uint64_t from, uint64_t to, uint64_t *start,
                       uint64_t *end);

/* How many of the `length` bytes from `from` are worth memory: a hole costs its writer nothing, so
 * no more than twice what is data. */
uint64_t trace_source_solid(struct trace_source *, uint64_t from, uint64_t length);

#endif
