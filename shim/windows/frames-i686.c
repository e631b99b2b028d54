#include "shim/windows/frames.h"

/* Of thunks-i686.S. */
extern const unsigned char rs_thunks_frames[];

enum { LIBRARIES = 4, OBJECT_WORDS = 8 };

/* libgcc keeps its books of a table in words of ours. */
void rs_frames_register(const struct rs_image *image)
{
    typedef void __attribute__((cdecl)) register_frames(const void *, void *object);
    static uintptr_t objects[LIBRARIES][OBJECT_WORDS];
    static unsigned used;
    uintptr_t found = rs_image_export(image, "__register_frame_info");
    if (found && used < LIBRARIES)
        ((register_frames *)found)(rs_thunks_frames, objects[used++]);
}
