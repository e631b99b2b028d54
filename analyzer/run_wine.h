/* Windows programs on Linux: `residue run` hands them to residue.exe under Wine. */
#ifndef ANALYZER_RUN_WINE_H
#define ANALYZER_RUN_WINE_H

#include "analyzer/run_options.h"

/* Whether the program is a Windows one: a PE file, or Wine with one. */
bool run_wine_is_meant(const struct run_options *);

/* Runs it, with the options of `argv`; returns the exit status. */
int run_wine(const struct run_options *, char **argv);

#endif
