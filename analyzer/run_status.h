/* What `residue run` and `residue attach` show while the program runs, if that takes longer than a
 * moment and somebody looks: calls, live bytes, the worst rate so far. The figures are the
 * report's. */
#ifndef ANALYZER_RUN_STATUS_H
#define ANALYZER_RUN_STATUS_H

#include "analyzer/status_line.h"

#include <sys/types.h>

struct run_status {
    bool wanted;
    struct status_line line;
    double begun;     /* seconds of the system's clock, as all below */
    double next_look; /* at the trace */
    double look_begun;
    pid_t looker;      /* the process that reads it now; 0 = none */
    int answer;        /* descriptor it tells the figures by; -1 = none */
    char figures[512]; /* the last ones, "" = none yet */
};

/* The program runs from now on. Without a terminal on standard error nothing will be shown. */
void run_status_begin(struct run_status *);

/* How many milliseconds may pass until run_status_go_on must be called; -1 = any. It may be called
 * earlier, and should when there is an answer. */
int run_status_patience(const struct run_status *);

/* Looks at the trace of `program` now and then, never at great cost, and shows what it says. It is
 * at `path`, if that is a link. */
void run_status_go_on(struct run_status *, const char *path, pid_t program);

/* Wipes the line; it comes again with run_status_go_on. */
void run_status_hide(struct run_status *);

/* No more is shown. */
void run_status_end(struct run_status *);

#endif
