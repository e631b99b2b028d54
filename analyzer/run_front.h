/* `residue run` as its caller sees it while the keeper (run_keeper.h) does the work: it ends with
 * the program, stops and goes on with it, and hands on the signals it gets. */
#ifndef ANALYZER_RUN_FRONT_H
#define ANALYZER_RUN_FRONT_H

#include "analyzer/run_keeper.h"
#include "analyzer/run_status.h"

struct run_front {
    bool quiet; /* nothing is shown while the program runs */
    struct run_status status;
    int signals; /* descriptor */
    int channel;
    pid_t keeper;
    pid_t program;
    bool attached;    /* it was not started, and does not get the terminal's signals: they end what
                         is done to it */
    bool known;       /* its end */
    int wait_status;  /* how it ended */
    bool written;     /* its trace */
    unsigned others;  /* traces of other processes that are written */
    unsigned running; /* processes that outlive it: the keeper goes on for them */
    char output[sizeof((struct run_message *)0)->text];
};

/* Makes signals come through a descriptor; what was changed goes to `before`. False: errno. */
bool run_front_prepare(struct run_front *, struct run_inherited *before);

/* Waits until the program has ended and its trace is written. */
void run_front_wait(struct run_front *);

/* Signals are as they were, but for a closed pipe: the program's status counts for more. */
void run_front_finish(struct run_front *, const struct run_inherited *before);

#endif
