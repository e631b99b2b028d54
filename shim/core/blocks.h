/*
 * Heap blocks come and go: what the malloc family's wrappers call. Thread-safe, usable in signal
 * handlers; nothing is done while recording is off.
 */
#ifndef SHIM_CORE_BLOCKS_H
#define SHIM_CORE_BLOCKS_H

#include "shim/core/ledger.h"
#include "shim/core/unwind.h"

/* After the real allocation. `regs`: the caller's (RS_CALLER_REGS in the wrapper). */
void rs_block_acquired(void *block, size_t size, const struct rs_regs *regs);

/* Before the real release of `block` (may be NULL). `was` (may be NULL) receives what it was, with
 * site 0 if it was not known: to put it back when the release turns out not to happen. */
void rs_block_released(void *block, struct rs_block *was, const struct rs_regs *regs);

/* The release did not happen. */
void rs_block_restored(void *block, const struct rs_block *was);

/* An anonymous mapping: both after the system's work. `before`: rs_resources_now() before it. */
void rs_mapping_acquired(void *address, size_t size, const struct rs_regs *regs);
void rs_mapping_released(void *address, size_t size, uint64_t before, const struct rs_regs *regs);

/* The memory [address, size) acquired at `site` goes, or went: marks critical sections older than
 * `before` that are still initialised in it. */
struct rs_thread;
void rs_memory_goes(struct rs_thread *, uintptr_t address, uint64_t size, uint64_t before,
                    uint32_t site, const struct rs_regs *regs);

#endif
