/* A PE module mapped as memory, by hand: for tests that look at one, or run its code, without
 * Windows. */
#ifndef PE_IMAGE_H
#define PE_IMAGE_H

#include "shim/core/unwind.h"

/* The module of the file, which imports nothing and whose code runs anywhere. Fails the test if it
 * is not one. */
struct rs_module pe_image(const char *path);

/* Calls `visit` for each exported function. */
void pe_image_exports(const struct rs_module *,
                      void (*visit)(const char *name, uintptr_t address, void *closure),
                      void *closure);

/* The exported function or datum of that name; fails the test if there is none. */
uintptr_t pe_image_export(const struct rs_module *, const char *name);

#endif
