/* A library that cuts pieces from slabs of its own. With SLAB_BOOKS set it also keeps 24 bytes of
 * books for each piece, and never lets them go. */
#include <stdlib.h>

enum { SLAB = 4096 };

void *slab_take(size_t size);
void slab_give(void *piece);

static char *next, *end;
static void *given[256];
static int given_count;

void *slab_take(size_t size)
{
    static void *books;
    if (getenv("SLAB_BOOKS"))
        books = malloc(24); /* the one before is lost */
    if (given_count)
        return given[--given_count];
    if (!next || (size_t)(end - next) < size) {
        /* The piece that comes next is not of this slab: as in a magazine that is filled ahead. */
        static char *ahead;
        char *slab = ahead ? ahead : malloc(SLAB);
        ahead = malloc(SLAB);
        next = slab;
        end = slab + SLAB;
    }
    void *piece = next;
    next += size;
    (void)books;
    return piece;
}

void slab_give(void *piece)
{
    given[given_count++] = piece;
}
