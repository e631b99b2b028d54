/* What becomes of the traces of a run: readable while it runs, compact files when it ends. */
#ifndef ANALYZER_RUN_TRACES_H
#define ANALYZER_RUN_TRACES_H

#include "analyzer/run_server.h"

struct run_outcome {
    pid_t main;      /* the process that was started */
    int wait_status; /* how it ended (wait(2)) */
    const char *output;
    bool main_written; /* out */
    unsigned others;   /* out: traces of other processes or images */
};

/* Can a trace go to `output`? Asked before the program starts. False, with a line in `problem`. */
bool run_traces_can_write(const char *output, char *problem, size_t problem_size);

/* Makes `output` a link to the mapping, so that `residue report` can read it meanwhile. Where no
 * link can be made the trace only appears at the end. */
void run_traces_show_live(const struct run_image *, const char *output);

/* Writes the traces of images that are over, but for the main process's last, and lets go of their
 * mappings: a run of many processes must use up neither memory nor descriptors. */
void run_traces_write_ended(struct run_server *, struct run_outcome *);

/* Writes all traces as compact files; says on stderr, a line each, what could not be written. */
void run_traces_write(struct run_server *, struct run_outcome *);

#endif
