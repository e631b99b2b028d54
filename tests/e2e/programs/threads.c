/* COUNT: so many threads, one after the other, each keeping one block of 24 bytes; prints by how
 * many KiB the process grew in the last three quarters of them, less what it keeps. */
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *kept;

static void *work(void *unused)
{
    (void)unused;
    char *copy = strdup("a text of 23 characters");
    *(void **)copy = kept;
    kept = copy;
    return NULL;
}

int main(int argc, char **argv)
{
    long count = argc == 2 ? atol(argv[1]) : 0, before = 0;
    for (long i = 0; i < count; i++) {
        pthread_t thread;
        if (i == count / 4)
            before = resident_kib();
        if (pthread_create(&thread, NULL, work, NULL) != 0 || pthread_join(thread, NULL) != 0)
            return 3;
    }
    printf("%ld\n", resident_kib() - before - count * 3 / 4 * 32 / 1024);
    return 0;
}
