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
