/*
 * Reading a trace. Nothing in the file is believed: every offset, size and identity is checked
 * before it is used, from a copy that can no longer change. What can't be right is left out, and a
 * file that is no trace is refused with one line.
 *
 * A live mapping is read in passes, because its records grow while it is read: first how many
 * calls there were so far (trace_counts.c), then what is live, the leaves and the resources, then
 * all that they refer to, which was written before them.
 */
#include "analyzer/trace.h"
#include "analyzer/progress.h"
#include "analyzer/trace_pack.h"
#include "analyzer/trace_records.h"
#include "analyzer/trace_file.h"
#include "analyzer/trace_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

struct reader {
    struct trace_source source;
    struct trace *trace;
    struct trace_records *records;
    uint64_t packed, unpacked; /* bytes so far */
    struct buffer {
        void *bytes;
        size_t room;
    } used, whole; /* of the chunk at hand: as it is in the file, unpacked */
    ZSTD_DStream *stream;
};

/* ---- header ---- */

static const char *header_problem(const struct residue_header *header)
{
    if (header->header_size < sizeof *header || header->header_size > 1 << 20 ||
        header->header_size % 8)
        return "size of the header";
    if (header->granule_bits < 4 || header->granule_bits > 5)
        return "granule";
    if (header->leaf_bits != RESIDUE_LEAF_BITS_SPARSE &&
        header->leaf_bits != RESIDUE_LEAF_BITS_DENSE)
        return "leaf";
    if (header->end < header->header_size || header->end > RESIDUE_TRACE_LIMIT)
        return "end of the data";
    return NULL;
}

static bool read_header(struct trace_source *source, struct residue_header *header)
{
    size_t got = trace_source_read(source, 0, header, sizeof *header);
    if (got == 0)
        return trace_problem(source, "not a Residue trace (the file is empty)");
    if (got < sizeof header->magic ||
        memcmp(header->magic, RESIDUE_TRACE_MAGIC, sizeof header->magic) != 0)
        return trace_problem(source, "not a Residue trace");
    if (got < sizeof *header)
        return trace_problem(source, "truncated within its header");
    if (header->byte_order == __builtin_bswap32(RESIDUE_BYTE_ORDER))
        return trace_problem(source, "written on a machine of the other byte order");
    if (header->byte_order != RESIDUE_BYTE_ORDER || !header->version)
        return trace_problem(source, "not a Residue trace (its header is damaged)");
    if (header->version != RESIDUE_TRACE_VERSION)
        return trace_problem(source, "written by %s Residue (format %u; this one reads %u)",
                             header->version > RESIDUE_TRACE_VERSION ? "a newer" : "an older",
                             header->version, RESIDUE_TRACE_VERSION);
    const char *wrong = header_problem(header);
    if (wrong)
        return trace_problem(source, "damaged: the header's %s can't be right", wrong);
    header->program[sizeof header->program - 1] = 0;
    header->trouble[sizeof header->trouble - 1] = 0;
    return true;
}

/* ---- chunks ---- */

/* Chunk after chunk goes through the same pages. */
static bool has_room(struct buffer *buffer, size_t size)
{
    if (buffer->room >= size)
        return true;
    free(buffer->bytes);
    buffer->bytes = malloc(size);
    buffer->room = buffer->bytes ? size : 0;
    return buffer->bytes;
}

/* `*size` bytes in reader->used. False: no memory. */
static bool read_used(struct reader *reader, uint64_t at, const struct residue_chunk *chunk,
                      size_t *size)
{
    uint64_t room = chunk->size - sizeof *chunk;
    uint64_t used = chunk->used < room ? chunk->used : room;
    uint64_t from = at + sizeof *chunk;
    *size = (size_t)trace_source_solid(&reader->source, from, used);
    if (!has_room(&reader->used, *size))
        return false;
    *size = trace_source_read(&reader->source, from, reader->used.bytes, *size);
    if (*size < chunk->used)
        reader->trace->truncated = true;
    return true;
}

static bool take(struct reader *reader, const void *bytes, size_t size, unsigned which)
{
    bool whole = true;
    bool fine = trace_records_take(reader->records, bytes, size, which, &whole);
    if (!whole)
        reader->trace->truncated = true;
    return fine;
}

