#include "analyzer/figures_spool.h"

#include <sys/mman.h>
#include <unistd.h>

FILE *figures_spool(void)
{
    int fd = memfd_create("residue report", MFD_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (fd >= 0 && !file)
        close(fd);
    return file;
}
