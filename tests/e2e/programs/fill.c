/* Takes memory in pieces of 64 KiB until there is no more, gives all of it back, and says how that
 * went. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    void **kept = NULL, **piece;
    long count = 0;
    for (; (piece = malloc(65536)); count++) {
        *piece = kept;
        kept = piece;
    }
    while ((piece = kept)) {
        kept = *piece;
        free(piece);
    }
    puts(count > 1000 ? "full" : "hardly any");
    return 0;
}
