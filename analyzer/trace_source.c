#include "analyzer/trace_source.h"
#include "analyzer/trace_file.h"

#include <stdarg.h>
#include <stdio.h>

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
    if (offset > (uint64_t)INT64_MAX - size)
        return 0;
    return trace_file_read(source->fd, offset, to, size);
}

bool trace_source_data(struct trace_source *source, uint64_t from, uint64_t to, uint64_t *start,
                       uint64_t *end)
{
    if (from >= to)
        return false;
    /* Finding the end of a long range takes the kernel a look at each of its pages: not again for
     * every chunk in it. */
    if (from < source->data || from >= source->hole) {
        uint64_t data, hole;
        if (!trace_file_data(source->fd, from, to, source->size, &data, &hole))
            return false;
        source->data = data;
        source->hole = hole;
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
