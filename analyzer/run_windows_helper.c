/* residue-helper PROCESS-ID LIBRARY: loads the library into a process of the helper's own bitness,
 * for a residue.exe of the other. Its status is an error of the system, 0 = none. */
#include "analyzer/run_windows_inject.h"

#include <shellapi.h>
#include <wchar.h>

int main(void)
{
    int count;
    wchar_t **arguments = CommandLineToArgvW(GetCommandLineW(), &count);
    if (!arguments || count != 3)
        return ERROR_INVALID_PARAMETER;
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, wcstoul(arguments[1], NULL, 10));
    if (!process)
        return (int)GetLastError();
    if (!run_inject(process, arguments[2]))
        return 0;
    DWORD error = GetLastError();
    return error ? (int)error : ERROR_GEN_FAILURE;
}
