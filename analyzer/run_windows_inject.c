#include "analyzer/run_windows_inject.h"

#include <stdio.h>
#include <wchar.h>

/* kernel32 lies at one address in all processes of a bitness. The thread's exit code is half of a
 * handle, and tells nothing. */
const char *run_inject(HANDLE process, const wchar_t *library)
{
    size_t size = (wcslen(library) + 1) * sizeof *library;
    void *path = VirtualAllocEx(process, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!path || !WriteProcessMemory(process, path, library, size, NULL))
        return "can't write to its memory";
    LPTHREAD_START_ROUTINE loader = (LPTHREAD_START_ROUTINE)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"kernel32.dll"), "LoadLibraryW");
    HANDLE thread = CreateRemoteThread(process, NULL, 0, loader, path, 0, NULL);
    if (!thread)
        return "can't make a thread in it";
    HANDLE either[2] = {thread, process};
    WaitForMultipleObjects(2, either, FALSE, INFINITE);
    CloseHandle(thread);
    VirtualFreeEx(process, path, 0, MEM_RELEASE);
    return NULL;
}

bool run_inject_is_other(HANDLE process)
{
    BOOL its = FALSE, ours = FALSE;
    return IsWow64Process(process, &its) && IsWow64Process(GetCurrentProcess(), &ours) &&
           its != ours;
}

const char *run_inject_by_helper(DWORD process_id, const wchar_t *folder)
{
    enum { ROOM = 2 * 32768 };
    static wchar_t command[ROOM];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION begun;
    DWORD status = 1;
    swprintf(command, ROOM, L"\"%ls" RUN_HELPER_NAME L"\" %lu \"%ls" RUN_SHIM_NAME L"\"", folder,
             process_id, folder);
    if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &begun))
        return "its bitness is another, and the helper for that can't be started";
    WaitForSingleObject(begun.hProcess, INFINITE);
    GetExitCodeProcess(begun.hProcess, &status);
    CloseHandle(begun.hThread);
    CloseHandle(begun.hProcess);
    SetLastError(status);
    return status ? "the helper for its bitness failed" : NULL;
}
