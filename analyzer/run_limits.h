/*
 * Limits of a process's memory (ulimit -v, -d) are meant for the program alone: the shim's trace
 * and tables take address space beside it, so the limits are raised by as much while it runs, and
 * the shim shows and sets them without that (shim/linux/preload_limits.c).
 */
#ifndef ANALYZER_RUN_LIMITS_H
#define ANALYZER_RUN_LIMITS_H

#include <stdbool.h>

/* Raises the runner's own limits, which the program inherits. False, and nothing is changed, if it
 * may not: then the shim makes do with a part of what there is. */
bool run_limits_raise(void);

#endif
