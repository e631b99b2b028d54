/* The handler of the thunks' frame: never one that takes an exception, but when frames are taken
 * down (for a C++ exception, __except, or longjmp) it tells that the call is over. */
#include "shim/windows/frames.h"

EXCEPTION_DISPOSITION rs_frame_unwound(EXCEPTION_RECORD *exception, void *frame, CONTEXT *context,
                                       void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (exception->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        rs_frame_left(rs_frame_base_of(frame));
    return ExceptionContinueSearch;
}
