/* Globs over names: * is any run of characters, ? any one; all else is itself. As `--watch` has
 * them. */
#ifndef ANALYZER_GLOB_H
#define ANALYZER_GLOB_H

#include <stdbool.h>

/* Whether the whole of `text` is what `glob` means. Takes time in proportion to both lengths. */
bool glob_matches(const char *glob, const char *text);

#endif
