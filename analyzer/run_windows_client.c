#include "analyzer/run_windows.h"
#include "analyzer/run_windows_inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_client_say(struct run_client *client, const char *what, DWORD error)
{
    char text[512] = "";
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  error, 0, text, sizeof text, NULL);
    while (length && strchr("\r\n. ", text[length - 1]))
        text[--length] = 0;
    if (length)
        snprintf(client->problem, sizeof client->problem, "%s: %s", what, text);
    else
        snprintf(client->problem, sizeof client->problem, "%s: error %lu", what, error);
}

static bool failed(struct run_client *client, const char *what)
{
    run_client_say(client, what, GetLastError());
    return false;
}

/* ---- beginning ---- */

static HANDLE inherited(DWORD which)
{
    HANDLE handle = GetStdHandle(which);
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    return handle;
}

bool run_client_begin(struct run_client *client, const wchar_t *command_line, int *status)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION begun;
    wchar_t *copy = _wcsdup(command_line); /* CreateProcessW may write to it */
    GetStartupInfoW(&startup);             /* as whoever began us wanted it */
    startup.dwFlags |= STARTF_USESTDHANDLES;
    startup.hStdInput = inherited(STD_INPUT_HANDLE);
    startup.hStdOutput = inherited(STD_OUTPUT_HANDLE);
    startup.hStdError = inherited(STD_ERROR_HANDLE);
    bool done = copy && CreateProcessW(NULL, copy, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL,
                                       &startup, &begun);
    DWORD error = GetLastError();
    free(copy);
    if (!done) {
        bool missing = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
        *status = missing ? 127 : 126;
        run_client_say(client, "can't be started", error);
        return false;
    }
    client->process = begun.hProcess;
    client->thread = begun.hThread;
    client->id = begun.dwProcessId;
    return true;
}

/* ---- the meeting ---- */

/* Made here, so that it outlives the client however soon that ends. */
static bool make_trace(struct run_client *client)
{
    char name[64];
    bool is_64 = (sizeof(void *) == 8) != run_inject_is_other(client->process);
    uint64_t size = is_64 ? RESIDUE_SECTION_SPACE_64 : RESIDUE_SECTION_SPACE_32;
    snprintf(name, sizeof name, RESIDUE_TRACE_NAME "%lu", client->id);
    for (; size >= RESIDUE_SECTION_SPACE_LEAST && !client->trace_section; size /= 4)
        client->trace_section =
            CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE,
                               (DWORD)(size >> 32), (DWORD)size, name);
    return client->trace_section || failed(client, "there is no memory for a trace");
}

static bool prepare_meeting(struct run_client *client, const struct residue_plan *plan,
                            size_t plan_size)
{
    char name[64];
    size_t size = offsetof(struct residue_meeting, plan) + plan_size;
    snprintf(name, sizeof name, RESIDUE_MEETING_NAME "%lu", client->id);
    client->meeting_section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, name);
    client->meeting = client->meeting_section
                          ? MapViewOfFile(client->meeting_section, FILE_MAP_WRITE, 0, 0, 0)
                          : NULL;
    if (!client->meeting)
        return failed(client, "can't keep the plan in memory");
    client->meeting->version = RESIDUE_PLAN_VERSION;
    client->meeting->size = (uint32_t)size;
    client->meeting->runner = client->runner;
    memcpy(&client->meeting->plan, plan, plan_size);
    /* Last: who loaded the shim by himself looks for the meeting all the time. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(client->meeting->magic, RESIDUE_PLAN_MAGIC, sizeof client->meeting->magic);
    return true;
}

static bool came(const struct run_client *client)
{
    return __atomic_load_n(&client->meeting->state, __ATOMIC_ACQUIRE) != RESIDUE_MEETING_OPEN;
}

static bool ended(const struct run_client *client)
{
    return WaitForSingleObject(client->process, 0) == WAIT_OBJECT_0;
}

static bool met(struct run_client *client)
{
    switch (__atomic_load_n(&client->meeting->state, __ATOMIC_ACQUIRE)) {
    case RESIDUE_MEETING_RECORDS:
        return true;
    case RESIDUE_MEETING_REFUSED:
        snprintf(client->problem, sizeof client->problem, "there is no memory for a trace");
        return false;
    default:
        snprintf(client->problem, sizeof client->problem,
                 ended(client) ? "it ended before it was recorded"
                               : "the shim could not be loaded into it");
        return false;
    }
}

/* ---- loading the shim ---- */

