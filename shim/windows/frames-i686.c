/*
 * The thunks' frame under exceptions that are unwound by tables, those of GCC for 32 bits: a
 * library of its own finds the tables, and it has to be told of ours; and the thread's list of
 * exception handlers is nothing to it, so our record is taken out here.
 */
#include "shim/windows/frames.h"
#include "shim/core/frame.h"
#include <windows.h>

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

/* The innermost of our records, taken out of the list with all that were put in behind it: their
 * frames are gone. The list begins in the thread's first word. */
static EXCEPTION_REGISTRATION_RECORD *take_out(void)
{
    EXCEPTION_REGISTRATION_RECORD *record, *const none = (void *)-1;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(record));
    while (record != none && record->Handler != (PEXCEPTION_ROUTINE)(void *)rs_frame_unwound)
        record = record->Next;
    if (record == none)
        return NULL;
    __asm__ volatile("movl %0, %%fs:0" : : "r"(record->Next) : "memory");
    return record;
}

/* The frame's personality (Itanium C++ ABI, "Base ABI"): never a handler, but in the second phase
 * the frame goes. */
enum { UNWIND_CLEANUP_PHASE = 2, CONTINUE_UNWIND = 8 };

int rs_frame_personality(int version, int actions, uint64_t class, void *exception, void *context);
int rs_frame_personality(int version, int actions, uint64_t class, void *exception, void *context)
{
    (void)version, (void)class, (void)exception, (void)context;
    EXCEPTION_REGISTRATION_RECORD *record = actions & UNWIND_CLEANUP_PHASE ? take_out() : NULL;
    if (record)
        rs_frame_left(rs_frame_base_of(record));
    return CONTINUE_UNWIND;
}
