/* sqlite3 is not there for Windows. */
#include "analyzer/commands.h"
#include <stdio.h>

int residue_history(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs("residue history: this build of residue has no library for databases\n", stderr);
    return 2;
}
