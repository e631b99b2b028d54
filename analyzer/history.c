#include "analyzer/commands.h"
int residue_history(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 2;
}
