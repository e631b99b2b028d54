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

/* Makes `output` a link to the mapping, so that `residue report` can read it meanwhile. False if
 * something that is no such link is in the way: the file is only replaced at the end. */
bool run_traces_show_live(const struct run_image *, const char *output);

/* Writes all traces as compact files; says on stderr, a line each, what could not be written. */
void run_traces_write(struct run_server *, struct run_outcome *);

#endif
