/* The trace of a process that is being recorded. */
#ifndef ANALYZER_LIVE_H
#define ANALYZER_LIVE_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the trace of the process with that id, whether `residue run` began it or it was attached
 * to: `path` can be opened as a trace is. The process is not disturbed. False, with one line in
 * `problem`. */
bool live_trace(const char *pid, char *path, size_t size, char *problem, size_t problem_size);

#endif
