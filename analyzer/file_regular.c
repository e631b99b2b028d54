#include "analyzer/file_regular.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int file_regular_open(const char *path, struct stat *status, const char **problem)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0 || fstat(file, status) < 0) {
        *problem = strerror(errno);
    } else if (!S_ISREG(status->st_mode)) {
        *problem = "not a regular file";
    } else {
        return file;
    }
    if (file >= 0)
        close(file);
    return -1;
}
