/* Where a report goes: standard output, byte for byte. The seam between systems. */
#ifndef ANALYZER_REPORT_OUTPUT_H
#define ANALYZER_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Calls `write` with a stream. Returns 0 when all of it arrived, else what went wrong, as errno has
 * it. */
int report_output(void (*write)(FILE *, const void *), const void *what);

/* Whether people look at it. */
bool report_output_is_terminal(void);

/* A reader that has seen enough is seen when writing, and ends nothing. */
void report_output_prepare(void);

#endif
