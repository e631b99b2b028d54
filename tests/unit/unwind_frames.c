#include "tests/unit/unwind_frames.h"
#include <alloca.h>
#include <string.h>

#if defined(__clang__)
#define FRAME_POINTER(how)
#else
#define FRAME_POINTER(how) __attribute__((optimize(how)))
#endif
#define FRAME __attribute__((noinline, noclone_))
#if defined(__clang__)
#define noclone_
#else
#define noclone_ noclone
#endif

/* Keeps what a frame holds alive, and the call before it from becoming a jump. */
static void keep(volatile void *bytes)
{
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

FRAME FRAME_POINTER("no-omit-frame-pointer") void unwind_plain(unwind_body *body)
{
    char local[40];
    keep(local);
    body();
    keep(local);
}

FRAME FRAME_POINTER("omit-frame-pointer") void unwind_without_frame_pointer(unwind_body *body)
{
    uint64_t kept[6];
    for (unsigned i = 0; i < 6; i++)
        kept[i] = (uintptr_t)body + i;
    keep(kept);
    body();
    keep(kept);
}

FRAME void unwind_with_vla(unwind_body *body, unsigned size)
{
    char bytes[size + 1];
    memset(bytes, 0x5a, size + 1);
    keep(bytes);
    body();
    keep(bytes);
}

FRAME void unwind_with_alloca(unwind_body *body, unsigned size)
{
    for (unsigned i = 0; i < 2; i++) {
        char *bytes = alloca(size + 16);
        bytes[0] = 1;
        keep(bytes);
        body();
    }
}

FRAME void unwind_realigned(unwind_body *body)
{
    _Alignas(64) char aligned[128];
    keep(aligned);
    body();
    keep(aligned);
}

FRAME void unwind_drap(unwind_body *body, unsigned size)
{
    _Alignas(128) char aligned[128];
    char *more = alloca(size + 16);
    more[0] = 1;
    keep(aligned);
    keep(more);
    body();
    keep(aligned);
}

uint64_t unwind_random(uint64_t *seed)
{
    uint64_t x = *seed;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *seed = x;
}

/* ---- towers: every floor is a frame of a random kind and size ---- */

static FRAME void floor_vla(uint64_t *seed, unsigned depth, unwind_body *leaf)
{
    char bytes[16 * (unwind_random(seed) % 4) + 1];
    bytes[0] = 1;
    keep(bytes);
    unwind_random_tower(seed, depth, leaf);
    keep(bytes);
}

static FRAME void floor_alloca(uint64_t *seed, unsigned depth, unwind_body *leaf)
{
    char *bytes = alloca(16 * (unwind_random(seed) % 4) + 1);
    bytes[0] = 1;
    keep(bytes);
    unwind_random_tower(seed, depth, leaf);
    keep(bytes);
}

static FRAME void floor_realigned(uint64_t *seed, unsigned depth, unwind_body *leaf)
{
    _Alignas(64) char aligned[64];
    keep(aligned);
    unwind_random_tower(seed, depth, leaf);
    keep(aligned);
}

static FRAME void floor_drap(uint64_t *seed, unsigned depth, unwind_body *leaf)
{
    _Alignas(32) char aligned[32];
    char *more = alloca(16 * (unwind_random(seed) % 3) + 1);
    more[0] = 1;
    keep(aligned);
    unwind_random_tower(seed, depth, leaf);
    keep(aligned);
}

static FRAME FRAME_POINTER("omit-frame-pointer") void floor_bare(uint64_t *seed, unsigned depth,
                                                                 unwind_body *leaf)
{
    unwind_random_tower(seed, depth, leaf);
    keep(seed);
}

FRAME void unwind_random_tower(uint64_t *seed, unsigned depth, unwind_body *leaf)
{
    typedef void storey(uint64_t *, unsigned, unwind_body *);
    static storey *const kind[] = {floor_vla, floor_alloca, floor_realigned, floor_drap,
                                   floor_bare};
    if (depth)
        kind[unwind_random(seed) % (sizeof kind / sizeof *kind)](seed, depth - 1, leaf);
    else
        leaf();
    keep(seed);
}