/* A shim of the other bitness lies in a folder beside: as an installation has it, or a build. */
static bool other_folder(const wchar_t *shim, wchar_t *folder, size_t room)
{
    static const wchar_t *const beside[] = {L"i686\\", L"x86_64\\", L"..\\windows-i686\\",
                                            L"..\\windows-x86_64\\"};
    const unsigned first = sizeof(void *) == 8 ? 0 : 1;
    const wchar_t *name = wcsrchr(shim, L'\\');
    size_t length = name ? (size_t)(name + 1 - shim) : 0;
    wchar_t helper[1024];
    for (unsigned i = first; i < sizeof beside / sizeof *beside; i += 2) {
        swprintf(folder, room, L"%.*ls%ls", (int)length, shim, beside[i]);
        swprintf(helper, sizeof helper / sizeof *helper, L"%ls" RUN_HELPER_NAME, folder);
        if (GetFileAttributesW(helper) != INVALID_FILE_ATTRIBUTES)
            return true;
    }
    return false;
}

/* Has it loaded the shim by itself, which looks for the meeting now? */
static bool asks(const struct run_client *client)
{
    char name[64];
    snprintf(name, sizeof name, RESIDUE_ASKS_NAME "%lu", client->id);
    HANDLE event = OpenEventA(SYNCHRONIZE, FALSE, name);
    if (event)
        CloseHandle(event);
    return event;
}

static bool load(struct run_client *client, const wchar_t *shim)
{
    wchar_t folder[1024];
    const char *what;
    if (asks(client)) {
        while (!came(client) && !ended(client) && asks(client))
            Sleep(1);
        return true; /* how it turned out, met() says */
    }
    if (!run_inject_is_other(client->process)) {
        what = run_inject(client->process, shim);
    } else if (other_folder(shim, folder, sizeof folder / sizeof *folder)) {
        what = run_inject_by_helper(client->id, folder);
    } else {
        snprintf(client->problem, sizeof client->problem,
                 "its bitness is another, and there is no shim for that");
        return false;
    }
    return !what || failed(client, what);
}

bool run_client_inject(struct run_client *client, const struct residue_plan *plan, size_t plan_size,
                       const wchar_t *shim)
{
    bool done = make_trace(client) && prepare_meeting(client, plan, plan_size) &&
                load(client, shim) && met(client);
    if (client->thread && done)
        ResumeThread(client->thread);
    else if (client->thread)
        TerminateProcess(client->process, 2);
    return done;
}

bool run_client_attach(struct run_client *client, DWORD id)
{
    client->id = id;
    client->process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, id);
    return client->process || failed(client, "can't be opened");
}

/* The client itself keeps the trace's section as long as it runs. */
bool run_client_adopt(struct run_client *client)
{
    char name[64];
    snprintf(name, sizeof name, RESIDUE_TRACE_NAME "%lu", client->id);
    client->trace_section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    return client->trace_section;
}

DWORD run_client_wait(struct run_client *client)
{
    DWORD status = 0;
    WaitForSingleObject(client->process, INFINITE);
    GetExitCodeProcess(client->process, &status);
    return status;
}

void run_client_close(struct run_client *client)
{
    if (client->meeting)
        UnmapViewOfFile(client->meeting);
    const HANDLE handles[] = {client->process, client->thread, client->meeting_section,
                              client->trace_section};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (handles[i])
            CloseHandle(handles[i]);
}
