/* Memory of the shim's own, known apart, so that it can be left out of the client's figures. Most
 * of it is never given back. */
#ifndef SHIM_CORE_ARENA_H
#define SHIM_CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, 16-byte aligned; NULL when the system has no more. Thread-safe (takes the arena's own
 * lock). */
void *rs_arena_take(size_t bytes);

/* Gives back what was taken with that size: a table that became larger, or empty. */
void rs_arena_give(void *memory, size_t bytes);

/* Bytes of small pieces taken and not given back. */
uint64_t rs_arena_bytes(void);

/* What of the arena is memory by now: the pages that were touched, of small and large pieces alike.
 * It is part of the process's private bytes, and not the client's. Takes the arena's lock; costs a
 * system call for each mapping. */
uint64_t rs_arena_private_bytes(void);

/* After a fork, in the child: forgets everything, the memory is used again. */
void rs_arena_reset(void);

#endif
