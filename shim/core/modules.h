/*
 * The loaded modules, as a list of our own: unwinding must not ask the loader, which may hold its
 * lock in a thread that waits for ours. Lists are immutable; a new one is published when modules
 * come or go, and an old one is used again only when no thread is unwinding with it.
 */
#ifndef SHIM_CORE_MODULES_H
#define SHIM_CORE_MODULES_H

#include "shim/core/thread.h"
#include "shim/core/unwind.h"

/* A module as the system describes it. The texts and `build_id` need only live through the call. */
struct rs_found_module {
    struct rs_module module; /* id is filled in by rs_modules_publish */
    const char *path;
    const char *folder; /* where a relative path begins, "" = unknown; NULL: the path is whole */
    const void *build_id;
    uint32_t build_id_length;
};

/* Publishes `found` (count of them, any order) as the list; counts loads and unloads in the trace.
 * Calls of it must not overlap. `gone` is called for each module that has left. */
void rs_modules_publish(const struct rs_found_module *found, uint32_t count,
                        void (*gone)(const struct rs_module *));

/* Code that the list held does not know: the system may have loaded it without our seeing. True if
 * there is a newer list that knows it; false at little cost for what is in no module, or in a known
 * one. Safe in any event. */
bool rs_modules_learn(const struct rs_modules *, uintptr_t pc);

/* The list, held for the thread until rs_modules_release. */
const struct rs_modules *rs_modules_hold(struct rs_thread *);
static inline void rs_modules_release(struct rs_thread *self)
{
    self->reading = NULL;
}

/* Held over a fork, so that the child inherits a whole table. */
void rs_modules_lock(void);
void rs_modules_unlock(void);

/* Another trace begins in the same process: whatever is loaded has yet to be published in it. */
void rs_modules_forget(void);

/* After a fork, in the child: writes the modules to the new trace. */
void rs_modules_reset(void);

#endif
