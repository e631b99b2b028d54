/*
 * What happens to objects at the border of watched calls: methods of theirs begin and come back,
 * calls hand them out. On the calling thread, between rs_thread_begin and rs_thread_end.
 */
#ifndef SHIM_CORE_OBJECT_CALLS_H
#define SHIM_CORE_OBJECT_CALLS_H

#include "shim/core/objects.h"
#include "shim/core/thread.h"
#include "shim/core/watched.h"

/* A method, whose call is the innermost of the thread. */
struct rs_method {
    struct rs_thread *self;
    const struct rs_watched *watched;
    const struct rs_regs *regs; /* of the caller */
};

/* Before a method of what has ended, for it may be the client's last. */
void rs_object_used_after_end(const struct rs_method *, struct rs_object_ref);

/* It has come back with `result`, by which it succeeded or not. `connection`: what Advise handed
 * out, or Unadvise was given. */
void rs_object_method_ended(const struct rs_method *, struct rs_object_ref, uint64_t result,
                            uint32_t connection);

/* A call, of the object `from` or of none, has handed out `pointer`, whose methods are watched.
 * `interface` is the plan's. `caller`: registers of whoever called. */
void rs_object_handed_out(struct rs_thread *, const struct rs_watched *,
                          const struct rs_regs *caller, struct rs_object_ref from, void *pointer,
                          uint32_t interface);

/* The kind of a connection that Advise made: a resource of its own. */
#define RS_CONNECTION(object_id, connection) ((uint64_t)(object_id) << 32 | (connection))

#endif
