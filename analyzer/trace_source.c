#include "analyzer/trace_source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

bool trace_problem(struct trace_source *source, const char *format, ...)
{
    if (!source->problem_size)
        return false;
    int at = snprintf(source->problem, source->problem_size, "%s: ", source->label);
    if (at >= 0 && (size_t)at < source->problem_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(source->problem + at, source->problem_size - (size_t)at, format, arguments);
        va_end(arguments);
    }
    for (char *c = source->problem; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = '?'; /* of the file's name: a problem is one line */
    return false;
}

size_t trace_source_read(struct trace_source *source, uint64_t offset, void *to, size_t size)
{
    char *into = to;
    size_t done = 0;
    if (offset > INT64_MAX - size)
        return 0;
    while (done < size) {
        ssize_t got = pread(source->fd, into + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

bool trace_source_data(struct trace_source *source, uint64_t from, uint64_t to, uint64_t *start,
                       uint64_t *end)
{
    if (from >= to)
        return false;
    /* Finding the end of a long range takes the kernel a look at each of its pages: not again for
     * every chunk in it. */
    if (from < source->data || from >= source->hole) {
        off_t data = lseek(source->fd, (off_t)from, SEEK_DATA);
        if (data < 0) {
            if (errno != EINVAL)
                return false;   /* ENXIO: nothing but a hole up to the end */
            data = (off_t)from; /* a file system that knows no holes */
        }
        off_t hole = (uint64_t)data < to ? lseek(source->fd, data, SEEK_HOLE) : data;
        source->data = (uint64_t)data;
        source->hole = hole >= 0 ? (uint64_t)hole : source->size;
    }
    *start = source->data > from ? source->data : from;
    *end = source->hole < to ? source->hole : to;
    return *end > *start;
}

uint64_t trace_source_solid(struct trace_source *source, uint64_t from, uint64_t length)
{
    uint64_t at = from, to = from + length, data = 0, holes = 0, start, end;
    while (trace_source_data(source, at, to, &start, &end)) {
        holes += start - at;
        if (holes > data)
            return at - from;
        data += end - start;
        at = end;
    }
    uint64_t tail = to - at, allowed = data > holes ? data - holes : 0;
    return at - from + (tail < allowed ? tail : allowed);
}
