#include "analyzer/figures_spool.h"

#include <stdlib.h>

/* T: in memory while there is some; D: removed when closed. */
FILE *figures_spool(void)
{
    char *name = _tempnam(NULL, "residue");
    FILE *file = name ? fopen(name, "w+bTD") : NULL;
    free(name);
    return file;
}
