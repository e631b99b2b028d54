/*
 * windows_processes leaf N              N blocks of 48 bytes stay; status N % 100
 * windows_processes tree                begins two leaves (one suspended at first) and a tree of
 * one more windows_processes daemon FILE         begins a process that goes on until FILE is there,
 * and ends
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

static int leaf(int count)
{
    for (int i = 0; i < count; i++)
        kept = malloc(1000); /* as long as no path in the arguments */
    return count % 100;
}

static PROCESS_INFORMATION begin(const char *arguments, DWORD flags)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION begun;
    char line[1024];
    snprintf(line, sizeof line, "windows_processes.exe %s", arguments);
    SetLastError(4321);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &begun))
        exit(90);
    return begun;
}

static void finish(PROCESS_INFORMATION begun)
{
    DWORD status;
    WaitForSingleObject(begun.hProcess, INFINITE);
    GetExitCodeProcess(begun.hProcess, &status);
    printf("status %lu\n", status);
}

static int tree(void)
{
    finish(begin("leaf 10", 0));
    PROCESS_INFORMATION suspended = begin("leaf 20", CREATE_SUSPENDED);
    printf("suspended %d\n", WaitForSingleObject(suspended.hProcess, 300) == WAIT_TIMEOUT);
    printf("resumed from %lu\n", ResumeThread(suspended.hThread));
    finish(suspended);
    finish(begin("middle", 0));
    fflush(stdout);
    return leaf(5);
}

/* Says who it is in FILE.id. */
static int wait_for_file(const char *file)
{
    char name[512];
    snprintf(name, sizeof name, "%s.id", file);
    FILE *id = fopen(name, "w");
    fprintf(id, "%lu\n", GetCurrentProcessId());
    fclose(id);
    while (GetFileAttributesA(file) == INVALID_FILE_ATTRIBUTES)
        Sleep(20);
    return leaf(7);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "leaf"))
        return leaf(atoi(argv[2]));
    if (argc == 2 && !strcmp(argv[1], "middle")) {
        finish(begin("leaf 30", 0));
        fflush(stdout);
        return leaf(3);
    }
    if (argc == 2 && !strcmp(argv[1], "tree"))
        return tree();
    if (argc == 3 && !strcmp(argv[1], "wait"))
        return wait_for_file(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "daemon")) {
        char line[512];
        snprintf(line, sizeof line, "wait %s", argv[2]);
        begin(line, DETACHED_PROCESS);
        return leaf(2);
    }
    return 2;
}
