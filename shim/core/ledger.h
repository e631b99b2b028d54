/*
 * The ledger of live heap blocks: a shadow of the address space. No lock, no hash, no counter: the
 * allocator guarantees that one block is at one address, so only one thread at a time has business
 * with an entry. Blocks are entered after the real allocation and taken out before the real
 * release.
 */
#ifndef SHIM_CORE_LEDGER_H
#define SHIM_CORE_LEDGER_H

#include "shim/core/state.h"
#include "shim/core/writer.h"

struct rs_block {
    uint64_t size;
    uint32_t site, ordinal;
};

/* The leaf, of which perhaps only the head is memory. */
static inline struct residue_leaf *rs_leaf_head(uintptr_t address)
{
    uintptr_t index = address >> RESIDUE_LEAF_BITS;
    if (__builtin_expect(index >= RS_TOP_ENTRIES, 0))
        return NULL;
    return *(struct residue_leaf *volatile *)&rs.top[index];
}

/* The leaf, with memory where the entry of `address` is; else NULL. Linux makes memory of what is
 * touched; Windows wants to be asked, for a piece of the leaf at a time. */
static inline struct residue_leaf *rs_leaf_of(uintptr_t address)
{
    struct residue_leaf *leaf = rs_leaf_head(address);
#ifdef _WIN32
    if (__builtin_expect(leaf && !*(volatile uint8_t *)&leaf->piece[RS_PIECE_OF(address)], 0))
        return NULL;
#endif
    return leaf;
}

static inline struct residue_entry *rs_entry_of(struct residue_leaf *leaf, uintptr_t address)
{
    enum { SHIFT = RESIDUE_GRANULE_BITS - 4, MASK = (RESIDUE_LEAF_ENTRIES - 1) * 16 };
    _Static_assert(sizeof(struct residue_entry) == 1 << 4, "so that one shift is enough");
    return (struct residue_entry *)((char *)leaf->entry + (address >> SHIFT & MASK));
}

/* A block that shares its granule with another, or whose address has no shadow: a resource record.
 */
void rs_ledger_put_aside(uintptr_t address, struct rs_block);
bool rs_ledger_take_aside(uintptr_t address, struct rs_block *);

static inline __attribute__((always_inline)) void rs_ledger_put(uintptr_t address,
                                                                struct rs_block block)
{
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0)) {
        if (address >> RS_ADDRESS_BITS || !(leaf = rs_leaf_make(address, true)))
            return;
    }
    struct residue_entry *entry = rs_entry_of(leaf, address);
    uint32_t offset = (uint32_t)address & (RESIDUE_GRANULE - 1);
    if (__builtin_expect(entry->site != 0 && (entry->extent & 0xff) != offset, 0)) {
        rs_ledger_put_aside(address, block);
        return;
    }
    entry->extent = block.size << 8 | offset;
    entry->ordinal = block.ordinal;
    __atomic_store_n(&entry->site, block.site, __ATOMIC_RELEASE);
}

/* Takes the block at `address` out of the ledger. False if it is not there: acquired before
 * recording began, or not a block. */
static inline bool rs_ledger_take(uintptr_t address, struct rs_block *block)
{
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0))
        return false;
    struct residue_entry *entry = rs_entry_of(leaf, address);
    uint32_t offset = (uint32_t)address & (RESIDUE_GRANULE - 1);
    if (__builtin_expect(entry->site == 0 || (entry->extent & 0xff) != offset, 0))
        return leaf->overflow && rs_ledger_take_aside(address, block);
    *block = (struct rs_block){entry->extent >> 8, entry->site, entry->ordinal};
    __atomic_store_n(&entry->site, 0, __ATOMIC_RELEASE);
    return true;
}

/* Does a page that [address, address + size) touches hold a live critical section? Nearly always
 * not. */
static inline bool rs_sections_near(uintptr_t address, uint64_t size)
{
    uintptr_t last = address + (size ? size - 1 : 0);
    if (last < address || last >> RS_ADDRESS_BITS)
        return false;
    for (uintptr_t page = address >> 12; page <= last >> 12;) {
        struct residue_leaf *leaf = rs_leaf_head(page << 12);
        if (!leaf || !leaf->sections_total) { /* on to the next leaf */
            page = ((page >> (RESIDUE_LEAF_BITS - 12)) + 1) << (RESIDUE_LEAF_BITS - 12);
            continue;
        }
        if (leaf->sections[page % 1024])
            return true;
        page++;
    }
    return false;
}

#endif
