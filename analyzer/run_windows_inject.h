/* Loading a library into another process. */
#ifndef ANALYZER_RUN_WINDOWS_INJECT_H
#define ANALYZER_RUN_WINDOWS_INJECT_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>

/* Loads `library` into a process of this program's own bitness, by a thread of that process, and
 * waits for it. NULL: that ran (whether it was loaded, only the library can tell); else what
 * failed, and the system's last error. */
const char *run_inject(HANDLE process, const wchar_t *library);

/* Is the process 32-bit where this program is not, or the other way round? */
bool run_inject_is_other(HANDLE process);

/* The same through a helper of the other bitness, which lies beside a shim of its own: in `folder`
 * (with a backslash behind it). */
const char *run_inject_by_helper(DWORD process_id, const wchar_t *folder);

#define RUN_SHIM_NAME   L"residue-shim.dll"
#define RUN_HELPER_NAME L"residue-helper.exe"

#endif
