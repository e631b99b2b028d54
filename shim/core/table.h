/* uthash as the shim uses it: memory from the arena, no libc, and no exit() when there is none. */
#ifndef SHIM_CORE_TABLE_H
#define SHIM_CORE_TABLE_H

#include "shim/core/arena.h"
#include "shim/core/bytes.h"

#define uthash_malloc(size)                rs_arena_take(size)
#define uthash_free(memory, size)          rs_arena_give((memory), (size))
#define uthash_bzero(memory, size)         rs_zero((memory), (size))
#define HASH_KEYCMP(a, b, n)               (!rs_equal((a), (b), (n)))
#define HASH_NONFATAL_OOM                  1
#define HASH_FUNCTION(key, length, result) ((result) = rs_hash((key), (length)))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <uthash.h>
#pragma GCC diagnostic pop

/* A multiplicative hash over bytes, eight at a time where it can. */
static inline unsigned rs_hash(const void *key, size_t length)
{
    const unsigned char *byte = key;
    uint64_t hash = 0x9e3779b97f4a7c15u ^ length;
    for (; length >= 8; length -= 8, byte += 8) {
        uint64_t word;
        rs_copy(&word, byte, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    for (; length; length--, byte++)
        hash = (hash ^ *byte) * 0xff51afd7ed558ccdu;
    /* A product's low bits know only the key's low bits, which in addresses are zero. */
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return (unsigned)(hash >> 32);
}

#endif
