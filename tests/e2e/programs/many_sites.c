/* SITES calls, each of which leaves a block by a stack of its own: which of two functions calls
 * which are the bits of its number. */
#include <residue.h>
#include <stdlib.h>

enum { BITS = 14 };
void *volatile kept;

__attribute__((noinline)) void left(unsigned bits, int depth);
__attribute__((noinline)) void right(unsigned bits, int depth);

static inline __attribute__((always_inline)) void next(unsigned bits, int depth)
{
    if (!depth)
        kept = malloc(24);
    else if (bits & 1)
        left(bits >> 1, depth - 1);
    else
        right(bits >> 1, depth - 1);
    __asm__ volatile("");
}

void left(unsigned bits, int depth)
{
    next(bits, depth);
}

void right(unsigned bits, int depth)
{
    next(bits, depth);
}

int main(int argc, char **argv)
{
    unsigned sites = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
    for (unsigned i = 0; i < sites; i++) {
        RESIDUE_CALL_BEGIN("Many::sites");
        next(i, BITS);
        RESIDUE_CALL_END();
    }
    return 0;
}
