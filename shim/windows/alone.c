/*
 * A client that loads the shim by itself, or is linked with it: nobody expects it. residue.exe,
 * where it lies beside the shim, is asked to attach to the process, from a thread of ours: DllMain,
 * in which we are told that we are loaded, must wait for nobody. What the client does until then is
 * not recorded.
 */
#include "shim/windows/nt.h"
#include "shim/windows/start.h"

#include <residue/profile.h>

extern IMAGE_DOS_HEADER __ImageBase;

/* `"FOLDER\residue.exe" attach --quiet PID`; and the program by itself. False: it is not there. */
static bool runner(wchar_t *program, wchar_t *command)
{
    enum { ROOM = 32768 };
    static const wchar_t name[] = L"residue.exe";
    DWORD length = GetModuleFileNameW((HMODULE)&__ImageBase, program, ROOM);
    while (length && program[length - 1] != L'\\')
        length--;
    if (!length || length + sizeof name / sizeof *name > ROOM)
        return false;
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
        program[length + i] = name[i];
    wchar_t *to = command;
    *to++ = L'"';
    for (const wchar_t *from = program; *from;)
        *to++ = *from++;
    *to++ = L'"';
    rs_name_object(" attach --quiet ", GetCurrentProcessId(), to);
    return GetFileAttributesW(program) != INVALID_FILE_ATTRIBUTES;
}

/* Until it has prepared the meeting, or ends because it can't. */
static void await_meeting(HANDLE process)
{
    while (!rs_begin_if_met() && WaitForSingleObject(process, 1) == WAIT_TIMEOUT)
        ;
}

/* So that residue.exe knows that it is awaited. */
static HANDLE asking(void)
{
    wchar_t name[64];
    rs_name_object(RESIDUE_ASKS_NAME, GetCurrentProcessId(), name);
    return CreateEventW(NULL, TRUE, FALSE, name);
}

static DWORD WINAPI ask(LPVOID unused)
{
    static wchar_t program[32768], command[32768 + 64];
    STARTUPINFOW how = {.cb = sizeof how};
    PROCESS_INFORMATION made;
    (void)unused;
    if (!runner(program, command))
        return 0;
    HANDLE asks = asking();
    if (asks && CreateProcessW(program, command, NULL, NULL, FALSE, 0, NULL, NULL, &how, &made)) {
        CloseHandle(made.hThread);
        await_meeting(made.hProcess);
        CloseHandle(made.hProcess);
    }
    if (asks)
        CloseHandle(asks);
    return 0;
}

void rs_ask_for_runner(void)
{
    HANDLE thread = CreateThread(NULL, 0, ask, NULL, 0, NULL);
    if (thread)
        CloseHandle(thread);
}
