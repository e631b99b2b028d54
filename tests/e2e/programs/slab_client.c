/* leak|balanced CALLS: takes a piece of 96 bytes so many times, and gives it back or not. */
#include <stdlib.h>
#include <string.h>

void *slab_take(size_t size);
void slab_give(void *piece);

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    for (int i = atoi(argv[2]); i; i--) {
        void *piece = slab_take(96);
        if (!strcmp(argv[1], "balanced"))
            slab_give(piece);
    }
    return 0;
}
