/* Import slots, and the other way to a function: asking for its address. */
#ifndef SHIM_WINDOWS_IMPORTS_H
#define SHIM_WINDOWS_IMPORTS_H

#include <stdint.h>
#include "shim/windows/pe.h"

/* Puts wrappers and thunks into the module's import slots. */
void rs_imports_patch(const struct rs_image *);

/* What the client gets in place of the function at `target`, imported or asked for as `name` (NULL:
 * by ordinal): itself, unless it is one of ours to watch. */
uintptr_t rs_imports_lead(uintptr_t target, const char *name);

#endif
