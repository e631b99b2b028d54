/* Where a report goes: standard output, byte for byte. The seam between systems. */
#ifndef ANALYZER_REPORT_OUTPUT_H
#define ANALYZER_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Calls `write` with a stream. Returns 0 when all of it arrived, or as much as the reader of a
 * pager wanted to see; else what went wrong, as errno has it. `write` may be called twice: once
 * more when the pager turns out not to work. */
int report_output(void (*write)(FILE *, const void *), const void *what);

/* Whether people look at it. */
bool report_output_is_terminal(void);

/* Whether their terminal is one for colours. */
bool report_output_has_colours(void);

/* How wide their terminal is; 0 = it is none, or does not tell. */
unsigned report_output_columns(void);

/* Whether it shows characters beyond ASCII, as the locale has it. */
bool report_output_is_unicode(void);

/* What is written goes through a pager (pager.h), if people look at it. */
void report_output_page(void);

/* A reader that has seen enough is seen when writing, and ends nothing. */
void report_output_prepare(void);

#endif
