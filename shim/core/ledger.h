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

static inline struct residue_leaf *rs_leaf_of(uintptr_t address)
{
    uintptr_t index = address >> RESIDUE_LEAF_BITS;
    if (__builtin_expect(index >= RS_TOP_ENTRIES, 0))
        return NULL;
#ifdef RS_TABLE_BITS
    struct residue_leaf *const *table = rs.top[index >> RS_TABLE_BITS];
    return *(struct residue_leaf *volatile const *)&table[index & (RS_TABLE_ENTRIES - 1)];
#else
    return *(struct residue_leaf *volatile *)&rs.top[index];
#endif
}

static inline residue_entry *rs_entry_of(struct residue_leaf *leaf, uintptr_t address)
{
    enum { SHIFT = RESIDUE_GRANULE_BITS - 3, MASK = (RESIDUE_LEAF_ENTRIES - 1) * 8 };
    _Static_assert(sizeof(residue_entry) == 1 << 3, "so that one shift is enough");
    return (residue_entry *)((char *)leaf->entry + (address >> SHIFT & MASK));
}

/* Is it the entry of the block that begins at `address`? */
static inline bool rs_entry_is(residue_entry entry, uintptr_t address)
{
    enum { SHIFT = 8 - RESIDUE_GRANULE_BITS }; /* the middle's bit to half a granule */
    return entry >= RESIDUE_ENTRY_EMPTY_BELOW &&
           (entry & RESIDUE_ENTRY_MIDDLE) >> SHIFT == (address & (RESIDUE_GRANULE - 1));
}

/* A block that shares its granule with another, or has no place in the shadow: a resource record.
 */
bool rs_ledger_take_aside(uintptr_t address, struct rs_block *);

/* An entry but for what is the block's own. */
static inline residue_entry rs_ledger_entry(uint32_t site, uint32_t ordinal)
{
    return (residue_entry)site << 40 | (residue_entry)ordinal << 8;
}

/* What rs_ledger_enter does not: there is no leaf yet, or the block can't be in it. */
void rs_ledger_enter_slowly(uintptr_t address, uint64_t size, residue_entry entry);

/* Enters a block; none at 0. Sizes come in no order that a processor could foresee: hence no branch
 * on whether one is large. */
static inline __attribute__((always_inline)) void rs_ledger_enter(uintptr_t address, uint64_t size,
                                                                  residue_entry now)
{
    enum { HALF = RESIDUE_GRANULE / 2, SHIFT = 8 - RESIDUE_GRANULE_BITS };
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0)) {
        rs_ledger_enter_slowly(address, size, now);
        return;
    }
    residue_entry *entry = rs_entry_of(leaf, address);
    if (__builtin_expect((*entry | size) >= RESIDUE_ENTRY_EMPTY_BELOW || address % HALF, 0)) {
        rs_ledger_enter_slowly(address, size, now);
        return;
    }
    size_t large = size >= RESIDUE_SMALL_SIZES;
    __atomic_store_n(entry + large, size, __ATOMIC_RELAXED);
    now |= (address & HALF) << SHIFT | (large ? RESIDUE_ENTRY_LARGE : size);
    __atomic_store_n(entry, now, __ATOMIC_RELEASE);
}

static inline void rs_ledger_put(uintptr_t address, struct rs_block block)
{
    rs_ledger_enter(address, block.size, rs_ledger_entry(block.site, block.ordinal));
}

/* Empties the entry. The size of a large block goes too: what lies there is an entry like any. */
static inline void rs_entry_clear(residue_entry *entry, residue_entry was)
{
    size_t large = (was & RESIDUE_ENTRY_LARGE) != 0;
    __atomic_store_n(entry, 0, __ATOMIC_RELEASE);
    __atomic_store_n(entry + large, 0, __ATOMIC_RELAXED);
}

/* The block that begins at `address`, if it is in the shadow. */
static inline bool rs_ledger_look(uintptr_t address, struct rs_block *block)
{
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0))
        return false;
    const residue_entry *entry = rs_entry_of(leaf, address), is = *entry;
    *block =
        (struct rs_block){.site = residue_entry_site(is), .ordinal = residue_entry_ordinal(is)};
    return rs_entry_is(is, address) &&
           residue_entry_size(is, is & RESIDUE_ENTRY_LARGE ? entry[1] : 0, &block->size);
}

/* Does a block of the shadow cover `address`? Looks no further back than 64 KiB, and costs as much:
 * for rare paths. */
bool rs_ledger_covers(uintptr_t address, struct rs_block *);

/* Takes the block at `address` out of the ledger. False if it is not there: acquired before
 * recording began, or not a block. */
static inline bool rs_ledger_take(uintptr_t address, struct rs_block *block)
{
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (__builtin_expect(!leaf, 0))
        return false;
    if (__builtin_expect(!rs_ledger_look(address, block), 0))
        return leaf->overflow && rs_ledger_take_aside(address, block);
    residue_entry *entry = rs_entry_of(leaf, address);
    rs_entry_clear(entry, *entry);
    return true;
}

/* Live critical sections of the process; and whether all releases of blocks are to be looked at
 * (quarantine.h). 0 nearly always: then a release is simple. */
extern uint32_t rs_sections_live RS_HIDDEN;
#define RS_RELEASES_WATCHED 0x80000000u

/* Does a page that [address, address + size) touches hold a live critical section? Nearly always
 * not. */
static inline bool rs_sections_near(uintptr_t address, uint64_t size)
{
    uint64_t end = address + (size ? size - 1 : 0);
    if (end < address || rs_is_beyond(end))
        return false;
    uintptr_t last = (uintptr_t)end;
    for (uintptr_t page = address >> 12; page <= last >> 12;) {
        struct residue_leaf *leaf = rs_leaf_of(page << 12);
        if (!leaf || !leaf->sections_total) { /* on to the next leaf */
            page = ((page >> (RESIDUE_LEAF_BITS - 12)) + 1) << (RESIDUE_LEAF_BITS - 12);
            continue;
        }
        if (leaf->sections[page % RESIDUE_LEAF_PAGES])
            return true;
        page++;
    }
    return false;
}

#endif