static bool read_records(struct reader *reader, uint64_t at, const struct residue_chunk *chunk,
                         unsigned which)
{
    size_t size;
    return read_used(reader, at, chunk, &size) && take(reader, reader->used.bytes, size, which);
}

/* Room for more of what is being unpacked. A chunk's own word for its size is not believed: memory
 * is taken as bytes come out. */
static bool grow(struct buffer *buffer, size_t most)
{
    enum { FIRST = 8 << 20 };
    size_t size = buffer->room ? 2 * buffer->room : FIRST;
    if (size > most)
        size = most;
    void *bytes = realloc(buffer->bytes, size);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->room = size;
    return true;
}

static bool begin_stream(struct reader *reader)
{
    enum {
        WINDOW_BITS = 23
    }; /* more than the writer's chunks; limits the memory of hostile ones */
    if (!reader->stream)
        reader->stream = ZSTD_createDStream();
    ZSTD_DStream *stream = reader->stream;
    return stream && !ZSTD_isError(ZSTD_DCtx_reset(stream, ZSTD_reset_session_and_parameters)) &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_BITS));
}

/* As much of a chunk as can be unpacked into reader->whole, at most `most` bytes: zstd works block
 * by block, so that a chunk that was cut off or damaged still gives its beginning. False: no
 * memory. */
static bool unpack(struct reader *reader, size_t size, size_t most, size_t *got)
{
    struct buffer *whole = &reader->whole;
    ZSTD_outBuffer out = {.dst = whole->bytes, .size = whole->room < most ? whole->room : most};
    ZSTD_inBuffer in = {.src = reader->used.bytes, .size = size};
    if (!begin_stream(reader))
        in.size = 0;
    while (in.pos < in.size && out.pos < most) {
        if (out.pos == out.size) {
            if (!grow(whole, most))
                return false;
            out.dst = whole->bytes;
            out.size = whole->room;
        }
        size_t in_before = in.pos, out_before = out.pos;
        size_t left = ZSTD_decompressStream(reader->stream, &out, &in);
        if (ZSTD_isError(left) || left == 0 || (in.pos == in_before && out.pos == out_before))
            break;
    }
    *got = out.pos;
    return true;
}

static bool read_packed(struct reader *reader, uint64_t at, const struct residue_chunk *chunk,
                        unsigned which)
{
    size_t size, got;
    if (!read_used(reader, at, chunk, &size))
        return false;
    reader->packed += size;
    uint64_t most = trace_unpacked_limit(reader->packed) - reader->unpacked;
    if (chunk->base < most)
        most = chunk->base;
    if (most > SIZE_MAX || !unpack(reader, size, (size_t)most, &got))
        return false;
    reader->unpacked += got;
    if (got != chunk->base)
        reader->trace->truncated = true;
    return take(reader, reader->whole.bytes, got, which);
}

static bool read_leaf(struct reader *reader, uint64_t at, const struct residue_chunk *chunk)
{
    enum { BATCH = 8192 };
    residue_entry entries[BATCH + 1]; /* and the one after: it may hold the last one's size */
    const struct residue_header *header = &reader->trace->header;
    uint64_t first = at + RESIDUE_LEAF_HEAD(header->leaf_bits);
    uint64_t end = first + (sizeof *entries << (header->leaf_bits - header->granule_bits));
    if (end + sizeof *entries - at > chunk->size)
        return true;
    uint64_t start, stop;
    for (uint64_t from = first; trace_source_data(&reader->source, from, end, &start, &stop);
         from = stop) {
        start -= (start - first) % sizeof *entries;
        for (uint64_t offset = start; offset < stop;) {
            uint64_t left = (stop - offset + sizeof *entries - 1) / sizeof *entries;
            size_t count = left < BATCH ? (size_t)left : BATCH;
            size_t got =
                trace_source_read(&reader->source, offset, entries, (count + 1) * sizeof *entries) /
                sizeof *entries;
            if (got <= count)
                entries[got] = 0;
            else
                got = count;
            if (!trace_records_entries(reader->records, entries, got))
                return false;
            if (got < count)
                return true;
            offset += count * sizeof *entries;
        }
    }
    return true;
}

