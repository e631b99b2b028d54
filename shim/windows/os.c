/* The seam of shim/core/os.h on Windows. */
#include "shim/core/os.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"
#include "shim/core/text.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "shim/windows/nt.h"
#include "shim/windows/start.h"

void *rs_os_map(size_t bytes)
{
    PVOID memory = NULL;
    SIZE_T size = bytes;
    NTSTATUS status = NtAllocateVirtualMemory(RS_THIS_PROCESS, &memory, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    return NT_SUCCESS(status) ? memory : NULL;
}

void rs_os_unmap(void *memory, size_t bytes)
{
    (void)bytes;
    SIZE_T all = 0;
    NtFreeVirtualMemory(RS_THIS_PROCESS, &memory, &all, MEM_RELEASE);
}

/* The trace's section is reserved as a whole; what is committed of it, every view of it has. It
 * grows from one end, so it is committed some way ahead. Only one thread at a time does this. */
bool rs_os_commit(void *memory, size_t bytes)
{
    enum { AHEAD = 512 << 10 };
    static uintptr_t committed;
    uintptr_t end = (uintptr_t)memory + bytes;
    if ((uintptr_t)memory < committed && end <= committed)
        return true;
    SIZE_T size = bytes + AHEAD;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(RS_THIS_PROCESS, &memory, 0, &size, MEM_COMMIT,
                                            PAGE_READWRITE))) {
        size = bytes; /* no further than the section goes */
        if (!NT_SUCCESS(NtAllocateVirtualMemory(RS_THIS_PROCESS, &memory, 0, &size, MEM_COMMIT,
                                                PAGE_READWRITE)))
            return false;
    }
    committed = (uintptr_t)memory + size;
    return true;
}

uint64_t rs_os_now_ns(void)
{
    static const uint64_t second = 1000000000;
    LARGE_INTEGER now, frequency;
    RtlQueryPerformanceCounter(&now);
    RtlQueryPerformanceFrequency(&frequency);
    uint64_t count = (uint64_t)now.QuadPart, a_second = (uint64_t)frequency.QuadPart;
    return count / a_second * second + count % a_second * second / a_second;
}

/* VM_COUNTERS_EX: what GetProcessMemoryInfo calls PrivateUsage, and System Monitor private bytes.
 */
uint64_t rs_os_private_bytes(void)
{
    struct {
        SIZE_T peak_virtual_size, virtual_size;
        ULONG page_faults;
        SIZE_T peak_working_set, working_set, quotas[4], page_file, peak_page_file, private_usage;
    } counters;
    NTSTATUS status = NtQueryInformationProcess(RS_THIS_PROCESS, (PROCESSINFOCLASS)3, &counters,
                                                sizeof counters, NULL);
    return NT_SUCCESS(status) ? counters.private_usage : 0;
}

/* What is committed is the process's, touched or not. */
bool rs_os_touched(const void *memory, size_t pages, unsigned char *touched)
{
    (void)memory, (void)pages, (void)touched;
    return false;
}

enum {
    EXECUTABLE = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY,
    READABLE = PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ |
               PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY
};

static bool query(const void *address, MEMORY_BASIC_INFORMATION *about)
{
    return NT_SUCCESS(
        NtQueryVirtualMemory(RS_THIS_PROCESS, address, 0, about, sizeof *about, NULL));
}

/* The loader and whoever frees memory do not wait for us: what was memory when it was asked for is
 * read. */
bool rs_os_read(const void *from, void *to, size_t size)
{
    uintptr_t at = (uintptr_t)from, end = at + size;
    if (end < at)
        return false;
    while (at < end) {
        MEMORY_BASIC_INFORMATION about;
        if (!query((const void *)at, &about) || about.State != MEM_COMMIT ||
            (about.Protect & PAGE_GUARD) || !(about.Protect & READABLE))
            return false;
        at = (uintptr_t)about.BaseAddress + about.RegionSize;
    }
    rs_copy(to, from, size);
    return true;
}

bool rs_os_is_code(uintptr_t address)
{
    MEMORY_BASIC_INFORMATION about;
    return query((const void *)address, &about) && about.State == MEM_COMMIT &&
           (about.Type != MEM_IMAGE || (about.Protect & EXECUTABLE));
}

