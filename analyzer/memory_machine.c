#include "analyzer/memory_machine.h"

#include <stdio.h>
#include <string.h>

/* The number in a file; 0 when there is none ("max"). */
static uint64_t number_in(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    unsigned long long number;
    if (fscanf(file, "%llu", &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

/* The tightest limit of the control group at `group` and of those around it. */
static uint64_t tightest(const char *mount, char *group, const char *file)
{
    uint64_t limit = 0;
    for (;;) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s%s/%s", mount, group, file);
        uint64_t here = length < (int)sizeof path ? number_in(path) : 0;
        if (here && (!limit || here < limit))
            limit = here;
        char *slash = strrchr(group, '/');
        if (!slash)
            return limit;
        *slash = 0;
    }
}

/* cgroup v2 ("0::/path"), else the memory controller of v1 ("5:memory:/path"). */
uint64_t memory_of_group(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file)
        return 0;
    char line[2048];
    uint64_t limit = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(++controllers, ':') : NULL;
        if (!group)
            continue;
        *group++ = 0;
        uint64_t here = 0;
        if (!*controllers)
            here = tightest("/sys/fs/cgroup", group, "memory.max");
        else if (!strcmp(controllers, "memory"))
            here = tightest("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
        if (here && (!limit || here < limit))
            limit = here;
    }
    fclose(file);
    return limit;
}

uint64_t memory_of_machine(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return 0;
    char line[256];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemTotal: %llu kB", &kib) == 1)
            break;
    fclose(file);
    return (uint64_t)kib * 1024;
}
