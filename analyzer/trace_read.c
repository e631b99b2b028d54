/*
 * Reading a trace. Nothing in the file is believed: every offset, size and identity is checked
 * before it is used, from a copy that can no longer change. What can't be right is left out, and a
 * file that is no trace is refused with one line.
 */
#include "analyzer/trace.h"
#include "analyzer/trace_records.h"
#include "analyzer/trace_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { UNPACKED_MAX = 1 << 30 };

static bool read_header(struct trace_source *source, struct residue_header *header)
{
    if (!trace_source_read(source, 0, header, sizeof *header)) {
        if (source->size == 0)
            return trace_problem(source, "is empty, not a Residue trace");
        return trace_problem(source, source->size < sizeof *header
                                         ? "not a Residue trace (too short)"
                                         : "can't be read");
    }
    if (memcmp(header->magic, RESIDUE_TRACE_MAGIC, sizeof header->magic) != 0)
        return trace_problem(source, "not a Residue trace");
    if (header->byte_order != RESIDUE_BYTE_ORDER)
        return trace_problem(source, "written on a machine of another byte order");
    if (header->version != RESIDUE_TRACE_VERSION)
        return trace_problem(source, "is of trace format %u; this Residue reads format %u",
                             header->version, RESIDUE_TRACE_VERSION);
    if (header->header_size < sizeof *header || header->header_size > 1 << 20 ||
        header->granule_bits != RESIDUE_GRANULE_BITS || header->end < header->header_size ||
        header->end > RESIDUE_TRACE_LIMIT)
        return trace_problem(source, "is damaged (its header makes no sense)");
    header->program[sizeof header->program - 1] = 0;
    header->trouble[sizeof header->trouble - 1] = 0;
    return true;
}

/* ---- chunks ---- */

static bool read_leaf(struct trace_source *source, struct trace_records *records, uint64_t at,
                      const struct residue_chunk *chunk)
{
    uint64_t first = at + offsetof(struct residue_leaf, entry);
    uint64_t end = at + chunk->size;
    enum { BATCH = 4096 };
    static _Thread_local struct residue_entry entries[BATCH];
    uint64_t start, stop;
    for (uint64_t from = first; trace_source_data(source, from, end, &start, &stop); from = stop) {
        start -= (start - first) % sizeof *entries;
        for (uint64_t offset = start; offset < stop;) {
            uint64_t left = (stop - offset) / sizeof *entries;
            size_t count = left < BATCH ? (size_t)left : BATCH;
            if (!count || !trace_source_read(source, offset, entries, count * sizeof *entries))
                return true;
            uint64_t address = chunk->base + (offset - first) / sizeof *entries * RESIDUE_GRANULE;
            if (!trace_records_entries(records, entries, count, address))
                return false;
            offset += count * sizeof *entries;
        }
    }
    return true;
}

static bool read_records(struct trace_source *source, struct trace_records *records, uint64_t at,
                         const struct residue_chunk *chunk)
{
    uint64_t used =
        chunk->used < chunk->size - sizeof *chunk ? chunk->used : chunk->size - sizeof *chunk;
    if (at + sizeof *chunk + used > source->size)
        used = source->size > at + sizeof *chunk ? source->size - at - sizeof *chunk : 0;
    void *bytes = used ? trace_records_room(records, used) : NULL;
    if (!bytes)
        return used == 0;
    if (!trace_source_read(source, at + sizeof *chunk, bytes, used))
        return true;
    return trace_records_add(records, bytes, used);
}

static bool read_packed(struct trace_source *source, struct trace_records *records, uint64_t at,
                        const struct residue_chunk *chunk)
{
    uint64_t used = chunk->used;
    if (used > chunk->size - sizeof *chunk || at + sizeof *chunk + used > source->size ||
        chunk->base > UNPACKED_MAX)
        return true;
    void *packed = malloc(used ? used : 1);
    if (!packed)
        return false;
    bool fine = true;
    if (trace_source_read(source, at + sizeof *chunk, packed, used)) {
        unsigned long long size = ZSTD_getFrameContentSize(packed, used);
        void *bytes = size == chunk->base && size ? trace_records_room(records, size) : NULL;
        if (bytes && ZSTD_decompress(bytes, size, packed, used) == size)
            fine = trace_records_add(records, bytes, size);
    }
    free(packed);
    return fine;
}

static bool read_chunk(struct trace_source *source, struct trace_records *records, uint64_t at,
                       const struct residue_chunk *chunk)
{
    switch (chunk->kind) {
    case RESIDUE_CHUNK_RECORDS:
        return read_records(source, records, at, chunk);
    case RESIDUE_CHUNK_PACKED:
        return read_packed(source, records, at, chunk);
    case RESIDUE_CHUNK_LEAF:
        return chunk->size < sizeof(struct residue_leaf) || read_leaf(source, records, at, chunk);
    default:
        return true; /* of a later minor kind */
    }
}

/* Walks the chunks as far as the file has them. */
static bool read_chunks(struct trace_source *source, struct trace *trace,
                        struct trace_records *records)
{
    uint64_t at = trace->header.header_size;
    while (at < trace->header.end) {
        struct residue_chunk chunk;
        if (!trace_source_read(source, at, &chunk, sizeof chunk) ||
            chunk.magic != RESIDUE_CHUNK_MAGIC || chunk.size < sizeof chunk || chunk.size % 8 ||
            chunk.size > RESIDUE_TRACE_LIMIT || at + chunk.size > trace->header.end) {
            trace->truncated = true;
            break;
        }
        if (at + chunk.size > source->size)
            trace->truncated = true;
        if (!read_chunk(source, records, at, &chunk))
            return trace_problem(source, "is too large for this machine's memory");
        at += chunk.size;
    }
    return true;
}

static bool read_all(struct trace_source *source, struct trace *trace)
{
    if (!read_header(source, &trace->header))
        return false;
    struct trace_records *records = trace_records_new();
    trace->storage = records;
    if (!records || !read_chunks(source, trace, records))
        return records ? false : trace_problem(source, "no memory");
    if (!trace_records_finish(records, trace))
        return trace_problem(source, "is too large for this machine's memory");
    if (trace->truncated && !trace->path_count && !trace->site_count)
        return trace_problem(source, "is truncated: nothing of it can be used");
    return true;
}

struct trace *trace_open_fd(int fd, const char *label, char *problem, size_t problem_size)
{
    struct trace_source source = {
        .fd = fd, .label = label, .problem = problem, .problem_size = problem_size};
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        trace_problem(&source, "is not a regular file");
        return NULL;
    }
    source.size = (uint64_t)status.st_size;
    struct trace *trace = calloc(1, sizeof *trace);
    if (!trace) {
        trace_problem(&source, "no memory");
        return NULL;
    }
    if (read_all(&source, trace))
        return trace;
    trace_close(trace);
    return NULL;
}

struct trace *trace_open(const char *path, char *problem, size_t problem_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        struct trace_source source = {
            .label = path, .problem = problem, .problem_size = problem_size};
        trace_problem(&source, "%s", strerror(errno));
        return NULL;
    }
    struct trace *trace = trace_open_fd(fd, path, problem, problem_size);
    close(fd);
    return trace;
}

void trace_close(struct trace *trace)
{
    if (!trace)
        return;
    trace_records_free(trace->storage, trace);
    free(trace);
}
