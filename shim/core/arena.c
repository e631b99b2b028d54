#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"
#include "shim/core/os.h"

enum {
    ARENA_PIECE = 1 << 20,
    ARENA_BIG = ARENA_PIECE / 4, /* as large as that has a mapping of its own */
    ARENA_CLASSES = 20           /* what was given back, by the power of two that it holds */
};

struct given {
    struct given *next;
};

static struct {
    struct rs_lock lock;
    unsigned char *next, *end;
    struct given *given[ARENA_CLASSES];
    uint64_t taken;
} arena;

static size_t rounded(size_t bytes)
{
    return bytes >= ARENA_BIG ? (bytes + 4095) & ~(size_t)4095 : (bytes + 15) & ~(size_t)15;
}

static unsigned class_of(size_t bytes)
{
    return 63 - (unsigned)__builtin_clzll(bytes);
}

/* Any piece of a class serves whoever wants at most the power of two. */
static void *take_given(size_t bytes)
{
    unsigned class = class_of(bytes - 1) + 1;
    struct given *given = class < ARENA_CLASSES ? arena.given[class] : NULL;
    if (given) {
        arena.given[class] = given->next;
        rs_zero(given, bytes);
    }
    return given;
}

static void *take_new(size_t bytes)
{
    if ((size_t)(arena.end - arena.next) < bytes) {
        unsigned char *memory = rs_os_map(ARENA_PIECE);
        if (!memory)
            return NULL;
        arena.next = memory;
        arena.end = memory + ARENA_PIECE;
    }
    void *result = arena.next;
    arena.next += bytes;
    return result;
}

void *rs_arena_take(size_t bytes)
{
    bytes = rounded(bytes);
    if (bytes >= ARENA_BIG)
        return rs_os_map(bytes);
    rs_lock(&arena.lock);
    void *result = take_given(bytes);
    if (!result)
        result = take_new(bytes);
    if (result)
        arena.taken += bytes;
    rs_unlock(&arena.lock);
    return result;
}

void rs_arena_give(void *memory, size_t bytes)
{
    bytes = rounded(bytes);
    if (bytes >= ARENA_BIG) {
        rs_os_unmap(memory, bytes);
        return;
    }
    struct given *given = memory;
    rs_lock(&arena.lock);
    given->next = arena.given[class_of(bytes)];
    arena.given[class_of(bytes)] = given;
    arena.taken -= bytes;
    rs_unlock(&arena.lock);
}

uint64_t rs_arena_bytes(void)
{
    return __atomic_load_n(&arena.taken, __ATOMIC_RELAXED);
}

void rs_arena_reset(void)
{
    /* The parent's pieces stay mapped copy-on-write; what of them is touched no more costs nothing.
     */
    arena.lock.word = 0;
    arena.next = arena.end = NULL;
    rs_zero(arena.given, sizeof arena.given);
}
