#include "analyzer/glob.h"
#include <stddef.h>

bool glob_matches(const char *glob, const char *text)
{
    const char *star = NULL, *from = NULL; /* the last * and where what follows it was tried */
    while (*text) {
        if (*glob == '*') {
            star = ++glob;
            from = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star) {
            glob = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return !*glob;
}
