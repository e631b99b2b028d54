#include "analyzer/ask.h"

#define WIN32_LEAN_AND_MEAN
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* As the C library takes a command line apart: in quotes, a quote in it behind a backslash, and
 * backslashes before a quote doubled. */
static char *put_argument(char *to, const char *argument)
{
    *to++ = '"';
    for (size_t backslashes = 0;; argument++) {
        if (*argument == '\\') {
            backslashes++;
            *to++ = '\\';
            continue;
        }
        if (!*argument || *argument == '"')
            for (; backslashes; backslashes--)
                *to++ = '\\';
        backslashes = 0;
        if (!*argument)
            break;
        if (*argument == '"')
            *to++ = '\\';
        *to++ = *argument;
    }
    *to++ = '"';
    return to;
}

static char *command_line(const char *const *argv)
{
    size_t size = 1;
    for (const char *const *argument = argv; *argument; argument++)
        size += 2 * strlen(*argument) + 3;
    char *line = malloc(size), *at = line;
    for (; line && *argv; argv++) {
        at = put_argument(at, *argv);
        *at++ = argv[1] ? ' ' : 0;
    }
    return line;
}

/* A file of nobody else's, gone when it is closed; children inherit it. */
static HANDLE temporary(void)
{
    char folder[MAX_PATH + 1], path[MAX_PATH + 1];
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    if (!GetTempPathA(sizeof folder, folder) || !GetTempFileNameA(folder, "rsd", 0, path))
        return INVALID_HANDLE_VALUE;
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, &inherited, CREATE_ALWAYS,
                       FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

static char *read_all(HANDLE file)
{
    LARGE_INTEGER size, start = {0};
    DWORD got = 0;
    if (!GetFileSizeEx(file, &size) || size.QuadPart >= MAXLONG ||
        !SetFilePointerEx(file, start, NULL, FILE_BEGIN))
        return NULL;
    char *text = malloc((size_t)size.QuadPart + 1);
    if (text && !ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL))
        got = 0;
    if (text)
        text[got] = 0;
    return text;
}

static BOOL run(char *line, HANDLE in, HANDLE out)
{
    STARTUPINFOA startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = in,
                            .hStdOutput = out,
                            .hStdError = INVALID_HANDLE_VALUE};
    PROCESS_INFORMATION process;
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &process))
        return FALSE;
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return TRUE;
}

/* Both are files: neither side ever waits for the other to read. */
char *ask(const char *const *argv, const char *input, size_t size)
{
    HANDLE in = temporary(), out = temporary();
    char *line = command_line(argv), *answer = NULL;
    LARGE_INTEGER start = {0};
    DWORD written;
    if (line && in != INVALID_HANDLE_VALUE && out != INVALID_HANDLE_VALUE && size < MAXLONG &&
        WriteFile(in, input, (DWORD)size, &written, NULL) && written == size &&
        SetFilePointerEx(in, start, NULL, FILE_BEGIN) && run(line, in, out))
        answer = read_all(out);
    if (in != INVALID_HANDLE_VALUE)
        CloseHandle(in);
    if (out != INVALID_HANDLE_VALUE)
        CloseHandle(out);
    free(line);
    return answer;
}
