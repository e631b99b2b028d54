/*
 * What the shim asks of Windows: ntdll's documented functions, which neither use the heap nor
 * change the thread's last error, and the few words of a thread's block that never moved.
 */
#ifndef SHIM_WINDOWS_NT_H
#define SHIM_WINDOWS_NT_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winternl.h>

#include <stdint.h>
#include "shim/core/self.h"

/* winternl.h leaves these out. */
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                                PSIZE_T size, ULONG type, ULONG protection);
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG type);
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                               ULONG protection, PULONG before);
NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, LPCVOID address, int what, PVOID out,
                                             SIZE_T size, PSIZE_T returned);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES,
                                     CLIENT_ID *id);
NTSYSAPI BOOL NTAPI RtlQueryPerformanceCounter(LARGE_INTEGER *count);
NTSYSAPI BOOL NTAPI RtlQueryPerformanceFrequency(LARGE_INTEGER *frequency);
NTSYSAPI NTSTATUS NTAPI RtlWaitOnAddress(const void *address, const void *value, SIZE_T size,
                                         const LARGE_INTEGER *timeout);
NTSYSAPI void NTAPI RtlWakeAddressSingle(const void *address);

NTSYSAPI NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, ULONG *state, ULONG_PTR *cookie);
NTSYSAPI NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie);
NTSYSAPI PEB *NTAPI RtlGetCurrentPeb(void);
NTSYSAPI NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PVOID routine, PVOID context,
                                    IO_STATUS_BLOCK *, PVOID from, ULONG size, LARGE_INTEGER *at,
                                    PULONG key);

#define RS_THIS_PROCESS ((HANDLE)(LONG_PTR)-1)

/* The thread's block: offsets of its fields (winternl.h's TEB, whose reserved parts these are). */
#define RS_BLOCK_WORD(offset) (*(const uintptr_t RS_THREAD_BLOCK *)(uintptr_t)(offset))
#ifdef _WIN64
enum {
    RS_BLOCK_STACK_BASE = 0x08,
    RS_BLOCK_THREAD_ID = 0x48,
    RS_BLOCK_STACK_ALLOCATION = 0x1478,
    RS_BLOCK_TLS_SLOTS = 0x1480,
};
#else
enum {
    RS_BLOCK_STACK_BASE = 0x04,
    RS_BLOCK_THREAD_ID = 0x24,
    RS_BLOCK_STACK_ALLOCATION = 0xe0c,
    RS_BLOCK_TLS_SLOTS = 0xe10,
};
#endif
enum { RS_BLOCK_TLS_COUNT = 64 }; /* further slots are memory that is allocated when one is used */

#endif
