#include "analyzer/file_replace.h"
#include "analyzer/beside.h"
#include "analyzer/trace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens a new file beside `path`. */
static int open_beside(const char *path, char *name, size_t size)
{
    enum { TRIES = 100 };
    for (unsigned i = 0; i < TRIES; i++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, ".%d-%u.part", (int)getpid(), i);
        name_beside(name, size, path, suffix);
        int fd = trace_file_create(name);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* /dev/null must stay what it is. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool file_replace_begin(struct file_replace *file, const char *path)
{
    size_t size = strlen(path) + 40;
    *file = (struct file_replace){.fd = -1, .path = path};
    if (is_special(path)) {
        file->fd = trace_file_open_device(path);
        return file->fd >= 0;
    }
    file->temporary = malloc(size);
    if (file->temporary) {
        file->fd = open_beside(path, file->temporary, size);
        if (file->fd >= 0)
            return true;
        int error = errno;
        free(file->temporary);
        errno = error;
    }
    return false;
}

int file_replace_end(struct file_replace *file, int error)
{
    if (!file->temporary)
        return error;
    if (!error && !trace_file_rename(file->temporary, file->path))
        error = errno ? errno : EIO;
    if (error)
        unlink(file->temporary);
    free(file->temporary);
    return error;
}
