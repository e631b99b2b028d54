/* Collecting a trace's records, in whatever order the chunks come, and turning them into arrays.
 * Private to the reader. */
#ifndef ANALYZER_TRACE_RECORDS_H
#define ANALYZER_TRACE_RECORDS_H

#include "analyzer/trace.h"

/* Records of one kind, in the file's order, as copies. */
struct trace_list {
    const struct residue_record **record;
    size_t count, room;
};

enum { TRACE_KINDS = RESIDUE_RECORD_BUDGET + 1 };

/* A stack with its frames as indices. */
struct trace_listed_stack {
    uint32_t id, depth, flags;
    uint32_t frame[];
};

struct trace_path_count {
    uint32_t path, started, finished;
};

struct trace_records {
    void **blocks; /* what is kept of the file's records, and texts */
    size_t block_count, block_room;
    char *free; /* what is left of the last block */
    size_t free_left;
    struct trace_list list[TRACE_KINDS]; /* none of SURVIVORS, RESOURCE, SUMMARY and STACK */
    struct trace_survivor *survivors;
    size_t survivor_count, survivor_room;
    uint32_t *alike; /* by a hash of a survivor: index + 1 of the last one taken in, 0 = none */
    struct trace_resource *resources;
    size_t resource_count, resource_room;
    struct trace_summary **summary; /* in the file's order, then by checkpoint */
    size_t summary_count, summary_room;
    struct trace_listed_stack **stack;
    size_t stack_count, stack_room;
    struct residue_frame *frames;
    size_t frame_count, frame_room;
    uint32_t *frame_slot; /* a hash table: index + 1 of a frame, 0 = free; a power of two */
    size_t frame_slots;
    bool counted; /* the next ones say how much there was at first (trace_counts.c) */
    struct trace_path_count *path_counts;
    size_t path_count, path_room;
    size_t checkpoints_counted;
    uint8_t *site_known; /* by site id: there is a record of it */
};

/* Which records trace_records_take looks at. */
enum {
    TRACE_TAKE_LIVE = 1, /* RESOURCE, OBJECT: what comes and goes in its place */
    TRACE_TAKE_REST = 2, /* all others */
    TRACE_TAKE_ALL = 3,
    TRACE_COUNT_CHECKPOINTS = 4, /* takes nothing, but notes how many there are */
    TRACE_COUNT_CALLS = 8
};

struct trace_records *trace_records_new(void);

/* Takes in `size` bytes of records at `bytes` (aligned for 64 bits), which stay the caller's.
 * False: memory is short. `*whole` becomes false if they end in something that is no record. */
bool trace_records_take(struct trace_records *, const void *bytes, size_t size, unsigned which,
                        bool *whole);

/* Takes in `count` entries of the shadow, of which one more can be read. */
bool trace_records_entries(struct trace_records *, const residue_entry *, size_t count);

/* Room that lives as long as the records, aligned for 64 bits; NULL when memory is short. */
void *trace_records_room(struct trace_records *, size_t size);

/* A terminated copy of a text that lives as long as the records; NULL when memory is short. */
char *trace_records_text(struct trace_records *, const char *text, size_t length);

/* Single records, by kind; the record is well formed. False: memory is short. */
bool trace_survivors_take(struct trace_records *, const struct residue_survivors *);
/* How many columns the record has. */
size_t trace_survivors_columns(const struct residue_survivors *);
bool trace_resource_take(struct trace_records *, const struct residue_resource *);
bool trace_summary_take(struct trace_records *, const struct residue_summary *);
bool trace_stack_take(struct trace_records *, const struct residue_stack *);

/* Notes what the record counts, if it is what `which` asks for. False: memory is short. */
bool trace_counts_take(struct trace_records *, const struct residue_record *, unsigned which);

/* Where counts were taken: makes them the paths', leaves out survivors and resources of later
 * calls, and tells how many of `count` checkpoints are no later. */
void trace_counts_of_paths(const struct trace_records *, struct trace *);
void trace_counts_of_survivors(struct trace_records *, const struct trace *);
size_t trace_counts_of_checkpoints(const struct trace_records *, size_t count);

/* Fills the trace's arrays. What refers to something that is not there is left out. */
bool trace_records_finish(struct trace_records *, struct trace *);

/* The part of it for survivors and resources: drops those of unknown sites, sorts by site and
 * ordinal. */
bool trace_survivors_finish(struct trace_records *, struct trace *);

/* The part of it for stacks; modules are known. */
bool trace_stacks_finish(struct trace_records *, struct trace *);

/* The part of it for objects, and what was done wrong with them and others: before the survivors,
 * for live objects are such. */
bool trace_objects_finish(struct trace_records *, struct trace *);
bool trace_misuses_finish(struct trace_records *, struct trace *);

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
