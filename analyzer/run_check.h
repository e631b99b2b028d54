/* `residue run --check`: the gate after a run, over the traces of all its processes. */
#ifndef ANALYZER_RUN_CHECK_H
#define ANALYZER_RUN_CHECK_H

#include "analyzer/run_options.h"
#include <stdint.h>

/* A moment before the program was started, for run_check: what is older is of another run. */
int64_t run_check_begin(void);

/* Checks `output` and OUTPUT.PID of processes that have ended since. `status` is the program's, and
 * is returned where it is not 0; else the gate's: 0, 1, or 2 when that could not be told. */
int run_check(const struct run_options *, const char *output, int64_t begun, int status);

#endif
