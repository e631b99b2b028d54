#include "analyzer/run_windows_others.h"
#include "analyzer/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool run_others_open(struct run_others *others, DWORD runner, const char *output)
{
    char roster[64], knock[64];
    DWORD id = runner ? runner : GetCurrentProcessId();
    snprintf(roster, sizeof roster, RESIDUE_ROSTER_NAME "%lu", id);
    snprintf(knock, sizeof knock, RESIDUE_KNOCK_NAME "%lu", id);
    others->section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                         sizeof *others->roster, roster);
    others->knock = CreateEventA(NULL, FALSE, FALSE, knock);
    others->roster =
        others->section ? MapViewOfFile(others->section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    others->output = output;
    return others->roster && others->knock;
}

/* ---- taking up ---- */

static bool take_up(struct run_client *client, DWORD id)
{
    char name[64];
    client->id = id;
    client->process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_INFORMATION, FALSE, id);
    snprintf(name, sizeof name, RESIDUE_TRACE_NAME "%lu", id);
    client->trace_section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    return client->process && client->trace_section;
}

static bool grow(struct run_others *others)
{
    struct run_client *clients =
        realloc(others->clients, (others->count + 1) * sizeof *others->clients);
    uint32_t *places = clients ? realloc(others->places, (others->count + 1) * sizeof *places) : 0;
    others->clients = clients ? clients : others->clients;
    others->places = places ? places : others->places;
    return clients && places;
}

static bool is_held(const struct run_others *others, uint32_t place)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->places[i] == place)
            return true;
    return false;
}

void run_others_take(struct run_others *others, bool over)
{
    uint32_t count = __atomic_load_n(&others->roster->count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < RESIDUE_ROSTER_MOST; i++) {
        uint32_t state = __atomic_load_n(&others->roster->process[i].state, __ATOMIC_ACQUIRE);
        bool wanted = state == RESIDUE_ROSTER_SIGNED || (over && state == RESIDUE_ROSTER_TAKEN);
        if (!wanted || is_held(others, i) || !grow(others))
            continue;
        struct run_client *client = &others->clients[others->count];
        memset(client, 0, sizeof *client);
        if (take_up(client, others->roster->process[i].pid)) {
            others->places[others->count++] = i;
            state = RESIDUE_ROSTER_TAKEN;
        } else {
            run_client_close(client);
            state = RESIDUE_ROSTER_WRITTEN;
        }
        __atomic_store_n(&others->roster->process[i].state, state, __ATOMIC_RELEASE);
    }
}

/* ---- writing ---- */

static void write_one(struct run_others *others, struct run_client *client)
{
    char name[4200];
    DWORD status = 0;
    GetExitCodeProcess(client->process, &status);
    snprintf(name, sizeof name, "%s.%lu", others->output, client->id);
    if (run_client_write(client, name, status))
        others->written++;
    else
        fprintf(stderr, "residue: %s\n", client->problem);
}

void run_others_write_ended(struct run_others *others)
{
    for (size_t i = 0; i < others->count;) {
        struct run_client *client = &others->clients[i];
        if (WaitForSingleObject(client->process, 0) != WAIT_OBJECT_0) {
            i++;
            continue;
        }
        write_one(others, client);
        run_client_close(client);
        __atomic_store_n(&others->roster->process[others->places[i]].state, RESIDUE_ROSTER_WRITTEN,
                         __ATOMIC_RELEASE);
        others->count--;
        *client = others->clients[others->count];
        others->places[i] = others->places[others->count];
    }
}

/* The system waits for 64 things at most: of more, for a while, and then looks. */
void run_others_wait(const struct run_others *others, HANDLE also)
{
    enum { LOOK_AGAIN = 200 }; /* milliseconds */
    HANDLE all[MAXIMUM_WAIT_OBJECTS];
    DWORD count = 0;
    all[count++] = others->knock;
    if (also)
        all[count++] = also;
    for (size_t i = 0; !also && i < others->count && count < MAXIMUM_WAIT_OBJECTS; i++)
        all[count++] = others->clients[i].process;
    bool few = also || others->count + 1 <= MAXIMUM_WAIT_OBJECTS;
    WaitForMultipleObjects(count, all, FALSE, few ? INFINITE : LOOK_AGAIN);
}

void run_others_close(struct run_others *others)
{
    for (size_t i = 0; i < others->count; i++)
        run_client_close(&others->clients[i]);
    free(others->clients);
    free(others->places);
    if (others->roster)
        UnmapViewOfFile(others->roster);
    if (others->knock)
        CloseHandle(others->knock);
    if (others->section)
        CloseHandle(others->section);
}

/* ---- leaving them to another process ---- */

#define TAKEN_OVER "Local\\residue-taken-over-"

void run_others_leave(struct run_others *others, DWORD runner)
{
    enum { PATIENCE = 10000 }; /* milliseconds */
    static wchar_t self[32768], line[2 * 32768];
    char name[64];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION begun;
    snprintf(name, sizeof name, TAKEN_OVER "%lu", runner);
    HANDLE taken = CreateEventA(NULL, TRUE, FALSE, name);
    GetModuleFileNameW(NULL, self, sizeof self / sizeof *self);
    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" keep %lu \"%hs\"", self, runner,
             others->output);
    if (CreateProcessW(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP,
                       NULL, NULL, &startup, &begun)) {
        HANDLE either[2] = {taken, begun.hProcess};
        WaitForMultipleObjects(2, either, FALSE, PATIENCE);
        CloseHandle(begun.hThread);
        CloseHandle(begun.hProcess);
    } else {
        fputs("residue: nobody can wait for the processes that still run: their traces are lost\n",
              stderr);
    }
    CloseHandle(taken);
}

/* residue keep RUNNER OUTPUT: not for people. */
int residue_keep(int argc, char **argv)
{
    struct run_others others = {0};
    char name[64];
    DWORD runner = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (!runner || !run_others_open(&others, runner, argv[2]))
        return 2;
    run_others_take(&others, true);
    snprintf(name, sizeof name, TAKEN_OVER "%lu", runner);
    HANDLE taken = OpenEventA(EVENT_MODIFY_STATE, FALSE, name);
    SetEvent(taken);
    while (others.count) {
        run_others_wait(&others, NULL);
        run_others_take(&others, false);
        run_others_write_ended(&others);
    }
    run_others_close(&others);
    return 0;
}
