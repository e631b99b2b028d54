/* What a process holds, as the kernel counts it. */
#ifndef PROGRAMS_MEMORY_H
#define PROGRAMS_MEMORY_H

#include <stdio.h>

/* KiB of resident memory: private and shared, files left out. */
static inline long resident_kib(void)
{
    char line[256];
    long total = 0, value;
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %ld", &value) == 1 || sscanf(line, "RssShmem: %ld", &value) == 1)
            total += value;
    fclose(status);
    return total;
}

#endif
