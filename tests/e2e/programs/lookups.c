/* COUNT: so many dlsym of a watched and of an unknown name, and of one that does not exist; prints
 * by how many KiB the process grew in the last three quarters of them. */
#include "memory.h"

#include <dlfcn.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    long count = argc == 2 ? atol(argv[1]) : 0, before = 0;
    for (long i = 0; i < count; i++) {
        if (i == count / 4)
            before = resident_kib();
        if (!dlsym(RTLD_DEFAULT, "strdup") || !dlsym(RTLD_DEFAULT, "strlen") ||
            dlsym(RTLD_DEFAULT, "no_such_function"))
            return 3;
    }
    printf("%ld\n", resident_kib() - before);
    return 0;
}
