/* What a module is, by the name of its file. */
#ifndef ANALYZER_MODULE_NAMES_H
#define ANALYZER_MODULE_NAMES_H

#include <stdbool.h>

/* Whether it allocates on behalf of whoever called it: the language's own libraries (strdup,
 * operator new). */
bool module_is_runtime(const char *path);

/* Whether it is the dynamic loader. */
bool module_is_loader(const char *path);

#endif
