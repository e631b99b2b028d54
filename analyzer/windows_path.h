/* Where files of a Windows program are on this machine, which may be another system: drives of
 * Wine's prefix, or folders that stand for drives. */
#ifndef ANALYZER_WINDOWS_PATH_H
#define ANALYZER_WINDOWS_PATH_H

#include <stdbool.h>

/* C:\..., \\server\..., \\?\C:\... */
static inline bool is_windows_path(const char *path)
{
    bool drive = ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z') && path[1] == ':' &&
                 (path[2] == '\\' || path[2] == '/');
    return drive || (path[0] == '\\' && (path[1] == '\\' || path[1] == '?'));
}

/* What stands for each drive, A: first; NULL: as in $WINEPREFIX or ~/.wine, if there. */
struct windows_drives {
    char *folder[26];
};

/* The path on this machine, to be freed; NULL without memory. Letters' case is ignored, as Windows
 * does. What is not there keeps its name, so that opening it fails. */
char *windows_path_here(const char *path, const struct windows_drives *);

/* The other way: an absolute path of this machine as a program under Wine has it, to be freed;
 * NULL: it is on no drive of Wine's, or not absolute. */
char *windows_path_there(const char *path);

#endif
