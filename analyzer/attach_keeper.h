/* The keeper of an attachment: it begins it, holds the traces, ends it and writes them, whatever
 * becomes of `residue attach` itself, which only waits (run_front.h). */
#ifndef ANALYZER_ATTACH_KEEPER_H
#define ANALYZER_ATTACH_KEEPER_H

#include "analyzer/attach_process.h"

struct attach_start {
    pid_t pid;
    const char *shim; /* path of its file, as we see it */
    const void *plan;
    size_t plan_size;
    const char *output; /* NULL = named after the program and its process id */
    bool quiet;
    uint64_t milliseconds; /* how long; 0 = until it is told to end, or the process does */
};

/* The process that was forked for it never returns from here. */
_Noreturn void attach_keeper(const struct attach_start *, int channel);

#endif
