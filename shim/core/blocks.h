/*
 * Heap blocks come and go: what the malloc family's wrappers call. Thread-safe, usable in signal
 * handlers; nothing is done while recording is off.
 */
#ifndef SHIM_CORE_BLOCKS_H
#define SHIM_CORE_BLOCKS_H

#include "shim/core/capture.h"
#include "shim/core/ledger.h"
#include "shim/core/unwind.h"

/* What nearly every allocation is: by a thread in no special state, from a stack that was seen
 * before. pc, sp, bp: the caller's. Asked before the real allocation, for then little has to be
 * kept meanwhile. 0: not so, rs_block_acquired does it afterwards; else for rs_ledger_enter. */
static inline __attribute__((always_inline)) residue_entry
rs_block_expected(uintptr_t pc, uintptr_t sp, uintptr_t bp)
{
    if (!rs_recording())
        return 0;
    struct rs_thread *self = rs_self;
    if (__builtin_expect(!self, 0) || __builtin_expect(self->special || self->top < sp, 0))
        return 0;
    /* All of it is written, as all of it was read: a processor does not hand a part of a word just
     * written to a read of the whole. */
    self->special = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint32_t site = rs_capture_known_block(self, pc, sp, bp);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->special = 0;
    return __builtin_expect(site != 0, 1) ? rs_ledger_entry(site, self->ordinal) : 0;
}

enum rs_forgotten { RS_FORGOTTEN, RS_NOT_KNOWN, RS_NOT_SIMPLE };

/* What nearly every release is: of a block without critical sections near.
 * RS_NOT_SIMPLE: nothing was done, rs_block_released does it. */
static inline __attribute__((always_inline)) enum rs_forgotten rs_block_forgotten(void *block)
{
    uintptr_t address = (uintptr_t)block;
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0))
        return RS_NOT_KNOWN; /* NULL, or acquired before recording began */
    residue_entry *entry = rs_entry_of(leaf, address), was = *entry;
    if (__builtin_expect(!rs_entry_is(was, address), 0))
        return leaf->overflow ? RS_NOT_SIMPLE : RS_NOT_KNOWN;
    if (rs_sections_live) {
        uint64_t size;
        residue_entry_size(was, entry[1], &size);
        if (__builtin_expect(
                (rs_sections_live & RS_RELEASES_WATCHED) || rs_sections_near(address, size), 0))
            return RS_NOT_SIMPLE;
    }
    rs_entry_clear(entry, was);
    return RS_FORGOTTEN;
}

/* After the real allocation. `regs`: the caller's (RS_CALLER_REGS in the wrapper). */
void rs_block_acquired(void *block, size_t size, const struct rs_regs *regs);

/* Before the real release of `block` (may be NULL). `was` (may be NULL) receives what it was, with
 * site 0 if it was not known: to put it back when the release turns out not to happen. */
void rs_block_released(void *block, struct rs_block *was, const struct rs_regs *regs);

/* Memory that is no block of the shadow is given to a function that frees blocks, before it does:
 * a buffer that another function releases? */
void rs_block_stray(void *block, const struct rs_regs *regs);

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
