/* A library that is only ever visited: each load leaves 40 bytes of its constructor's behind, and
 * each visit 24 more. */
#include <stdlib.h>

void visit(void);

static void *volatile kept;

static __attribute__((constructor)) void arrive(void)
{
    kept = malloc(40);
}

void visit(void)
{
    kept = malloc(24);
}
