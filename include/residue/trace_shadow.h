/*
 * The trace format's shadow of the client's memory: what an entry says, and the leaf that holds
 * them. A part of trace.h, which tells the rest.
 */
#ifndef RESIDUE_TRACE_SHADOW_H
#define RESIDUE_TRACE_SHADOW_H

#include <residue/trace.h>
#include <stdint.h>

/* 32-bit heaps have their blocks at multiples of 8, half a granule, where others' are at 16. */
#if defined _WIN32 && !defined _WIN64
#define RESIDUE_GRANULE_BITS 4
#else
#define RESIDUE_GRANULE_BITS 5
#endif
#define RESIDUE_GRANULE (1u << RESIDUE_GRANULE_BITS)
/* A leaf covers 4 MiB of the client's addresses, most of them never touched. Where a hole of the
 * file costs memory all the same (Windows), 64 KiB: what the system hands out at a time. */
#define RESIDUE_LEAF_BITS_SPARSE 22
#define RESIDUE_LEAF_BITS_DENSE  16
#ifdef _WIN32
#define RESIDUE_LEAF_BITS RESIDUE_LEAF_BITS_DENSE
#else
#define RESIDUE_LEAF_BITS RESIDUE_LEAF_BITS_SPARSE
#endif
#define RESIDUE_LEAF_HEAD(bits) ((bits) == RESIDUE_LEAF_BITS_SPARSE ? 4096u : 128u)
#define RESIDUE_LEAF_PAGES      (1u << (RESIDUE_LEAF_BITS - 12))
#define RESIDUE_LEAF_SPAN       ((uint64_t)1 << RESIDUE_LEAF_BITS)
#define RESIDUE_LEAF_ENTRIES    (1u << (RESIDUE_LEAF_BITS - RESIDUE_GRANULE_BITS))

/*
 * One granule: the block that begins in it, if one does, in one word:
 *
 *   bits 63..40  site; 0 = no block begins here
 *   bits 39..8   ordinal: number of the innermost watched call of the site's path; outside the
 *                generation of modules, see residue_module.came
 *   bit 7        it begins in the middle of the granule, not at its start
 *   bit 6        it is large: its size stands in the next granule's entry, which is the block's
 *                own, with site 0 (bits 39..0 are the size)
 *   bits 5..0    else its size in bytes
 *
 * glibc never has two blocks begin within one granule of 32 bytes (its smallest chunk), and none
 * but at a half. What does not fit, of other allocators, is a RESOURCE record.
 */
typedef uint64_t residue_entry;

#define RESIDUE_SITE_LIMIT        (1u << 24)               /* no site has this identity */
#define RESIDUE_ENTRY_EMPTY_BELOW ((residue_entry)1 << 40) /* also no large size is this */
#define RESIDUE_ENTRY_MIDDLE      0x80u
#define RESIDUE_ENTRY_LARGE       0x40u
#define RESIDUE_SMALL_SIZES       64u /* the first size that is large: two granules */

static inline uint32_t residue_entry_site(residue_entry entry)
{
    return (uint32_t)(entry >> 40);
}

static inline uint32_t residue_entry_ordinal(residue_entry entry)
{
    return (uint32_t)(entry >> 8);
}

/* `next`: the entry after it, of no effect unless the block is large. False: a large block that was
 * on its way in or out when the two were read. (No branch on large: sizes come in any order.) */
static inline int residue_entry_size(residue_entry entry, residue_entry next, uint64_t *size)
{
    uint64_t large = -(uint64_t)((entry & RESIDUE_ENTRY_LARGE) != 0);
    *size = (next & large) | (entry & (RESIDUE_SMALL_SIZES - 1) & ~large);
    return ((next - RESIDUE_SMALL_SIZES) & large) < RESIDUE_ENTRY_EMPTY_BELOW - RESIDUE_SMALL_SIZES;
}

/* The head, up to the entries, has RESIDUE_LEAF_HEAD bytes: a sparse leaf's entries are
 * page-aligned. */
struct residue_leaf {
    struct residue_chunk chunk;
    uint32_t sections_total;               /* live critical sections and locks within the leaf */
    uint32_t overflow;                     /* blocks of this leaf that are RESOURCE records, ever */
    uint16_t sections[RESIDUE_LEAF_PAGES]; /* the same, per 4096-byte page */
    uint8_t reserved[RESIDUE_LEAF_HEAD(RESIDUE_LEAF_BITS) - 32 - 8 - 2 * RESIDUE_LEAF_PAGES];
    /* And room (sparse: a page) for the size of a large block that begins in the last granule. */
    residue_entry entry[RESIDUE_LEAF_ENTRIES + RESIDUE_LEAF_HEAD(RESIDUE_LEAF_BITS) / 8];
};

#endif
