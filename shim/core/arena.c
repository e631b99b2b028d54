#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"
#include "shim/core/os.h"

enum {
    ARENA_PIECE = 1 << 20,
    ARENA_BIG = ARENA_PIECE / 4, /* as large as that has a mapping of its own */
    ARENA_CLASSES = 20,          /* what was given back, by the power of two that it holds */
    ARENA_MAPPINGS = 4096        /* that are counted */
};

struct given {
    struct given *next;
};

struct mapping {
    void *memory;
    size_t bytes;
};

static struct {
    struct rs_lock lock;
    unsigned char *next, *end;
    struct given *given[ARENA_CLASSES];
    uint64_t taken;
    struct mapping mapping[ARENA_MAPPINGS];
    uint32_t mappings;
} arena;

static size_t rounded(size_t bytes)
{
    return bytes >= ARENA_BIG ? (bytes + 4095) & ~(size_t)4095 : (bytes + 15) & ~(size_t)15;
}

static unsigned class_of(size_t bytes)
{
    return 63 - (unsigned)__builtin_clzll(bytes);
}

/* ---- mappings, under the lock ---- */

static void *map(size_t bytes)
{
    void *memory = rs_os_map(bytes);
    if (memory && arena.mappings < ARENA_MAPPINGS)
        arena.mapping[arena.mappings++] = (struct mapping){memory, bytes};
    return memory;
}

static void unmap(void *memory, size_t bytes)
{
    for (uint32_t i = 0; i < arena.mappings; i++)
        if (arena.mapping[i].memory == memory) {
            arena.mapping[i] = arena.mapping[--arena.mappings];
            break;
        }
    rs_os_unmap(memory, bytes);
}

/* ---- taking and giving ---- */

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
        unsigned char *memory = map(ARENA_PIECE);
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
    bool big = bytes >= ARENA_BIG;
    rs_lock(&arena.lock);
    void *result = big ? map(bytes) : take_given(bytes);
    if (!result && !big)
        result = take_new(bytes);
    if (result && !big)
        arena.taken += bytes;
    rs_unlock(&arena.lock);
    return result;
}

void rs_arena_give(void *memory, size_t bytes)
{
    bytes = rounded(bytes);
    struct given *given = memory;
    rs_lock(&arena.lock);
    if (bytes >= ARENA_BIG) {
        unmap(memory, bytes);
    } else {
        given->next = arena.given[class_of(bytes)];
        arena.given[class_of(bytes)] = given;
        arena.taken -= bytes;
    }
    rs_unlock(&arena.lock);
}

uint64_t rs_arena_bytes(void)
{
    return __atomic_load_n(&arena.taken, __ATOMIC_RELAXED);
}

uint64_t rs_arena_private_bytes(void)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0;; i++) {
        struct mapping mapping = {NULL, 0};
        rs_lock(&arena.lock);
        if (i < arena.mappings)
            mapping = arena.mapping[i];
        rs_unlock(&arena.lock);
        if (!mapping.memory)
            return bytes;
        bytes += rs_os_private_part(mapping.memory, mapping.bytes);
    }
}

void rs_arena_reset(void)
{
    /* The parent's pieces stay mapped copy-on-write; what of them is touched no more costs nothing.
     */
    arena.lock.word = 0;
    arena.next = arena.end = NULL;
    rs_zero(arena.given, sizeof arena.given);
}
