/*
 * The pager of a report: what is written to standard output goes through it. Which one:
 * $RESIDUE_PAGER, $PAGER, or `less`, if it is there; none if it is "" or "cat". `less` gets FRX as
 * $LESS unless that is set: it keeps colours, and ends at once when all fits on the screen.
 */
#ifndef ANALYZER_PAGER_H
#define ANALYZER_PAGER_H

#include <stdbool.h>

/* Starts the pager: standard output leads to it. False when there is none: all is as before. While
 * it runs, the terminal's signals are the pager's business. */
bool pager_begin(void);

/* Waits until the reader is done; standard output leads where it did before. False when the pager
 * could not be executed: nobody has seen what was written to it. */
bool pager_end(void);

#endif
