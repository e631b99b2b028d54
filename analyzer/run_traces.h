/* What becomes of the traces of a run: readable while it runs, compact files when it ends. In the
 * keeper's process (run_keeper.h). */
#ifndef ANALYZER_RUN_TRACES_H
#define ANALYZER_RUN_TRACES_H

#include "analyzer/run_server.h"

struct run_outcome {
    pid_t main; /* the process that was started */
    bool ended;
    bool attached;   /* it was not started, and may run on: how it ends it says itself, or nobody */
    int wait_status; /* how it ended (wait(2)) */
    const char *output;
    void (*say)(void *closure, const char *line); /* what could not be written */
    void *closure;
    bool main_written; /* out */
    unsigned others;   /* out: traces of other processes or images */
};

/* Can a trace go to `output`? Asked before the program starts. False, with a line in `problem`. */
bool run_traces_can_write(const char *output, char *problem, size_t problem_size);

/* Makes the image's file a link to its mapping, so that `residue report` can read it meanwhile.
 * Where no link can be made the trace only appears at the end. */
void run_traces_show_live(const struct run_server *, size_t index, const struct run_outcome *);

/* Writes the traces of images that are over as compact files, a line for each that could not be
 * written, and lets go of their mappings: a run of many processes must use up neither memory nor
 * descriptors. The main process's last image is over when its end is known. */
void run_traces_write_ended(struct run_server *, struct run_outcome *);

/* The same for all: nobody records any more, though processes may go on. */
void run_traces_write_all(struct run_server *, struct run_outcome *);

#endif
