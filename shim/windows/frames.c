/* The handler of the thunks' frame: never one that takes an exception, but when frames are taken
 * down (for a C++ exception, __except, or longjmp) it tells that the call is over. */
#include "shim/core/frame.h"
#include <windows.h>

EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *, void *, CONTEXT *, void *);
EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *exception, void *base, CONTEXT *context,
                                       void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (exception->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        rs_frame_left((uintptr_t)base);
    return ExceptionContinueSearch;
}