static bool read_chunk(struct reader *reader, uint64_t at, const struct residue_chunk *chunk,
                       unsigned which)
{
    switch (chunk->kind) {
    case RESIDUE_CHUNK_RECORDS:
        return read_records(reader, at, chunk, which);
    case RESIDUE_CHUNK_PACKED: /* nothing of it is live: all at once */
        return !(which & TRACE_TAKE_REST) || read_packed(reader, at, chunk, TRACE_TAKE_ALL);
    case RESIDUE_CHUNK_LEAF:
        return !(which & TRACE_TAKE_LIVE) || read_leaf(reader, at, chunk);
    default:
        return true; /* of a later minor kind */
    }
}

/* Walks the chunks as far as the file has them. */
static bool read_chunks(struct reader *reader, unsigned which)
{
    uint64_t at = reader->trace->header.header_size, end = reader->trace->header.end;
    while (at < end) {
        struct residue_chunk chunk;
        if (trace_source_read(&reader->source, at, &chunk, sizeof chunk) < sizeof chunk ||
            chunk.magic != RESIDUE_CHUNK_MAGIC || chunk.size < sizeof chunk || chunk.size % 8 ||
            chunk.size > end - at) {
            reader->trace->truncated = true;
            break;
        }
        if (at + chunk.size > reader->source.size)
            reader->trace->truncated = true;
        progress_at("reading the trace", at, end);
        if (!read_chunk(reader, at, &chunk, which))
            return trace_problem(&reader->source, "too large for the memory there is");
        at += chunk.size;
    }
    return true;
}

/* ---- the whole ---- */

/* What was acquired until the calls were counted lies before the end that the header has then. */
static bool read_counts(struct reader *reader)
{
    struct residue_header *header = &reader->trace->header;
    return header->state != RESIDUE_STATE_RUNNING ||
           (read_chunks(reader, TRACE_COUNT_CHECKPOINTS) &&
            read_chunks(reader, TRACE_COUNT_CALLS) && read_header(&reader->source, header));
}

static bool read_all(struct reader *reader)
{
    struct trace *trace = reader->trace;
    struct trace_source *source = &reader->source;
    if (!read_header(source, &trace->header))
        return false;
    trace->storage = reader->records = trace_records_new();
    if (!reader->records)
        return trace_problem(source, "no memory");
    if (trace->header.flags & RESIDUE_FLAG_COMPACT) {
        if (!read_chunks(reader, TRACE_TAKE_ALL))
            return false;
    } else if (!read_counts(reader) || !read_chunks(reader, TRACE_TAKE_LIVE) ||
               !read_header(source, &trace->header) || !read_chunks(reader, TRACE_TAKE_REST)) {
        return false;
    }
    if (!trace_records_finish(reader->records, trace))
        return trace_problem(source, "too large for the memory there is");
    if (trace->truncated && !trace->path_count && !trace->site_count)
        return trace_problem(source, "truncated: nothing in it can be used");
    return true;
}

struct trace *trace_open_fd(int fd, const char *label, char *problem, size_t problem_size)
{
    struct reader reader = {
        .source = {.fd = fd, .label = label, .problem = problem, .problem_size = problem_size}};
    struct stat status;
    if (fstat(fd, &status) != 0) {
        trace_problem(&reader.source, "%s", strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        trace_problem(&reader.source, S_ISDIR(status.st_mode) ? "a directory, not a Residue trace"
                                                              : "not a regular file");
        return NULL;
    }
    reader.source.size = (uint64_t)status.st_size;
    reader.trace = calloc(1, sizeof *reader.trace);
    if (!reader.trace)
        trace_problem(&reader.source, "no memory");
    else if (!read_all(&reader)) {
        trace_close(reader.trace);
        reader.trace = NULL;
    }
    ZSTD_freeDStream(reader.stream);
    free(reader.used.bytes);
    free(reader.whole.bytes);
    return reader.trace;
}

struct trace *trace_open(const char *path, char *problem, size_t problem_size)
{
    int fd = trace_file_open(path);
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
