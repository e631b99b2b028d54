/* The thunks' frame, for who unwinds it. */
#ifndef SHIM_WINDOWS_FRAMES_H
#define SHIM_WINDOWS_FRAMES_H

#include "shim/windows/pe.h"

/* A module was loaded: on 32 bits some compilers' exceptions are unwound by tables that a library
 * is told of. If the module is such a library, it is told of ours. */
#ifdef _WIN64
static inline void rs_frames_register(const struct rs_image *image)
{
    (void)image;
}
#else
void rs_frames_register(const struct rs_image *);
#endif

#endif
