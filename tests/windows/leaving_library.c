/* A library whose function leaks a block and then does what it is given to do, which need not come
 * back. */
#include "tests/windows/leaving.h"
#include <windows.h>

__declspec(dllexport) int leaves(void (*how)(int), int value)
{
    void *lost = HeapAlloc(GetProcessHeap(), 0, 40);
    if (!lost)
        return -1;
    how(value);
    return value + 1;
}

/* One that takes all kinds of arguments: the sum of them all. */
__declspec(dllexport) double takes_many(int a, double b, int c, double d, double e, int f, float g,
                                        long long h, double i, int j, int k, int l, double m)
{
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + (double)g * 7 + (double)h * 8 + i * 9 +
           j * 10 + k * 11 + l * 12 + m * 13;
}

__declspec(dllexport) struct large takes_and_gives_large(struct large what, int more)
{
    for (unsigned i = 0; i < sizeof what.word / sizeof *what.word; i++)
        what.word[i] += more;
    return what;
}
