# Always on: the Win32 names, where the client's world exports them (ported clients, PAL libraries).
kind "critical section" class=critical-section
kind "private heap" class=private-heap
kind "heap block" class=block
kind "module reference" class=module-reference counted

acquire InitializeCriticalSection "critical section" handle=arg1 ok=any call=outermost
acquire InitializeCriticalSectionAndSpinCount "critical section" handle=arg1 ok=nonzero call=outermost
acquire InitializeCriticalSectionEx "critical section" handle=arg1 ok=nonzero call=outermost
release DeleteCriticalSection "critical section" call=never

acquire LoadLibraryA "module reference" call=outermost
acquire LoadLibraryW "module reference" call=outermost
acquire LoadLibraryExA "module reference" call=outermost
acquire LoadLibraryExW "module reference" call=outermost
release FreeLibrary "module reference" call=outermost

acquire HeapCreate "private heap" call=outermost
release HeapDestroy "private heap" call=outermost
acquire HeapAlloc "heap block" size=arg3 parent=arg1 call=never
resize HeapReAlloc "heap block" from=arg3 size=arg4 parent=arg1 call=never
release HeapFree "heap block" handle=arg3 call=never

# Handles: one space of them, whatever they are of, and one function closes them all. What makes them is no
# call: it is charged to the call around it.
kind handle class=other release=CloseHandle
kind event class=other of=handle
kind "mutex handle" class=other of=handle
kind semaphore class=other of=handle
kind "waitable timer" class=other of=handle
kind file class=other of=handle
kind "file mapping" class=other of=handle
kind "pipe handle" class=other of=handle
kind process class=other of=handle
kind thread class=other of=handle
kind token class=other of=handle
kind "registry key" class=other release=RegCloseKey
kind "file search" class=other release=FindClose

acquire CreateEventA event call=never
acquire CreateEventW event call=never
acquire CreateEventExA event call=never
acquire CreateEventExW event call=never
acquire OpenEventA event call=never
acquire OpenEventW event call=never
acquire CreateMutexA "mutex handle" call=never
acquire CreateMutexW "mutex handle" call=never
acquire CreateMutexExA "mutex handle" call=never
acquire CreateMutexExW "mutex handle" call=never
acquire OpenMutexA "mutex handle" call=never
acquire OpenMutexW "mutex handle" call=never
acquire CreateSemaphoreA semaphore call=never
acquire CreateSemaphoreW semaphore call=never
acquire CreateSemaphoreExA semaphore call=never
acquire CreateSemaphoreExW semaphore call=never
acquire OpenSemaphoreA semaphore call=never
acquire OpenSemaphoreW semaphore call=never
acquire CreateWaitableTimerA "waitable timer" call=never
acquire CreateWaitableTimerW "waitable timer" call=never
acquire CreateWaitableTimerExA "waitable timer" call=never
acquire CreateWaitableTimerExW "waitable timer" call=never
acquire OpenWaitableTimerA "waitable timer" call=never
acquire OpenWaitableTimerW "waitable timer" call=never
acquire CreateFileA file ok=not-minus-one call=never
acquire CreateFileW file ok=not-minus-one call=never
acquire CreateFile2 file ok=not-minus-one call=never
acquire CreateFileMappingA "file mapping" call=never
acquire CreateFileMappingW "file mapping" call=never
acquire OpenFileMappingA "file mapping" call=never
acquire OpenFileMappingW "file mapping" call=never
acquire CreateNamedPipeA "pipe handle" ok=not-minus-one call=never
acquire CreateNamedPipeW "pipe handle" ok=not-minus-one call=never
acquire CreatePipe "pipe handle" handle=out1 ok=nonzero call=never
acquire CreatePipe "pipe handle" handle=out2 ok=nonzero call=never
acquire OpenProcess process call=never
acquire CreateProcessA process handle=out10[0] ok=nonzero call=never
acquire CreateProcessW process handle=out10[0] ok=nonzero call=never
acquire CreateProcessA thread handle=out10[1] ok=nonzero call=never
acquire CreateProcessW thread handle=out10[1] ok=nonzero call=never
acquire OpenThread thread call=never
acquire CreateThread thread call=never
acquire CreateRemoteThread thread call=never
acquire OpenProcessToken token handle=out3 ok=nonzero call=never
acquire OpenThreadToken token handle=out4 ok=nonzero call=never
acquire DuplicateToken token handle=out3 ok=nonzero call=never
acquire DuplicateTokenEx token handle=out6 ok=nonzero call=never
acquire CreateToolhelp32Snapshot handle ok=not-minus-one call=never
acquire CreateIoCompletionPort handle call=never
# Into this process; and out of it.
acquire DuplicateHandle handle handle=out4 ok=nonzero if=arg3:-1 call=never
release DuplicateHandle handle handle=arg2 ok=nonzero call=never if=arg7:1
release DuplicateHandle handle handle=arg2 ok=nonzero call=never if=arg7:3
release CloseHandle handle call=never
release NtClose handle call=never

acquire RegOpenKeyA "registry key" handle=out3 call=never
acquire RegOpenKeyW "registry key" handle=out3 call=never
acquire RegOpenKeyExA "registry key" handle=out5 call=never
acquire RegOpenKeyExW "registry key" handle=out5 call=never
acquire RegCreateKeyA "registry key" handle=out3 call=never
acquire RegCreateKeyW "registry key" handle=out3 call=never
acquire RegCreateKeyExA "registry key" handle=out8 call=never
acquire RegCreateKeyExW "registry key" handle=out8 call=never
acquire RegOpenKeyTransactedA "registry key" handle=out5 call=never
acquire RegOpenKeyTransactedW "registry key" handle=out5 call=never
acquire RegCreateKeyTransactedA "registry key" handle=out8 call=never
acquire RegCreateKeyTransactedW "registry key" handle=out8 call=never
acquire RegConnectRegistryA "registry key" handle=out3 call=never
acquire RegConnectRegistryW "registry key" handle=out3 call=never
acquire RegOpenCurrentUser "registry key" handle=out2 call=never
acquire RegOpenUserClassesRoot "registry key" handle=out4 call=never
release RegCloseKey "registry key" call=never

acquire FindFirstFileA "file search" ok=not-minus-one call=never
acquire FindFirstFileW "file search" ok=not-minus-one call=never
acquire FindFirstFileExA "file search" ok=not-minus-one call=never
acquire FindFirstFileExW "file search" ok=not-minus-one call=never
release FindClose "file search" call=never
