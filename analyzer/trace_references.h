/* Which references on an object nobody gave back, as far as its events tell. */
#ifndef ANALYZER_TRACE_REFERENCES_H
#define ANALYZER_TRACE_REFERENCES_H

#include "analyzer/trace.h"

/* The events of `object` that took a reference which no Release answers: the client's, or the
 * `inner` ones. Writes their indices, in order, to `unanswered`, which has room for all events;
 * returns how many there are. */
uint32_t trace_unanswered(const struct trace *, const struct trace_object *object, bool inner,
                          uint32_t *unanswered);

/* The last events, at most `most`, that took references of the client's which nobody gave back,
 * beside that of the opening call. Writes and returns as above. */
uint32_t trace_further(const struct trace *, const struct trace_object *object, uint32_t most,
                       uint32_t *events);

#endif
