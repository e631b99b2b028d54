/* Calls `work`, which leaves 72 bytes each time, as fast as can be, 40 million times at most. */
#include <residue.h>
#include <stdlib.h>

static void *volatile kept;

int main(void)
{
    for (int i = 0; i < 40000000; i++) {
        RESIDUE_CALL_BEGIN("work");
        kept = malloc(72);
        RESIDUE_CALL_END();
    }
    return 0;
}
