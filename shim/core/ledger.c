/* The ledger's rare paths: a block that is the first of its leaf, or has no entry of its own in the
 * shadow and is a resource like others. */
#include "shim/core/ledger.h"
#include "shim/core/intern.h"
#include "shim/core/resources.h"

static void put_aside(struct residue_leaf *leaf, uintptr_t address, struct rs_block block)
{
    __atomic_add_fetch(&leaf->overflow, 1, __ATOMIC_RELAXED);
    rs_resource_acquire(&(struct rs_acquisition){.kind = RS_KIND_BLOCK,
                                                 .class = RESIDUE_CLASS_BLOCK,
                                                 .handle = address,
                                                 .size = block.size,
                                                 .site = block.site,
                                                 .ordinal = block.ordinal});
}

/* Does another block begin in the granule? The same one does if its release was missed. */
static bool is_taken(struct residue_leaf *leaf, uintptr_t address)
{
    residue_entry is = *rs_entry_of(leaf, address);
    return is >= RESIDUE_ENTRY_EMPTY_BELOW && !rs_entry_is(is, address);
}

void rs_ledger_enter_slowly(uintptr_t address, uint64_t size, residue_entry entry)
{
    struct residue_leaf *leaf = rs_leaf_of(address);
    if (!address || (!leaf && (rs_is_beyond(address) || !(leaf = rs_leaf_make(address)))))
        return;
    if (address % (RESIDUE_GRANULE / 2) || size >= RESIDUE_ENTRY_EMPTY_BELOW ||
        is_taken(leaf, address)) {
        put_aside(leaf, address,
                  (struct rs_block){size, residue_entry_site(entry), residue_entry_ordinal(entry)});
        return;
    }
    *rs_entry_of(leaf, address) = 0;
    rs_ledger_enter(address, size, entry);
}

bool rs_ledger_take_aside(uintptr_t address, struct rs_block *block)
{
    struct rs_acquisition taken;
    if (!rs_resource_release(RS_KIND_BLOCK, address, &taken))
        return false;
    *block = (struct rs_block){taken.size, taken.site, taken.ordinal};
    return true;
}

bool rs_ledger_covers(uintptr_t address, struct rs_block *block)
{
    enum { HALF = RESIDUE_GRANULE / 2, BACK = (64 << 10) / HALF };
    uintptr_t at = address - address % HALF;
    for (unsigned i = 0; i < BACK && at; i++, at -= HALF)
        if (rs_ledger_look(at, block))
            return address - at < block->size;
    return false;
}
