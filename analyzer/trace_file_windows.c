#include "analyzer/trace_file.h"

#define WIN32_LEAN_AND_MEAN
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>

int trace_file_open(const char *path)
{
    DWORD kind = GetFileAttributesA(path);
    if (kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_DIRECTORY)) {
        errno = EISDIR;
        return -1;
    }
    return _open(path, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

int trace_file_create(const char *path)
{
    return _open(path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                 _S_IREAD | _S_IWRITE);
}

int trace_file_open_device(const char *path)
{
    return _open(path, _O_WRONLY | _O_BINARY | _O_NOINHERIT);
}

bool trace_file_rename(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING))
        return true;
    errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
    return false;
}

size_t trace_file_read(int fd, uint64_t offset, void *to, size_t size)
{
    HANDLE file = (HANDLE)_get_osfhandle(fd);
    char *into = to;
    size_t done = 0;
    while (done < size) {
        uint64_t at = offset + done;
        size_t left = size - done;
        OVERLAPPED where = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
        DWORD got = 0, most = left < (1u << 30) ? (DWORD)left : 1u << 30;
        if (!ReadFile(file, into + done, most, &got, &where) || !got)
            break;
        done += got;
    }
    return done;
}

/* Holes of a file are read as the zeros that they are. */
bool trace_file_data(int fd, uint64_t from, uint64_t to, uint64_t size, uint64_t *data,
                     uint64_t *hole)
{
    (void)fd, (void)to;
    *data = from;
    *hole = size;
    return from < size;
}
