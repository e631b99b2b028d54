/* The modules of a process that runs already, and their symbols as they are in its memory: so it
 * does not matter whether their files are still there or lie in another container. */
#ifndef ANALYZER_ATTACH_MODULES_H
#define ANALYZER_ATTACH_MODULES_H

#include "analyzer/attach_process.h"

/* Where the module begins whose file is called `file` (without folder), or that was and is deleted;
 * 0 = it is not loaded. */
uint64_t attach_module(pid_t pid, const char *file);

/* The address of what the module at `base` exports under that name; 0 = nothing. */
uint64_t attach_symbol(const struct attach_process *, uint64_t base, const char *name);

/* The first place of these bytes in the code of the module at `base`; 0 = none. */
uint64_t attach_code(const struct attach_process *, uint64_t base, const void *bytes, size_t size);

#endif
