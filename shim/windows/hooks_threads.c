/* A thread created inside a call may be asked to work for that call (--charge-threads). Run-times'
 * functions create theirs through this one too. */
#include "shim/core/beginnings.h"
#include "shim/windows/wrap.h"

static DWORD WINAPI begin(void *closure)
{
    struct rs_beginning beginning = rs_beginning_take(closure);
    return ((LPTHREAD_START_ROUTINE)beginning.routine)(beginning.argument);
}

RS_WRAP(HANDLE, WINAPI, CreateThread, SECURITY_ATTRIBUTES *security, SIZE_T stack,
        LPTHREAD_START_ROUTINE routine, void *argument, DWORD flags, DWORD *id)
{
    struct rs_beginning *beginning = rs_beginning_make((void (*)(void))routine, argument);
    if (!beginning)
        return real_CreateThread(security, stack, routine, argument, flags, id);
    HANDLE thread = real_CreateThread(security, stack, begin, beginning, flags, id);
    if (!thread)
        rs_beginning_drop(beginning);
    return thread;
}

const struct rs_hook rs_hooks_threads[] = {
    RS_HOOK(CreateThread),
    RS_HOOKS_END,
};
