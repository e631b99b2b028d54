#include "analyzer/file_view.h"
#include "analyzer/file_regular.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_view_open(struct file_view *view, const char *path, const char **problem)
{
    struct stat status;
    *view = (struct file_view){0};
    int file = file_regular_open(path, &status, problem);
    if (file < 0)
        return false;
    if (status.st_size) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes == MAP_FAILED)
            *problem = strerror(errno);
        else
            *view = (struct file_view){bytes, (size_t)status.st_size};
    } else {
        *problem = "empty";
    }
    close(file);
    return view->bytes;
}

void file_view_close(struct file_view *view)
{
    if (view->bytes)
        munmap((void *)view->bytes, view->size);
    *view = (struct file_view){0};
}
