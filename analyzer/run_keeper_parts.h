/* What keepers share: of a run, and of a process that was attached to. */
#ifndef ANALYZER_RUN_KEEPER_PARTS_H
#define ANALYZER_RUN_KEEPER_PARTS_H

#include "analyzer/run_keeper.h"
#include "analyzer/run_traces.h"

#include <limits.h>

struct keeper {
    struct run_server *server;
    struct run_outcome outcome;
    char output[PATH_MAX];
    int channel; /* -1 = who began it is gone */
    int signals;
    bool stopped; /* the program */
    size_t shown; /* images looked at for being shown while they run */
    size_t many;  /* open traces that are worth a look for those that ended */
};

/* Says something to the process that began the keeper, if it is still there. */
void keeper_tell(struct keeper *, enum run_word, int value, const char *text);

/* A line for stderr; `closure` is the keeper. */
void keeper_say(void *closure, const char *line);

/* Goes into a session of its own, with nothing of what was inherited but the server and the
 * channel. */
void keeper_withdraw(struct keeper *);

/* Sets where the trace goes: `output`, or a name made of the program's and the process id. */
void keeper_name_output(struct keeper *, const char *program, const char *output);

/* Serves who waits, and writes the traces of processes that are over once there are many. */
void keeper_serve(struct keeper *);

#endif
