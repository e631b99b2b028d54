/*
 * Survivors that nobody can release any more: the module whose code acquired them was unloaded. No
 * cache can give them back, so fewer calls are enough to call them a leak.
 */
#ifndef ANALYZER_ANALYSIS_DEAD_H
#define ANALYZER_ANALYSIS_DEAD_H

#include "analyzer/trace.h"

/* Whether `path` is of a module that allocates on behalf of whoever called it: the language's own
 * libraries (strdup, operator new). */
bool dead_is_runtime(const char *path);

/* The module whose code acquired what `site` is about: that of the innermost frame beyond
 * the runtime. 0 = not known. */
uint32_t dead_owner(const struct trace *, uint32_t site);

/* How many of the survivors of `site`, from the first on (they are sorted by ordinal), were left by
 * a load of `owner` that is over. */
uint64_t dead_orphans(const struct trace *, uint32_t site, uint32_t owner,
                      const struct trace_survivor *, uint64_t count);

#endif
