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

/* /dev/null must stay what it is, and links to what is open already, whatever that is. */
static bool is_special(const char *path)
{
    static const char *const links[] = {"/dev/std", "/dev/fd/", "/proc/"};
    struct stat status;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (!strncmp(path, links[i], strlen(links[i])))
            return true;
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

int file_replace_by(const char *path, void (*write)(FILE *, const void *), const void *what)
{
    struct file_replace file;
    errno = 0;
    if (!file_replace_begin(&file, path))
        return errno ? errno : EIO;
    FILE *out = fdopen(file.fd, "wb");
    if (!out) {
        int error = errno;
        close(file.fd);
        return file_replace_end(&file, error);
    }
    errno = 0;
    write(out, what);
    int error = ferror(out) ? errno ? errno : EIO : 0;
    errno = 0;
    if (fclose(out) && !error)
        error = errno ? errno : EIO;
    return file_replace_end(&file, error);
}
