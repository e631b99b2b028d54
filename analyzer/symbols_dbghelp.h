/* Windows' own reader of debug information, where there is one. Not thread-safe. */
#ifndef ANALYZER_SYMBOLS_DBGHELP_H
#define ANALYZER_SYMBOLS_DBGHELP_H

#include "analyzer/symbols.h"

struct symbols_dbghelp;

/* NULL where there is none, or nothing in it but names of functions. Elsewhere than on Windows
 * there is none. */
struct symbols_dbghelp *symbols_dbghelp_open(const char *path);
void symbols_dbghelp_close(struct symbols_dbghelp *);

/* `address` is relative to the image's base; as symbols_lookup. */
size_t symbols_dbghelp_lookup(struct symbols_dbghelp *, uint64_t address, struct symbol_frame *,
                              size_t most);

#endif
