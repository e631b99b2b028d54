/*
 * Buffers released a while ago: so that one released twice can be told of. A table of the last
 * ones; one that is handed out again is forgotten. Thread-safe, by the lock of the resources, which
 * is held for a moment.
 */
#ifndef SHIM_CORE_RELEASED_H
#define SHIM_CORE_RELEASED_H

#include <stdbool.h>
#include <stdint.h>

struct rs_released {
    uint64_t handle;
    uint32_t kind; /* as rs_intern_kind takes it */
    uint32_t acquired_site, ordinal;
    uint32_t released_site;
};

/* The buffer was released. What was said first of one release holds: it may be two resources. */
void rs_released_note(const struct rs_released *);

/* False: it is not known that `handle` was released and not acquired since. */
bool rs_released_find(uint64_t handle, struct rs_released *);

/* It is handed out again. Under the lock of the resources. */
void rs_released_forget(uint64_t handle);

/* After a fork, in the child: forgets all. */
void rs_released_reset(void);

#endif
