#include "analyzer/trace_chunks.h"
#include "analyzer/progress.h"
#include "analyzer/trace_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { PACK_BYTES = 4 << 20, LEVEL = 3 };

void chunks_fail(struct chunks *chunks, int error)
{
    if (!chunks->error)
        chunks->error = error ? error : EIO;
}

void chunks_put(struct chunks *chunks, const void *bytes, size_t size)
{
    enum { AT_ONCE = 1 << 30 }; /* more than some systems take */
    const char *at = bytes;
    while (size && !chunks->error) {
        ssize_t done = write(chunks->fd, at, size < AT_ONCE ? (unsigned)size : AT_ONCE);
        if (done < 0 && errno != EINTR)
            chunks_fail(chunks, errno);
        if (done > 0) {
            at += done;
            size -= (size_t)done;
        }
    }
}

static void *room_for(struct chunks *chunks, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (chunks->room - chunks->used < size) {
        size_t room = chunks->used + size + PACK_BYTES;
        char *grown = realloc(chunks->bytes, room);
        if (!grown) {
            chunks_fail(chunks, ENOMEM);
            return NULL;
        }
        chunks->bytes = grown;
        chunks->room = room;
    }
    void *at = chunks->bytes + chunks->used;
    memset(at, 0, size);
    chunks->used += size;
    return at;
}

static void put_chunk(struct chunks *chunks, struct residue_chunk chunk, const void *bytes)
{
    static const char zeros[8];
    size_t padding = (8 - chunk.used % 8) % 8;
    chunk.magic = RESIDUE_CHUNK_MAGIC;
    chunk.size = sizeof chunk + chunk.used + padding;
    chunks_put(chunks, &chunk, sizeof chunk);
    chunks_put(chunks, bytes, (size_t)chunk.used);
    chunks_put(chunks, zeros, padding);
    chunks->end += chunk.size;
}

/* Records that shrink so much that a reader would take them for a trap stay as they are. */
void chunks_pack(struct chunks *chunks)
{
    if (!chunks->used || chunks->error)
        return;
    progress_at("writing the trace", 0, 0);
    size_t bound = ZSTD_compressBound(chunks->used);
    char *packed = malloc(bound);
    size_t size = packed ? ZSTD_compress(packed, bound, chunks->bytes, chunks->used, LEVEL) : 0;
    if (!packed || ZSTD_isError(size)) {
        chunks_fail(chunks, ENOMEM);
    } else if (chunks->unpacked + chunks->used > trace_unpacked_limit(chunks->packed + size)) {
        put_chunk(chunks,
                  (struct residue_chunk){.kind = RESIDUE_CHUNK_RECORDS, .used = chunks->used},
                  chunks->bytes);
    } else {
        put_chunk(chunks,
                  (struct residue_chunk){
                      .kind = RESIDUE_CHUNK_PACKED, .used = size, .base = chunks->used},
                  packed);
        chunks->packed += size;
        chunks->unpacked += chunks->used;
    }
    chunks->used = 0;
    free(packed);
}

void *chunks_record(struct chunks *chunks, uint16_t kind, const void *head, size_t head_size,
                    size_t extra)
{
    if (chunks->used > PACK_BYTES)
        chunks_pack(chunks);
    char *at = room_for(chunks, head_size + extra);
    if (!at)
        return NULL;
    memcpy(at, head, head_size);
    struct residue_record *lead = (void *)at;
    lead->kind = kind;
    lead->reserved = 0;
    lead->size = (uint32_t)((head_size + extra + 7) & ~(size_t)7);
    return at + head_size;
}

void chunks_text(struct chunks *chunks, uint16_t kind, const void *head, size_t head_size,
                 const char *from, size_t length)
{
    char *to = chunks_record(chunks, kind, head, head_size, length);
    if (to && length)
        memcpy(to, from, length);
}

void chunks_two_texts(struct chunks *chunks, uint16_t kind, const void *head, size_t head_size,
                      const char *one, const char *other)
{
    size_t first = strlen(one), second = strlen(other);
    char *to = chunks_record(chunks, kind, head, head_size, first + second);
    if (to) {
        memcpy(to, one, first);
        memcpy(to + first, other, second);
    }
}
