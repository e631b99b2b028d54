/* Collecting a trace's records, in whatever order the chunks come, and turning them into arrays. */
#ifndef ANALYZER_TRACE_RECORDS_H
#define ANALYZER_TRACE_RECORDS_H

#include "analyzer/trace.h"

struct trace_records;

struct trace_records *trace_records_new(void);

/* Memory for `size` bytes of records that lives as long as the trace; NULL when there is none. */
void *trace_records_room(struct trace_records *, size_t size);

/* Takes in `size` bytes of records, which stay where they are. False when memory is short. */
bool trace_records_add(struct trace_records *, const void *bytes, size_t size);

/* Takes in entries of the shadow; the first is for the granule at `address`. */
bool trace_records_entries(struct trace_records *, const struct residue_entry *, size_t count,
                           uint64_t address);

/* Fills the trace's arrays. What refers to something that is not there is left out. */
bool trace_records_finish(struct trace_records *, struct trace *);

void trace_records_free(struct trace_records *, struct trace *);

#endif
