/* Appending to the trace: chunks and records in the shared mapping. */
#ifndef SHIM_CORE_WRITER_H
#define SHIM_CORE_WRITER_H

#include <residue/trace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lays what all headers share into a fresh zeroed mapping: a trace that holds nothing yet. */
void rs_writer_head(struct residue_header *trace);

/* From now on all goes into this mapping of `limit` bytes; no chunk is open. */
void rs_writer_begin(struct residue_header *trace, uint64_t limit);

/* A new record of `size` bytes (zeroed, 8-byte aligned, kind and size set), not yet visible to
 * readers; NULL when the trace is full (recording has then stopped). The caller holds rs.lock,
 * fills it, and calls rs_record_done before it asks for the next. */
void *rs_record_new(uint16_t kind, size_t size);
void rs_record_done(void);

/* Copies `length` bytes of text behind a record. */
void rs_record_text(char *to, const void *from, size_t length);

/* Makes the table of leaves, empty. False without memory. */
bool rs_leaves_begin(void);

/* The leaf that covers `address`, made when there is none. NULL when the trace is full. */
struct residue_leaf *rs_leaf_make(uintptr_t address);

/* All leaves, newest first, for the scans of checkpoints: each leaf's successor. */
struct rs_leaf_link {
    struct residue_leaf *leaf;
    struct rs_leaf_link *next;
};
struct rs_leaf_link *rs_leaves(void);

#endif
