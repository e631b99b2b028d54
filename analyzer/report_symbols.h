/* What stands in the way of names of functions and lines. */
#ifndef ANALYZER_REPORT_SYMBOLS_H
#define ANALYZER_REPORT_SYMBOLS_H

#include "analyzer/report.h"

/* The next module after `*module` (0 to begin) that was looked into and lacks symbols: "PATH: why",
 * owned by the symbols; NULL when there are no more. To be asked when all stacks are written: only
 * then is it known. */
const char *report_symbols_problem(const struct report *, uint32_t *module);

#endif
