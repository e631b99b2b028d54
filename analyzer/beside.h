/* Names of files that pass: in the folder of the file they will become, so that renaming works, and
 * hidden, so that nobody's trace.* finds them. */
#ifndef ANALYZER_BESIDE_H
#define ANALYZER_BESIDE_H

#include <stdio.h>
#include <string.h>

/* `name` takes `path`'s length, a dot and the suffix. */
static inline void name_beside(char *name, size_t size, const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    snprintf(name, size, "%.*s.%s%s", folder, path, path + folder, suffix);
}

#endif
