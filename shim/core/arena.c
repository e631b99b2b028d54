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

/* What the system gave: a piece, at whose own beginning this stands, or a big one. */
struct mapping {
    _Alignas(16) struct mapping *next; /* as what follows in the piece */
    unsigned char *memory;
    size_t bytes;
};

static struct {
    struct rs_lock lock;
    unsigned char *next, *end;
    struct given *given[ARENA_CLASSES];
    struct mapping *mappings;
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

/* The list is whole at every moment, for one may be that of a fork. */
static void add_mapping(struct mapping *mapping, unsigned char *memory, size_t bytes)
{
    *mapping = (struct mapping){.next = arena.mappings, .memory = memory, .bytes = bytes};
    __atomic_store_n(&arena.mappings, mapping, __ATOMIC_RELEASE);
}

static void *take_new(size_t bytes)
{
    if ((size_t)(arena.end - arena.next) < bytes) {
        unsigned char *memory = rs_os_map(ARENA_PIECE);
        if (!memory)
            return NULL;
        add_mapping((struct mapping *)memory, memory, ARENA_PIECE);
        arena.next = memory + sizeof(struct mapping);
        arena.end = memory + ARENA_PIECE;
    }
    void *result = arena.next;
    arena.next += bytes;
    return result;
}

static void *take_big(size_t bytes)
{
    unsigned char *memory = rs_os_map(bytes);
    if (!memory)
        return NULL;
    rs_lock(&arena.lock);
    struct mapping *mapping = take_given(sizeof *mapping);
    if (!mapping)
        mapping = take_new(sizeof *mapping);
    if (mapping)
        add_mapping(mapping, memory, bytes);
    rs_unlock(&arena.lock);
    return memory;
}

void *rs_arena_take(size_t bytes)
{
    bytes = rounded(bytes);
    if (bytes >= ARENA_BIG)
        return take_big(bytes);
    rs_lock(&arena.lock);
    void *result = take_given(bytes);
    if (!result)
        result = take_new(bytes);
    if (result)
        arena.taken += bytes;
    rs_unlock(&arena.lock);
    return result;
}

/* With the lock. */
static void keep_given(void *memory, size_t bytes)
{
    struct given *given = memory;
    given->next = arena.given[class_of(bytes)];
    arena.given[class_of(bytes)] = given;
}

static void give_big(void *memory, size_t bytes)
{
    rs_lock(&arena.lock);
    struct mapping **at = &arena.mappings;
    while (*at && (*at)->memory != memory)
        at = &(*at)->next;
    struct mapping *mapping = *at;
    if (mapping) {
        __atomic_store_n(at, mapping->next, __ATOMIC_RELEASE);
        keep_given(mapping, sizeof *mapping);
    }
    rs_unlock(&arena.lock);
    rs_os_unmap(memory, bytes);
}

void rs_arena_give(void *memory, size_t bytes)
{
    bytes = rounded(bytes);
    if (bytes >= ARENA_BIG) {
        give_big(memory, bytes);
        return;
    }
    rs_lock(&arena.lock);
    keep_given(memory, bytes);
    arena.taken -= bytes;
    rs_unlock(&arena.lock);
}

uint64_t rs_arena_bytes(void)
{
    return __atomic_load_n(&arena.taken, __ATOMIC_RELAXED);
}

/* Where the system can't tell what was touched (Windows), all of it is the process's from the
 * beginning. */
static uint64_t private_of(const struct mapping *mapping)
{
    enum { PAGES = ARENA_PIECE / 4096 };
    unsigned char touched[PAGES];
    uint64_t bytes = 0;
    for (size_t at = 0; at < mapping->bytes; at += ARENA_PIECE) {
        size_t left = (mapping->bytes - at) / 4096, pages = left < PAGES ? left : PAGES;
        bool known = rs_os_touched(mapping->memory + at, pages, touched);
        for (size_t i = 0; i < pages; i++)
            bytes += !known || touched[i] & 1 ? 4096 : 0;
    }
    return bytes;
}

uint64_t rs_arena_private_bytes(void)
{
    uint64_t bytes = 0;
    rs_lock(&arena.lock); /* nothing of the list goes meanwhile */
    for (const struct mapping *mapping = arena.mappings; mapping; mapping = mapping->next)
        bytes += private_of(mapping);
    rs_unlock(&arena.lock);
    return bytes;
}

void rs_arena_reset(void)
{
    /* The parent's pieces stay mapped copy-on-write; what of them is touched no more costs nothing.
     */
    arena.lock.word = 0;
    arena.next = arena.end = NULL;
    rs_zero(arena.given, sizeof arena.given);
}
