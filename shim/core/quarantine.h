/*
 * The quarantine (`residue run --quarantine`): memory of objects that the client frees is kept for
 * a while, so that whoever still uses one meets the object and not somebody else's block. For that
 * the vtables that its pointers lead to are put back as they were before it was destroyed. Off, it
 * costs nothing. Thread-safe.
 */
#ifndef SHIM_CORE_QUARANTINE_H
#define SHIM_CORE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/core/ledger.h"
#include "shim/core/unwind.h"

/* How a block is freed: what the client asked for. */
struct rs_freeing {
    void (*give_back)(const struct rs_freeing *);
    void *block;
    size_t size;                     /* as the ledger had it; 0: it was not known there */
    uintptr_t function, heap, flags; /* for give_back */
};

static inline bool rs_quarantine_is_on(void)
{
    return rs_sections_live & RS_RELEASES_WATCHED;
}

/* When recording begins. */
void rs_quarantine_begin(void);

/* The client frees a block; the ledger knows already. True: it is kept, or it is kept already and
 * freed once more: it must not be freed now. Gives back what was kept longest when that is too
 * much. `regs`: of who frees it. */
bool rs_quarantine_keeps(const struct rs_freeing *, const struct rs_regs *regs);

/* After a fork, in the child: what the parent kept stays where it is. */
void rs_quarantine_reset(void);

#endif
