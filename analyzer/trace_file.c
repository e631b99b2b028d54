#include "analyzer/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int trace_file_open(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int trace_file_create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

int trace_file_open_device(const char *path)
{
    return open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
}

bool trace_file_rename(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

size_t trace_file_read(int fd, uint64_t offset, void *to, size_t size)
{
    char *into = to;
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, into + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

bool trace_file_data(int fd, uint64_t from, uint64_t to, uint64_t size, uint64_t *data,
                     uint64_t *hole)
{
    off_t begin = lseek(fd, (off_t)from, SEEK_DATA);
    if (begin < 0) {
        if (errno != EINVAL)
            return false;    /* ENXIO: nothing but a hole up to the end */
        begin = (off_t)from; /* a file system that knows no holes */
    }
    off_t end = (uint64_t)begin < to ? lseek(fd, begin, SEEK_HOLE) : begin;
    *data = (uint64_t)begin;
    *hole = end >= 0 ? (uint64_t)end : size;
    return true;
}
