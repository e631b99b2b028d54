/*
 * Survivors that nobody can release any more: the module whose code acquired them was unloaded, the
 * memory that a critical section lay in was freed. No cache can give them back, so fewer calls are
 * enough to call them a leak.
 */
#ifndef ANALYZER_ANALYSIS_DEAD_H
#define ANALYZER_ANALYSIS_DEAD_H

#include "analyzer/analysis.h"

/* Sets `owner`, `orphans` and `dead` of all sites of call path `path` (0 = outside), whose
 * survivors are known. */
void dead_mark(const struct trace *, uint32_t path, struct analysis_site *, uint32_t count);

#endif
