/* The loaded modules: listed once when the shim begins, and kept up by what the loader tells of
 * each that comes or goes. */
#ifndef SHIM_WINDOWS_MODULES_H
#define SHIM_WINDOWS_MODULES_H

#include <stdbool.h>
#include <stdint.h>

/* Lists and publishes what is loaded now, patches its imports, and asks to be told from now on. The
 * caller holds the loader's lock (it is a DllMain). False: the loader won't tell. */
bool rs_modules_follow(void);

/* No more news. */
void rs_modules_unfollow(void);

/* Is the address in the shim itself? */
bool rs_is_shim(uintptr_t address);

#endif
