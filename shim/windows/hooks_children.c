/* What the client begins is recorded as well: it is begun suspended, gets the shim as the client
 * got it, and goes on. Where that fails it runs as it would have run. */
#include "shim/core/bytes.h"
#include "shim/windows/start.h"
#include "shim/windows/wrap.h"

extern IMAGE_DOS_HEADER __ImageBase;

/* With this process's plan; its name lives until the handle is closed. */
static HANDLE make_meeting(DWORD child)
{
    wchar_t name[64];
    const struct residue_meeting *ours = rs_meeting();
    rs_name_object(RESIDUE_MEETING_NAME, child, name);
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, ours->size, name);
    struct residue_meeting *meeting =
        section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (meeting) {
        rs_copy(meeting, ours, ours->size);
        meeting->child = 1;
        meeting->refusal = 0;
        meeting->state = RESIDUE_MEETING_OPEN;
        UnmapViewOfFile(meeting);
    }
    return section;
}

static bool is_other_bitness(HANDLE process)
{
    BOOL its = FALSE, ours = FALSE;
    return !IsWow64Process(process, &its) || !IsWow64Process(RS_THIS_PROCESS, &ours) || its != ours;
}

/* kernel32 lies at one address in all processes. */
static void load_shim(HANDLE process)
{
    static wchar_t path[32768];
    size_t size = (GetModuleFileNameW((HMODULE)&__ImageBase, path, 32768) + 1) * sizeof *path;
    struct rs_image kernel;
    if (!rs_image_read((uintptr_t)GetModuleHandleW(L"kernel32.dll"), &kernel))
        return;
    LPTHREAD_START_ROUTINE loader = /* not our wrapper, as GetProcAddress would have it */
        (LPTHREAD_START_ROUTINE)rs_image_export(&kernel, "LoadLibraryW");
    void *memory = VirtualAllocEx(process, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE thread = memory && WriteProcessMemory(process, memory, path, size, NULL)
                        ? CreateRemoteThread(process, NULL, 0, loader, memory, 0, NULL)
                        : NULL;
    if (thread) {
        HANDLE either[2] = {thread, process};
        WaitForMultipleObjects(2, either, FALSE, INFINITE);
        CloseHandle(thread);
    }
    if (memory)
        VirtualFreeEx(process, memory, 0, MEM_RELEASE);
}

static void adopt(const PROCESS_INFORMATION *child)
{
    uintptr_t outer = rs_outer;
    rs_outer = UINTPTR_MAX; /* what this takes and gives back is not the client's */
    HANDLE meeting = is_other_bitness(child->hProcess) ? NULL : make_meeting(child->dwProcessId);
    if (meeting) {
        load_shim(child->hProcess);
        CloseHandle(meeting);
    }
    rs_outer = outer;
}

static bool follows(void)
{
    return rs_recording() && rs_meeting() && rs_meeting()->runner;
}

static void begun(BOOL done, DWORD flags, const PROCESS_INFORMATION *child)
{
    if (!done)
        return;
    DWORD error = GetLastError();
    if (!(flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)))
        adopt(child);
    if (!(flags & CREATE_SUSPENDED))
        ResumeThread(child->hThread);
    SetLastError(error);
}

#define BEGIN_PROCESS(name, text, startup)                                                         \
    RS_WRAP(BOOL, WINAPI, name, text program, text##_WRITABLE line, SECURITY_ATTRIBUTES *process,  \
            SECURITY_ATTRIBUTES *thread, BOOL inherit, DWORD flags, void *environment,             \
            text folder, startup *how, PROCESS_INFORMATION *child)                                 \
    {                                                                                              \
        if (!follows() || rs_is_inner(RS_CALLER_SP()))                                             \
            return real_##name(program, line, process, thread, inherit, flags, environment,        \
                               folder, how, child);                                                \
        BOOL done = real_##name(program, line, process, thread, inherit, flags | CREATE_SUSPENDED, \
                                environment, folder, how, child);                                  \
        begun(done, flags, child);                                                                 \
        return done;                                                                               \
    }

#define LPCSTR_WRITABLE  LPSTR
#define LPCWSTR_WRITABLE LPWSTR

BEGIN_PROCESS(CreateProcessA, LPCSTR, STARTUPINFOA)
BEGIN_PROCESS(CreateProcessW, LPCWSTR, STARTUPINFOW)

const struct rs_hook rs_hooks_children[] = {
    RS_HOOK(CreateProcessA),
    RS_HOOK(CreateProcessW),
    RS_HOOKS_END,
};
