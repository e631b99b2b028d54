/* How the process ends by itself. */
#include "shim/windows/start.h"
#include "shim/windows/wrap.h"

RS_WRAP(void, WINAPI, ExitProcess, UINT status)
{
    rs_end(status);
    real_ExitProcess(status);
}

RS_WRAP(void, WINAPI, RtlExitUserProcess, ULONG status)
{
    rs_end(status);
    real_RtlExitUserProcess(status);
}

RS_WRAP(BOOL, WINAPI, TerminateProcess, HANDLE process, UINT status)
{
    if (process == RS_THIS_PROCESS || GetProcessId(process) == GetCurrentProcessId())
        rs_end(status);
    return real_TerminateProcess(process, status);
}

const struct rs_hook rs_hooks_process[] = {
    RS_HOOK(ExitProcess),
    RS_HOOK(RtlExitUserProcess),
    RS_HOOK(TerminateProcess),
    RS_HOOKS_END,
};
