/* The trace that a client left behind, from its section to a file. */
#include "analyzer/run_windows.h"
#include "analyzer/trace.h"

#include <residue/trace.h>

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

static void *view(struct run_client *client, size_t size)
{
    void *at = MapViewOfFile(client->trace_section, FILE_MAP_WRITE, 0, 0, size);
    if (at && VirtualAlloc(at, size, MEM_COMMIT, PAGE_READWRITE))
        return at;
    run_client_say(client, "can't map the trace", GetLastError());
    if (at)
        UnmapViewOfFile(at);
    return NULL;
}

/* Its committed part. In this view as in the client's, which committed it. */
static struct residue_header *map(struct run_client *client)
{
    struct residue_header *header = view(client, RESIDUE_HEADER_SIZE);
    if (!header)
        return NULL;
    uint64_t end = header->end;
    UnmapViewOfFile(header);
    return view(client, (size_t)end);
}

bool run_client_write(struct run_client *client, const char *output, DWORD status)
{
    struct residue_header *header = map(client);
    if (!header)
        return false;
    if (!client->running)
        note_end(header, status);
    FILE *file = fopen(output, "wb");
    bool written = file && fwrite(header, 1, (size_t)header->end, file) == (size_t)header->end;
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        snprintf(client->problem, sizeof client->problem, "%s: can't be written", output);
    UnmapViewOfFile(header);
    if (written)
        trace_compact(output);
    return written;
}
