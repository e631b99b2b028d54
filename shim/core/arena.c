#include "shim/core/arena.h"
#include "shim/core/lock.h"
#include "shim/core/os.h"

enum { ARENA_PIECE = 1 << 20 };

static struct {
    struct rs_lock lock;
    unsigned char *next, *end;
    uint64_t taken;
} arena;

void *rs_arena_take(size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    rs_lock(&arena.lock);
    if ((size_t)(arena.end - arena.next) < bytes) {
        size_t piece = bytes > ARENA_PIECE / 4 ? (bytes + 4095) & ~(size_t)4095 : ARENA_PIECE;
        unsigned char *memory = rs_os_map(piece);
        if (!memory) {
            rs_unlock(&arena.lock);
            return NULL;
        }
        if (piece != ARENA_PIECE) { /* big things get a mapping of their own */
            rs_unlock(&arena.lock);
            return memory;
        }
        arena.next = memory;
        arena.end = memory + piece;
    }
    void *result = arena.next;
    arena.next += bytes;
    arena.taken += bytes;
    rs_unlock(&arena.lock);
    return result;
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
}
