#include "analyzer/run_windows.h"

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
    memcpy(client->meeting->magic, RESIDUE_PLAN_MAGIC, sizeof client->meeting->magic);
    client->meeting->version = RESIDUE_PLAN_VERSION;
    client->meeting->size = (uint32_t)size;
    memcpy(&client->meeting->plan, plan, plan_size);
    return true;
}

/* The trace outlives the client only with us. */
static bool take_trace(struct run_client *client)
{
    char name[64];
    snprintf(name, sizeof name, RESIDUE_TRACE_NAME "%lu", client->id);
    client->trace_section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    return client->trace_section || failed(client, "can't open the trace");
}

static bool met(struct run_client *client)
{
    switch (__atomic_load_n(&client->meeting->state, __ATOMIC_ACQUIRE)) {
    case RESIDUE_MEETING_RECORDS:
        return take_trace(client);
    case RESIDUE_MEETING_REFUSED:
        snprintf(client->problem, sizeof client->problem, "there is no memory for a trace");
        return false;
    default:
        snprintf(client->problem, sizeof client->problem, "the shim could not be loaded into it");
        return false;
    }
}

/* ---- loading the shim ---- */

/* A thread in the client that loads the library. Whether it did, its exit code can't tell: that is
 * half of a handle. */
static bool load(struct run_client *client, const wchar_t *library)
{
    size_t size = (wcslen(library) + 1) * sizeof *library;
    void *path =
        VirtualAllocEx(client->process, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!path || !WriteProcessMemory(client->process, path, library, size, NULL))
        return failed(client, "can't write to its memory");
    LPTHREAD_START_ROUTINE loader = (LPTHREAD_START_ROUTINE)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"kernel32.dll"), "LoadLibraryW");
    HANDLE thread = CreateRemoteThread(client->process, NULL, 0, loader, path, 0, NULL);
    if (!thread)
        return failed(client, "can't make a thread in it");
    HANDLE either[2] = {thread, client->process};
    WaitForMultipleObjects(2, either, FALSE, INFINITE);
    CloseHandle(thread);
    VirtualFreeEx(client->process, path, 0, MEM_RELEASE);
    return true;
}

bool run_client_inject(struct run_client *client, const struct residue_plan *plan, size_t plan_size,
                       const wchar_t *shim)
{
    if (prepare_meeting(client, plan, plan_size) && load(client, shim) && met(client)) {
        ResumeThread(client->thread);
        return true;
    }
    TerminateProcess(client->process, 2);
    return false;
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
