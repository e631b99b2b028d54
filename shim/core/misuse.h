/*
 * What never is right, counted: each kind of misuse by where it was done and where the thing it was
 * done to came from. One record of the trace each, so that a client that does it for ever fills
 * nothing. Thread-safe; a lock of its own for a moment.
 */
#ifndef SHIM_CORE_MISUSE_H
#define SHIM_CORE_MISUSE_H

#include <residue/trace.h>
#include <stdint.h>

struct rs_misuse {
    uint32_t misuse;        /* enum residue_misuse_kind */
    uint32_t resource_kind; /* as rs_intern_kind gives it; 0: an object */
    uint32_t interface;     /* name id, or 0 */
    uint32_t site;          /* where it was done, of rs_capture_release_site */
    uint32_t acquired_site, released_site;
};

/* Once more. `ordinal`: of the call at acquired_site, or at `site` where that is not known. */
void rs_misuse(const struct rs_misuse *, uint32_t ordinal);

/* The same, of what is counted by thread. */
void rs_misuse_on_thread(const struct rs_misuse *, uint32_t ordinal, uint32_t thread);

/* After a fork, in the child: forgets all. */
void rs_misuse_reset(void);

#endif
