/* The handler of the thunks' frame, which is handed the frame pointer; with 32 bits the record
 * below the frame: never one that takes an exception, but when frames are taken down (for a C++
 * exception, __except, or longjmp) it tells that the call is over. */
#include "shim/core/frame.h"
#include <windows.h>

EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *, void *, CONTEXT *, void *);
EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *exception, void *base, CONTEXT *context,
                                       void *dispatcher)
{
    (void)context, (void)dispatcher;
#ifndef _WIN64
    base = (char *)base + sizeof(struct rs_frame) + sizeof(EXCEPTION_REGISTRATION_RECORD);
#endif
    if (exception->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        rs_frame_left((uintptr_t)base);
    return ExceptionContinueSearch;
}
