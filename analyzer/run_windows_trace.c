/* The trace that a client left behind, from its section to a file. */
#include "analyzer/run_windows.h"

#include <residue/trace.h>

#include <io.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t now_ns(void)
{
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    uint64_t count = (uint64_t)now.QuadPart, a_second = (uint64_t)second.QuadPart;
    return count / a_second * 1000000000u + count % a_second * 1000000000u / a_second;
}

/* What only we know: how it ended. */
static void note_end(struct residue_header *header, DWORD status)
{
    header->state = RESIDUE_STATE_ENDED;
    header->exit_kind = RESIDUE_EXIT_EXITED;
    header->exit_status = status;
    if (!header->end_ns)
        header->end_ns = now_ns() - header->start_mono_ns;
}

static struct residue_header *map(struct run_client *client)
{
    struct residue_header *header = MapViewOfFile(client->trace_section, FILE_MAP_WRITE, 0, 0, 0);
    if (!header || !VirtualAlloc(header, RESIDUE_HEADER_SIZE, MEM_COMMIT, PAGE_READWRITE)) {
        run_client_say(client, "can't map the trace", GetLastError());
        return NULL;
    }
    return header;
}

/* What of the view is memory; the rest reads as zeros, as a file's end that was not written does.
 */
static bool write_all(FILE *file, const unsigned char *bytes, uint64_t size)
{
    for (uint64_t at = 0; at < size;) {
        MEMORY_BASIC_INFORMATION about;
        if (!VirtualQuery(bytes + at, &about, sizeof about))
            return false;
        uint64_t length =
            (uint64_t)((const unsigned char *)about.BaseAddress - bytes) + about.RegionSize - at;
        length = length < size - at ? length : size - at;
        if (about.State == MEM_COMMIT && (_fseeki64(file, (int64_t)at, SEEK_SET) != 0 ||
                                          fwrite(bytes + at, 1, length, file) != length))
            return false;
        at += length;
    }
    return true;
}

bool run_client_write(struct run_client *client, const char *output, DWORD status)
{
    struct residue_header *header = map(client);
    if (!header)
        return false;
    note_end(header, status);
    FILE *file = fopen(output, "wb");
    bool written = file && write_all(file, (const unsigned char *)header, header->end) &&
                   _chsize_s(_fileno(file), (int64_t)header->end) == 0;
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        snprintf(client->problem, sizeof client->problem, "%s: can't be written", output);
    UnmapViewOfFile(header);
    return written;
}
