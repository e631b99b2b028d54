/* Which file a dlopen by bare name means: the loader searches the RUNPATH of the object that calls,
 * and sees the shim there instead. */
#ifndef SHIM_LINUX_SEARCH_H
#define SHIM_LINUX_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

enum { RS_SEARCH_PATH = 1024 };

/* The name to hand to the real dlopen: `file` itself, or in `path` (RS_SEARCH_PATH bytes) the file
 * that the RPATH or RUNPATH of the object holding `caller` leads to. `here`: it is to be loaded
 * into the caller's namespace, where a bare name may be known already. */
const char *rs_search_for_caller(const char *file, uintptr_t caller, bool here, char *path);

#endif
