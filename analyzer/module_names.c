#include "analyzer/module_names.h"

#include <stddef.h>
#include <string.h>

/* `beginnings` ends with NULL. */
static bool begins(const char *path, const char *const *beginnings)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (; *beginnings; beginnings++)
        if (!strncmp(name, *beginnings, strlen(*beginnings)))
            return true;
    return false;
}

bool module_is_runtime(const char *path)
{
    static const char *const beginnings[] = {"libc.so",   "libc-2.",  "libstdc++.so", "libc++.so",
                                             "libc++abi", "ucrtbase", "msvcrt",       NULL};
    return begins(path, beginnings);
}

bool module_is_loader(const char *path)
{
    static const char *const beginnings[] = {"ld-linux", "ld-musl", "ld-2.", "ld.so", NULL};
    return begins(path, beginnings);
}
