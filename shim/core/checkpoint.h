/* Checkpoints: at moments that grow rarer with the number of calls, what is live is summed up per
 * site and written to the trace, so that a leak that a final call frees is still seen, and growth
 * can be told. */
#ifndef SHIM_CORE_CHECKPOINT_H
#define SHIM_CORE_CHECKPOINT_H

#include <stdint.h>
#include "shim/core/thread.h"

/* One call has come back: takes a checkpoint when the process has made enough calls for the next.
 */
void rs_checkpoint_count(struct rs_thread *);
static inline void rs_checkpoint_tick(struct rs_thread *self)
{
    if (++self->ticks >= self->ticks_due)
        rs_checkpoint_count(self);
}

/* A call of role logoff or shutdown, the ordinal-th on `path`, is about to run. */
void rs_checkpoint_teardown(uint32_t path, uint32_t ordinal);

/* Takes one now; reason is RESIDUE_CHECKPOINT_*. Does nothing if another thread is at it. */
void rs_checkpoint(uint32_t reason, uint32_t path);

/* After a fork, in the child. */
void rs_checkpoint_reset(void);

#endif
