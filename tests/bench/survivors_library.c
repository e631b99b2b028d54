/* A library whose one function leaves blocks behind from as many stacks as its caller asks for: the
 * bits of a number choose between two places to call from at each level. */
#include <stdlib.h>

enum { LEVELS = 20 };

struct wish {
    unsigned stack, blocks, sizes;
};

void survivors_leave(unsigned stack, unsigned blocks, unsigned sizes);

static void descend(const struct wish *wish, unsigned level);

static __attribute__((noinline)) void left(const struct wish *wish, unsigned level)
{
    descend(wish, level);
    __asm__ volatile(""); /* no tail call: a frame a level */
}

static __attribute__((noinline)) void right(const struct wish *wish, unsigned level)
{
    descend(wish, level);
    __asm__ volatile("");
}

static __attribute__((noinline)) void descend(const struct wish *wish, unsigned level)
{
    static unsigned random = 1;
    if (level == LEVELS) {
        for (unsigned i = 0; i < wish->blocks; i++) {
            random = random * 1103515245 + 12345;
            if (!malloc(16 + (random >> 16) % wish->sizes * 8))
                abort();
        }
    } else if (wish->stack >> level & 1) {
        left(wish, level + 1);
        __asm__ volatile("");
    } else {
        right(wish, level + 1);
        __asm__ volatile("");
    }
}

void survivors_leave(unsigned stack, unsigned blocks, unsigned sizes)
{
    const struct wish wish = {stack, blocks, sizes};
    descend(&wish, 0);
    __asm__ volatile("");
}
