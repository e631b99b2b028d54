/* SITES BLOCKS CALLS SIZES: leaves BLOCKS blocks of SIZES different sizes live, from SITES stacks,
 * in CALLS calls of survivors_leave: a large program that leaks everywhere, for the analysis to
 * read. */
#include <stdio.h>
#include <stdlib.h>

void survivors_leave(unsigned stack, unsigned blocks, unsigned sizes);

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: survivors SITES BLOCKS CALLS SIZES\n", stderr);
        return 2;
    }
    unsigned sites = (unsigned)atoi(argv[1]), blocks = (unsigned)atoi(argv[2]),
             calls = (unsigned)atoi(argv[3]), sizes = (unsigned)atoi(argv[4]), left = 0;
    for (unsigned call = 0; call < calls; call++) {
        unsigned until = (unsigned)((unsigned long long)blocks * (call + 1) / calls);
        survivors_leave(call % sites, until - left, sizes);
        left = until;
    }
    return 0;
}
