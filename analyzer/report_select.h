/* A report on some of the calls alone. */
#ifndef ANALYZER_REPORT_SELECT_H
#define ANALYZER_REPORT_SELECT_H

#include "analyzer/report.h"

struct report_selection {
    const char *const *glob; /* calls whose name matches one of them; none: all */
    uint32_t globs;
    uint32_t top; /* the first so many of these, worst first; 0 = all */
};

/* Leaves only these calls, and their findings, in the report. Memory and what is outside calls
 * remain: they are the process's. Once for a report. */
void report_select(struct report *, const struct report_selection *);

#endif
