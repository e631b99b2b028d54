#include "analyzer/run_check.h"
#include "analyzer/analysis.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Nanoseconds, by the clock that files are dated with: it goes in steps, on Windows of seconds. */
int64_t run_check_begin(void)
{
#ifdef _WIN32
    return (int64_t)time(NULL) * 1000000000;
#else
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#endif
}

/* Some file systems have no parts of seconds, or but every other second. */
static bool is_since(int64_t seconds, int64_t parts, int64_t begun)
{
    return parts ? seconds * 1000000000 + parts >= begun : seconds + 1 >= begun / 1000000000;
}

/* Whether it is a file of this run: not the link to a trace of a process that still runs. */
static bool is_new(const char *file, int64_t begun)
{
    struct stat status;
#ifdef _WIN32
    return stat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           is_since(status.st_mtime, 0, begun);
#else
    return lstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           is_since(status.st_mtim.tv_sec, status.st_mtim.tv_nsec, begun);
#endif
}

/* ".PID" or ".PID.IMAGE" */
static bool is_suffix(const char *suffix)
{
    for (int numbers = 0; numbers < 2 && *suffix == '.'; numbers++) {
        size_t digits = strspn(suffix + 1, "0123456789");
        if (!digits)
            return false;
        suffix += 1 + digits;
        if (!*suffix)
            return true;
    }
    return false;
}

struct traces {
    char **file;
    size_t count;
};

static void add(struct traces *traces, const char *file)
{
    char **grown = realloc(traces->file, (traces->count + 1) * sizeof *grown);
    if (!grown || !(grown[traces->count] = strdup(file)))
        analysis_no_memory();
    traces->file = grown;
    traces->count++;
}

/* By process id, then by image. */
static int by_number(const void *one, const void *other)
{
    const char *a = *(char *const *)one, *b = *(char *const *)other;
    size_t lengths[2] = {strlen(a), strlen(b)};
    while (*a && *a == *b)
        a++, b++;
    if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b) && lengths[0] != lengths[1])
        return lengths[0] < lengths[1] ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

static void find_others(struct traces *traces, const char *output, int64_t begun)
{
    const char *base = output;
    for (const char *at = output; *at; at++)
        if (*at == '/' || (*at == '\\' && sizeof(wchar_t) == 2))
            base = at + 1;
    char folder[4096], file[4600];
    snprintf(folder, sizeof folder, "%.*s", (int)(base - output), output);
    DIR *listing = opendir(*folder ? folder : ".");
    const struct dirent *entry;
    size_t length = strlen(base);
    while (listing && (entry = readdir(listing))) {
        if (strncmp(entry->d_name, base, length) != 0 || !is_suffix(entry->d_name + length))
            continue;
        snprintf(file, sizeof file, "%s%s", folder, entry->d_name);
        if (is_new(file, begun))
            add(traces, file);
    }
    if (listing)
        closedir(listing);
}

int run_check(const struct run_options *run, const char *output, int64_t begun, int status)
{
    struct traces traces = {0};
    if (is_new(output, begun))
        add(&traces, output);
    size_t own = traces.count;
    find_others(&traces, output, begun);
    if (traces.count > own)
        qsort(traces.file + own, traces.count - own, sizeof *traces.file, by_number);
    int gate = 2;
    if (traces.count)
        gate = check_files(&run->check_options, (const char *const *)traces.file, traces.count);
    else
        fputs("residue run: nothing was recorded that could be checked\n", stderr);
    for (size_t i = 0; i < traces.count; i++)
        free(traces.file[i]);
    free(traces.file);
    return status ? status : gate;
}
