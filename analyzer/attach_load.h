/* Loading the shim into a process, and having it begin to record. */
#ifndef ANALYZER_ATTACH_LOAD_H
#define ANALYZER_ATTACH_LOAD_H

#include "analyzer/attach_process.h"

/* Returns when the process is recorded. `shim` and `socket`: paths as the process sees them; the
 * socket has to be served meanwhile, by another process. False, with the rest of a line that begins
 * with the process's name: it is as it was. */
bool attach_load(const struct attach_process *, const char *shim, const char *socket, char *problem,
                 size_t problem_size);

#endif
