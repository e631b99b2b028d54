/*
 * What takes long and how far it is, on one line of a terminal that goes away again. One for the
 * process: there is one terminal. Not thread-safe.
 */
#ifndef ANALYZER_PROGRESS_H
#define ANALYZER_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

/* Seconds of any clock that goes on steadily. */
typedef double progress_clock(void);

/* From now on steps may be shown on `terminal`, once a second has passed; NULL: none is. A NULL
 * clock is the system's. */
void progress_begin(FILE *terminal, progress_clock *);

/* The same on standard error, if that is a terminal. */
void progress_begin_on_stderr(void);

/* Now at `done` of `total` of `doing` ("reading the trace"); `total` 0: not known. Cheap, but not
 * for innermost loops. */
void progress_at(const char *doing, uint64_t done, uint64_t total);

/* Wipes what is shown. To be called before anything else goes to the terminal; steps may follow. */
void progress_hide(void);

#endif
