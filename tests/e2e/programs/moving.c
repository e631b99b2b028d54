/* Two leaks in one function; the lines move when the source is changed above them. */
#include <residue.h>
#include <stdlib.h>

void leaking_call(void)
{
    static void *volatile kept;
    RESIDUE_CALL_BEGIN("leaking_call");
    kept = malloc(24);
    kept = malloc(40);
    RESIDUE_CALL_END();
}

int main(void)
{
    for (int i = 0; i < 1000; i++)
        leaking_call();
    return 0;
}
