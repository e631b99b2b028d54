/* Collecting a trace's records, in whatever order the chunks come, and turning them into arrays.
 * Private to the reader. */
#ifndef ANALYZER_TRACE_RECORDS_H
#define ANALYZER_TRACE_RECORDS_H

#include "analyzer/trace.h"

/* Records of one kind, in the file's order, as pointers into the blocks. */
struct trace_list {
    const struct residue_record **record;
    size_t count, room;
};

enum { TRACE_KINDS = RESIDUE_RECORD_ARGUMENT + 1 };

struct trace_records {
    void **blocks; /* our copies of the file's records, and texts */
    size_t block_count, block_room;
    char *text; /* room left in the last block of texts */
    size_t text_left;
    struct trace_list list[TRACE_KINDS];
    struct trace_survivor *survivors;
    size_t survivor_count, survivor_room;
    const struct residue_summary **summaries; /* by checkpoint */
    uint8_t *site_known;                      /* by site id: there is a record of it */
};

/* Which records trace_records_take looks at. */
enum {
    TRACE_TAKE_LIVE = 1, /* RESOURCE: what is changed in place */
    TRACE_TAKE_REST = 2, /* all others */
    TRACE_TAKE_ALL = 3
};

struct trace_records *trace_records_new(void);

/* Takes in `size` bytes of records at `bytes` (from malloc), and owns them from now on, also when
 * it returns false: memory is short. `*whole` becomes false if they end in something that is no
 * record. */
bool trace_records_take(struct trace_records *, void *bytes, size_t size, unsigned which,
                        bool *whole);

/* Takes in entries of the shadow; the first is for the granule at `address`. */
bool trace_records_entries(struct trace_records *, const struct residue_entry *, size_t count,
                           uint64_t address);

/* A terminated copy of a text that lives as long as the records; NULL when memory is short. */
char *trace_records_text(struct trace_records *, const char *text, size_t length);

/* Fills the trace's arrays. What refers to something that is not there is left out. */
bool trace_records_finish(struct trace_records *, struct trace *);

/* The part of it for survivors: drops those of unknown sites, sorts by site and ordinal. */
bool trace_survivors_finish(struct trace_records *, struct trace *);

/* The part of it for checkpoints. */
bool trace_checkpoints_finish(struct trace_records *, struct trace *);

/* An array for records with identities: elements 0 .. *count, zeroed. Identities are dense unless
 * records are missing, so one far beyond the number of records is not believed. */
void *trace_array_for(const struct trace_list *, size_t element, uint32_t *count);

/* A record's identity, of kinds that have one. */
uint32_t trace_record_id(const struct residue_record *);

/* Records may be NULL; the trace is left empty. */
void trace_records_free(struct trace_records *, struct trace *);

#endif
