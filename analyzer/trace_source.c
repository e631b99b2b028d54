#include "analyzer/trace_source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

bool trace_problem(struct trace_source *source, const char *format, ...)
{
    int at = snprintf(source->problem, source->problem_size, "%s: ", source->label);
    if (at >= 0 && (size_t)at < source->problem_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(source->problem + at, source->problem_size - (size_t)at, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool trace_source_read(struct trace_source *source, uint64_t offset, void *to, size_t size)
{
    char *into = to;
    if (offset > INT64_MAX - size)
        return false;
    while (size) {
        ssize_t got = pread(source->fd, into, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        into += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool trace_source_data(struct trace_source *source, uint64_t from, uint64_t to, uint64_t *start,
                       uint64_t *end)
{
    off_t data = lseek(source->fd, (off_t)from, SEEK_DATA);
    if (data < 0) {
        if (errno != EINVAL)
            return false;   /* ENXIO: nothing but a hole up to the end */
        data = (off_t)from; /* a file system that knows no holes */
    }
    if ((uint64_t)data >= to)
        return false;
    off_t hole = lseek(source->fd, data, SEEK_HOLE);
    *start = (uint64_t)data;
    *end = hole < 0 || (uint64_t)hole > to ? to : (uint64_t)hole;
    return *end > *start;
}
