/* Runs a program and writes its whole status down: teller.exe FILE PROGRAM [ARGUMENT...]
 *
 * A shell sees 8 bits of it, and under Wine not always those: where a thread and its process end at
 * the same time, the process's host can hang, and Wine kills it a second later ("Killed", 137).
 * What Windows programs are told is right even then. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* Past the first argument of a command line, quoted or not, and the blanks behind it. */
static char *past(char *line)
{
    char *end = *line == '"' ? strchr(line + 1, '"') : NULL;
    end = end ? end + 1 : line + strcspn(line, " ");
    return end + strspn(end, " ");
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION begun;
    DWORD status = 0;
    if (argc < 3 || !CreateProcessA(NULL, past(past(GetCommandLineA())), NULL, NULL, TRUE, 0, NULL,
                                    NULL, &startup, &begun)) {
        fprintf(stderr, "teller: can't run it (error %lu)\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(begun.hProcess, INFINITE);
    GetExitCodeProcess(begun.hProcess, &status);
    FILE *told = fopen(argv[1], "w");
    if (!told || fprintf(told, "%08lx", status) < 0 || fclose(told))
        return 1;
    return 0;
}
