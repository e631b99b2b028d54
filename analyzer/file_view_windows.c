#include "analyzer/file_view.h"

#define WIN32_LEAN_AND_MEAN
#include <stdlib.h>
#include <windows.h>

static const char *why(void)
{
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        return "No such file or directory";
    case ERROR_ACCESS_DENIED:
        return "Permission denied";
    default:
        return "cannot be read";
    }
}

/* Paths are those of traces: UTF-8. */
static HANDLE open_text(const char *path)
{
    enum { LONGEST = 32768 };
    HANDLE file = INVALID_HANDLE_VALUE;
    WCHAR *wide = malloc(LONGEST * sizeof *wide);
    if (wide && MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, LONGEST))
        file =
            CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        NULL, OPEN_EXISTING, 0, NULL);
    DWORD error = GetLastError();
    free(wide);
    SetLastError(error);
    return file;
}

bool file_view_open(struct file_view *view, const char *path, const char **problem)
{
    LARGE_INTEGER size;
    *view = (struct file_view){0};
    HANDLE file = open_text(path);
    if (file == INVALID_HANDLE_VALUE) {
        *problem = why();
        return false;
    }
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size)) {
        *problem = "not a regular file";
    } else if (!size.QuadPart) {
        *problem = "empty";
    } else {
        HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
        void *bytes = mapping ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : NULL;
        if (bytes)
            *view = (struct file_view){bytes, (size_t)size.QuadPart};
        else
            *problem = why();
        if (mapping)
            CloseHandle(mapping);
    }
    CloseHandle(file);
    return view->bytes;
}

void file_view_close(struct file_view *view)
{
    if (view->bytes)
        UnmapViewOfFile(view->bytes);
    *view = (struct file_view){0};
}
