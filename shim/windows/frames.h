/* The thunks' frame, for who unwinds it. */
#ifndef SHIM_WINDOWS_FRAMES_H
#define SHIM_WINDOWS_FRAMES_H

#include "shim/core/frame.h"
#include "shim/windows/pe.h"
#include <windows.h>

/* The frame's handler, named by its unwind codes and with 32 bits by its record in the list of
 * handlers. `frame`: the frame pointer, or that record. */
EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *, void *frame, CONTEXT *, void *);

#ifdef _WIN64
static inline uintptr_t rs_frame_base_of(const void *frame)
{
    return (uintptr_t)frame;
}
#else
/* The record is below the rest of the frame. */
static inline uintptr_t rs_frame_base_of(const void *record)
{
    return (uintptr_t)record + sizeof(EXCEPTION_REGISTRATION_RECORD) + sizeof(struct rs_frame);
}
#endif

/* A module was loaded. If it is a library that unwinds by tables it was told of (32 bits), it is
 * told of ours. */
#ifdef _WIN64
static inline void rs_frames_register(const struct rs_image *image)
{
    (void)image;
}
#else
void rs_frames_register(const struct rs_image *);
#endif

#endif