/* Once the process is ending, whoever holds a lock for so long was killed with it in his hands.
 * Then nothing more is recorded: what he was changing is not whole. */
void rs_os_wait(uint32_t *word, uint32_t value)
{
    const LARGE_INTEGER patience = {.QuadPart = -20000000}; /* two seconds, in 100 ns */
    const NTSTATUS timeout = 0x102;
    bool ending = __atomic_load_n(&rs_ending, __ATOMIC_ACQUIRE);
    NTSTATUS status = RtlWaitOnAddress(word, &value, sizeof value, ending ? &patience : NULL);
    if (ending && status == timeout) {
        __atomic_store_n(&rs_guard.recording, 0, __ATOMIC_RELEASE);
        __atomic_store_n(word, 0, __ATOMIC_RELEASE);
    }
}

void rs_os_wake(uint32_t *word)
{
    RtlWakeAddressSingle(word);
}

uint32_t rs_os_thread_id(void)
{
    return (uint32_t)RS_BLOCK_WORD(RS_BLOCK_THREAD_ID);
}

bool rs_os_thread_alive(uint32_t thread_id)
{
    HANDLE thread;
    CLIENT_ID id = {NULL, (HANDLE)(uintptr_t)thread_id};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes};
    NTSTATUS status = NtOpenThread(&thread, SYNCHRONIZE, &attributes, &id);
    if (!NT_SUCCESS(status))
        return status != (NTSTATUS)0xc000000b /* STATUS_INVALID_CID */ &&
               status != (NTSTATUS)0xc000000d /* STATUS_INVALID_PARAMETER */;
    LARGE_INTEGER now = {.QuadPart = 0};
    status = NtWaitForSingleObject(thread, FALSE, &now);
    NtClose(thread);
    return status == (NTSTATUS)0x102 /* STATUS_TIMEOUT */;
}

struct rs_stack_bounds rs_os_stack_bounds(void)
{
    uintptr_t base = RS_BLOCK_WORD(RS_BLOCK_STACK_BASE);
    uintptr_t end = RS_BLOCK_WORD(RS_BLOCK_STACK_ALLOCATION);
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    if (sp < end || sp >= base)
        return (struct rs_stack_bounds){0, 0};
    return (struct rs_stack_bounds){end, base};
}

void rs_os_say(const char *text)
{
    char line[320] = "residue: ";
    size_t length = rs_length(text);
    length = length < 300 ? length : 300;
    rs_copy(line + 9, text, length);
    line[9 + length] = '\r';
    line[10 + length] = '\n';
    /* RTL_USER_PROCESS_PARAMETERS: behind four words of sizes and flags come the console and, two
     * words on, standard input, output and error. */
    const unsigned char *parameters = (const unsigned char *)RtlGetCurrentPeb()->ProcessParameters;
    HANDLE error = *(const HANDLE *)(parameters + 16 + 4 * sizeof(HANDLE));
    IO_STATUS_BLOCK done;
    if (error)
        NtWriteFile(error, NULL, NULL, NULL, &done, line, (ULONG)length + 11, NULL, NULL);
}

/* Every module is announced before its code can run (modules.c). */
bool rs_os_find_module(uintptr_t pc, struct rs_found_module *found)
{
    (void)pc, (void)found;
    return false;
}

/* One thread at a time: else one protects the page again while another writes. Where there is code
 * on the page, others may be running it. */
bool rs_os_write_slot(uintptr_t *slot, uintptr_t value)
{
    static struct rs_lock lock;
    PVOID page = slot;
    SIZE_T size = sizeof *slot;
    MEMORY_BASIC_INFORMATION about;
    ULONG before, writable = PAGE_READWRITE;
    if (query(slot, &about) && (about.Protect & EXECUTABLE))
        writable = PAGE_EXECUTE_READWRITE;
    rs_lock(&lock);
    bool done =
        NT_SUCCESS(NtProtectVirtualMemory(RS_THIS_PROCESS, &page, &size, writable, &before));
    if (done) {
        __atomic_store_n(slot, value, __ATOMIC_RELEASE);
        NtProtectVirtualMemory(RS_THIS_PROCESS, &page, &size, before, &before);
    }
    rs_unlock(&lock);
    return done;
}
