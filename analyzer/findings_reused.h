/*
 * Objects at an address that was another's before. Whoever still holds that one meets this one: a
 * Release of theirs is one too many here, though nothing is wrong with those who hold this one.
 */
#ifndef ANALYZER_FINDINGS_REUSED_H
#define ANALYZER_FINDINGS_REUSED_H

#include "analyzer/trace.h"

/* What can be said of the Release that is one too many on such an object. */
enum reused_release {
    REUSED_ITS_OWN,   /* all are by those who hold this one */
    REUSED_FOREIGN,   /* it is of a holder of the one before */
    REUSED_STRANGE,   /* it is by none who is known to hold this one, all others are */
    REUSED_UNDECIDED, /* it may be any of several */
};

struct reused {
    enum reused_release release;
    const struct trace_object *before; /* NULL: the address was no other's, as far as is known */
    uint32_t event;                    /* that Release, from 1; of several the first */
    uint32_t other;                    /* of several the last one, else 0 */
};

/* Of an object that was used after its end. `dirty`: how many opened at its site were, at most. */
struct reused reused_of(const struct trace *, const struct trace_object *, uint64_t dirty);

#endif
