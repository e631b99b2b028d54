/* The records of a compact file as they are written: gathered, and packed into chunks. */
#ifndef ANALYZER_TRACE_CHUNKS_H
#define ANALYZER_TRACE_CHUNKS_H

#include <residue/trace.h>

#include <stddef.h>
#include <stdint.h>

/* Set `fd` and `end`, leave the rest zero; `bytes` is to be freed. After an error nothing more is
 * written. */
struct chunks {
    int fd;
    char *bytes; /* records waiting to be packed */
    size_t used, room;
    uint64_t end;              /* of the file, in bytes, as far as it is written */
    uint64_t packed, unpacked; /* as the reader counts them */
    int error;                 /* errno of the first thing that failed */
};

/* Notes an errno; 0 = it was not said which. */
void chunks_fail(struct chunks *, int error);

/* Writes bytes that are no record, at the file's position. */
void chunks_put(struct chunks *, const void *bytes, size_t size);

/* A record of `head` bytes (copied) and then `extra` bytes, which the caller fills in before the
 * next one; NULL after an error. */
void *chunks_record(struct chunks *, uint16_t kind, const void *head, size_t head_size,
                    size_t extra);

/* A record that ends with a text. */
void chunks_text(struct chunks *, uint16_t kind, const void *head, size_t head_size,
                 const char *from, size_t length);

/* A record that ends with two, one after the other; their lengths are in the head. */
void chunks_two_texts(struct chunks *, uint16_t kind, const void *head, size_t head_size,
                      const char *one, const char *other);

/* Writes what waits. */
void chunks_pack(struct chunks *);

#endif
