#include "analyzer/windows_path.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Wine's own folder of links, one a drive. */
static char *drive_of_wine(char letter)
{
    const char *prefix = getenv("WINEPREFIX"), *home = getenv("HOME");
    char *folder = NULL;
    int length = prefix && *prefix
                     ? asprintf(&folder, "%s/dosdevices/%c:", prefix, letter)
                     : asprintf(&folder, "%s/.wine/dosdevices/%c:", home ? home : "", letter);
    return length < 0 ? NULL : folder;
}

/* Turns the last part of a path into the name that the folder has for it. */
static void take_the_folders_case(char *path)
{
    char *name = strrchr(path, '/');
    if (!name || access(path, F_OK) == 0)
        return;
    *name = 0;
    DIR *folder = opendir(*path ? path : "/");
    *name++ = '/';
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strcasecmp(entry->d_name, name) != 0)
            continue;
        memcpy(name, entry->d_name, strlen(name));
        break;
    }
    if (folder)
        closedir(folder);
}

/* Goes down from a folder. */
static char *below(const char *folder, const char *rest)
{
    char *path = malloc(strlen(folder) + strlen(rest) + 2);
    if (!path)
        return NULL;
    strcpy(path, folder);
    size_t length = strlen(path);
    while (length && path[length - 1] == '/')
        path[--length] = 0;
    while (*rest) {
        size_t part = strcspn(rest, "\\/");
        if (part) {
            path[length] = '/';
            memcpy(path + length + 1, rest, part);
            path[length += part + 1] = 0;
            take_the_folders_case(path);
        }
        rest += part + (rest[part] != 0);
    }
    return path;
}

char *windows_path_here(const char *path, const struct windows_drives *drives)
{
    if (!strncmp(path, "\\\\?\\", 4) || !strncmp(path, "\\??\\", 4))
        path += 4;
    if (!is_windows_path(path) || path[0] == '\\')
        return strdup(path);
    char letter = (char)tolower((unsigned char)path[0]);
    const char *given = drives->folder[letter - 'a'];
    char *of_wine = given ? NULL : drive_of_wine(letter);
    char *here = given || of_wine ? below(given ? given : of_wine, path + 3) : NULL;
    free(of_wine);
    return here;
}

/* The folder that is a drive, or "" if there is none. A prefix that is yet to be made will have Z:.
 */
static void folder_of_drive(char letter, char folder[PATH_MAX])
{
    char *link = drive_of_wine(letter);
    if (!link || !realpath(link, folder))
        strcpy(folder, letter == 'z' ? "/" : "");
    free(link);
}

char *windows_path_there(const char *path)
{
    char *best = NULL;
    size_t longest = 0;
    for (char letter = 'a'; path[0] == '/' && letter <= 'z'; letter++) {
        char folder[PATH_MAX];
        folder_of_drive(letter, folder);
        size_t length = strlen(folder);
        length -= length && folder[length - 1] == '/';
        if (!*folder || strncmp(path, folder, length) != 0 || path[length] != '/' ||
            (best && length <= longest))
            continue;
        free(best);
        longest = length;
        if (asprintf(&best, "%c:%s", letter, path + length) < 0)
            return NULL;
    }
    for (char *at = best; at && *at; at++)
        if (*at == '/')
            *at = '\\';
    return best;
}
