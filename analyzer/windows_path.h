/* Where files of a Windows program are on this machine, which may be another system: drives of
 * Wine's prefix, or folders that stand for drives. */
#ifndef ANALYZER_WINDOWS_PATH_H
#define ANALYZER_WINDOWS_PATH_H

#include <stdbool.h>

/* C:\..., \\server\..., \\?\C:\... */
bool is_windows_path(const char *path);

/* What stands for each drive, A: first; NULL: as in $WINEPREFIX or ~/.wine, if there. */
struct windows_drives {
    char *folder[26];
};

/* The path on this machine, to be freed; NULL without memory. Letters' case is ignored, as Windows
 * does. What is not there keeps its name, so that opening it fails. */
char *windows_path_here(const char *path, const struct windows_drives *);

#endif
