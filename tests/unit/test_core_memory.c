/* The shim's own memory, bytes and hash tables. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/state.h"
#include "shim/core/table.h"
#include "shim/core/text.h"
#include "tests/unit/core_os.h"

/* ---- the arena ---- */

Test(arena, pieces_are_zeroed_aligned_and_apart)
{
    unsigned char *piece[2000];
    size_t size[2000];
    for (unsigned i = 0; i < 2000; i++) {
        size[i] = 1 + i * 7 % 3000;
        piece[i] = rs_arena_take(size[i]);
        cr_assert_not_null(piece[i]);
        cr_assert_eq((uintptr_t)piece[i] % 16, 0u);
        for (size_t at = 0; at < size[i]; at++)
            cr_assert_eq(piece[i][at], 0);
        memset(piece[i], (int)(i % 255) + 1, size[i]);
    }
    for (unsigned i = 0; i < 2000; i++)
        for (size_t at = 0; at < size[i]; at++)
            cr_assert_eq(piece[i][at], i % 255 + 1, "piece %u was overwritten", i);
}

Test(arena, many_small_ones_share_a_mapping)
{
    for (unsigned i = 0; i < 1000; i++)
        rs_arena_take(100);
    cr_assert_eq(core_os.maps, 1u);
    cr_assert_eq(rs_arena_bytes(), 1000u * 112);
}

/* Large pieces must not eat the room that is left for small ones, and are not counted: caches are
 * touched in parts. */
Test(arena, large_ones_have_their_own)
{
    rs_arena_take(16);
    for (unsigned i = 0; i < 10; i++) {
        unsigned char *large = rs_arena_take(3 << 20);
        cr_assert_not_null(large);
        large[0] = large[(3 << 20) - 1] = 1;
    }
    rs_arena_take(16);
    cr_assert_eq(core_os.maps, 11u);
    cr_assert_eq(rs_arena_bytes(), 32u);
}

/* What of it is memory: the pages that were touched, in small and large pieces, until they are
 * given back. */
Test(arena, private_bytes_are_those_of_touched_pages)
{
    enum { SMALL = 200 << 10, LARGE = 3 << 20 };
    cr_assert_eq(rs_arena_private_bytes(), 0u);
    unsigned char *small = rs_arena_take(SMALL);
    cr_assert_eq(rs_arena_private_bytes(), 4096u, "one page says what the piece is");
    memset(small, 1, SMALL);
    uintptr_t first = (uintptr_t)small / 4096, last = ((uintptr_t)small + SMALL - 1) / 4096;
    uint64_t before = rs_arena_private_bytes();
    cr_assert_eq(before, (last - first + 1) * 4096);
    unsigned char *large = rs_arena_take(LARGE);
    cr_assert_eq(rs_arena_private_bytes(), before, "nothing was touched yet");
    large[0] = large[LARGE - 1] = 1;
    cr_assert_eq(rs_arena_private_bytes(), before + 2 * 4096);
    rs_arena_give(large, LARGE);
    cr_assert_eq(rs_arena_private_bytes(), before);
}

/* Where the system can't tell, all that was taken from it is. */
Test(arena, private_bytes_where_pages_are_not_known)
{
    core_os.no_touched = true;
    rs_arena_take(16);
    rs_arena_take(3 << 20);
    cr_assert_eq(rs_arena_private_bytes(), 4u << 20);
}

/* When the system has no more, that is said; what fits in the piece at hand is still given. */
Test(arena, runs_out)
{
    cr_assert_not_null(rs_arena_take(16));
    core_os.maps_left = 0;
    cr_assert_null(rs_arena_take(2 << 20));
    cr_assert_not_null(rs_arena_take(1000));
    unsigned given = 0;
    while (rs_arena_take(4096))
        given++;
    cr_assert_eq(given, ((1u << 20) - 16 - 1008) / 4096);
    cr_assert_null(rs_arena_take(4096));
    core_os.maps_left = 1;
    cr_assert_not_null(rs_arena_take(4096), "memory came back");
}

/* A forked child must not touch its parent's pieces: they would be copied. */
Test(arena, begins_anew_in_a_child)
{
    unsigned char *before = rs_arena_take(64);
    rs_arena_reset();
    unsigned char *after = rs_arena_take(64);
    cr_assert(after + 64 <= before || after >= before + (1 << 20));
    cr_assert_eq(core_os.maps, 2u);
}

/* ---- bytes ---- */

Test(bytes, equality_looks_at_every_byte)
{
    unsigned char a[33], b[33];
    for (unsigned i = 0; i < sizeof a; i++)
        a[i] = b[i] = (unsigned char)(i * 17);
    cr_assert(rs_equal(a, b, sizeof a));
    for (unsigned i = 0; i < sizeof a; i++) {
        b[i] ^= 0x80;
        cr_assert_not(rs_equal(a, b, sizeof a));
        cr_assert(rs_equal(a, b, i), "what follows is not looked at");
        b[i] ^= 0x80;
    }
    cr_assert(rs_equal(NULL, a, 0));
}

Test(bytes, lengths)
{
    cr_assert_eq(rs_length(""), 0u);
    cr_assert_eq(rs_length("IMAPISession::OpenMsgStore"), 26u);
}

/* ---- tables ---- */

/* Keys that differ in any one bit, or only in length, hash apart. */
Test(table, hash_tells_keys_apart)
{
    unsigned char key[24] = {0};
    unsigned base = rs_hash(key, sizeof key), same = 0;
    for (unsigned bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (unsigned char)(1u << bit % 8);
        same += rs_hash(key, sizeof key) == base;
        key[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    cr_assert_eq(same, 0u);
    for (size_t length = 0; length < sizeof key; length++)
        cr_assert_neq(rs_hash(key, length), base);
}

struct element {
    UT_hash_handle hh;
    uint64_t key;
};

/* The low bits choose the bucket: addresses a page, a cache line or 16 bytes apart must spread. */
Test(table, addresses_spread_over_the_buckets)
{
    for (uint64_t step = 16; step <= 1 << 21; step *= 2) {
        unsigned used[1024] = {0}, filled = 0;
        for (uint64_t i = 0; i < 1024; i++) {
            uint64_t address = 0x7f1234560000 + i * step;
            filled += !used[rs_hash(&address, sizeof address) % 1024]++;
        }
        cr_assert_gt(filled, 560u, "step %lu: only %u of 1024 buckets", (unsigned long)step,
                     filled); /* evenly at random: 647 */
    }
}

Test(table, keeps_what_it_is_given)
{
    struct element *table = NULL, *found, *next;
    for (uint64_t key = 0; key < 5000; key++) {
        struct element *element = rs_arena_take(sizeof *element);
        element->key = key * key;
        HASH_ADD(hh, table, key, sizeof element->key, element);
    }
    HASH_ITER (hh, table, found, next)
        if (found->key % 2)
            HASH_DELETE(hh, table, found);
    cr_assert_eq(HASH_COUNT(table), 2500u);
    for (uint64_t key = 0; key < 5000; key++) {
        uint64_t square = key * key;
        HASH_FIND(hh, table, &square, sizeof square, found);
        cr_assert_eq(found != NULL, square % 2 == 0);
    }
}
