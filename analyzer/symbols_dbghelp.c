#include "analyzer/symbols_dbghelp.h"

struct symbols_dbghelp *symbols_dbghelp_open(const char *path)
{
    (void)path;
    return NULL;
}

void symbols_dbghelp_close(struct symbols_dbghelp *dbghelp)
{
    (void)dbghelp;
}

size_t symbols_dbghelp_lookup(struct symbols_dbghelp *dbghelp, uint64_t address,
                              struct symbol_frame *frames, size_t most)
{
    (void)dbghelp, (void)address, (void)frames, (void)most;
    return 0;
}
