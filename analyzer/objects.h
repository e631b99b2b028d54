/*
 * Live objects as the trees that they are opened in: which of them somebody still holds, and which
 * live only because of those. An object that its opener has let go, and that lives, is kept alive
 * by one opened from it, or by one in whose opening call the provider took a reference on it; or by
 * nobody known, and then the provider itself holds it.
 */
#ifndef ANALYZER_OBJECTS_H
#define ANALYZER_OBJECTS_H

#include "analyzer/trace.h"

#define OBJECTS_NONE SIZE_MAX

/* Of an object of the trace; of no use for one that ended. */
struct objects_state {
    size_t keeper; /* index of the one because of which it lives: itself, if nobody else's */
    bool provider; /* it is its own keeper, and the client does not hold it */
    bool logged_off;
    uint64_t blocks, bytes; /* acquired by the call that opened it, and live */
};

struct objects {
    const struct trace *trace;
    struct objects_state *state; /* by index in trace.objects */
    size_t *by_call;             /* live ones, by path and ordinal of the opening call */
    size_t live;
};

/* Works out all of it. Without memory the process ends with one line. To be freed with
 * objects_free. */
struct objects objects_of(const struct trace *);
void objects_free(struct objects *);

/* The first live object that call `ordinal` of `path` opened; OBJECTS_NONE when there is none. */
size_t objects_opened_by(const struct objects *, uint32_t path, uint32_t ordinal);

/* The nearest live one that it was opened from, at whatever remove; NULL without one. */
const struct trace_object *objects_parent(const struct trace *, const struct trace_object *);

/* The path of the call that opened it, and its interface: "IMsgStore", or "object". */
uint32_t objects_path(const struct trace *, const struct trace_object *);
const char *objects_interface(const struct trace *, const struct trace_object *);

#endif
