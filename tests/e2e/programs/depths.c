/* CALLS BLOCKS DEPTH: so often, allocates that many blocks from a function that is called that
 * deep, and frees those of the time before. */
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

static __attribute__((noinline)) void deep(int depth, void **blocks, int count)
{
    volatile char here[32];
    here[0] = (char)depth;
    for (int i = 0; depth == 0 && i < count; i++) {
        blocks[i] = malloc((size_t)(16 + 24 * (i % 9)));
        memset(blocks[i], i, 16);
    }
    if (depth > 0)
        deep(depth - 1, blocks, count);
    here[1] = here[0];
}

int main(int argc, char **argv)
{
    static void *blocks[2][MOST];
    if (argc != 4)
        return 2;
    int calls = atoi(argv[1]), count = atoi(argv[2]), depth = atoi(argv[3]);
    for (int call = 0; call < calls; call++) {
        void **mine = blocks[call % 2];
        for (int i = 0; i < count; i++)
            free(mine[i]);
        deep(depth, mine, count < MOST ? count : MOST);
    }
    return 0;
}
