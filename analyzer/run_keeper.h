/*
 * The keeper of a run: a process that starts the program, holds the traces, and writes them when
 * their processes have ended. It is no member of the program's session, so that neither the
 * terminal nor whoever kills `residue run` takes the traces along. `residue run` itself only waits:
 * it hears of the program through a channel and hands on the signals it gets.
 */
#ifndef ANALYZER_RUN_KEEPER_H
#define ANALYZER_RUN_KEEPER_H

#include "analyzer/run_server.h"

#include <signal.h>
#include <sys/resource.h>

/* What `residue run` changed for itself and the program gets as it was. */
enum { RUN_LIMITS = 3 };
struct run_inherited {
    sigset_t signals;
    struct sigaction child;
    struct rlimit limits[RUN_LIMITS];
};
extern const int run_limits[RUN_LIMITS]; /* which ones */

struct run_start {
    char **program;     /* and its arguments */
    const char *shim;   /* path */
    const char *output; /* NULL = named after the program and its process id */
    struct run_inherited before;
};

/* The channel's messages, in both directions. */
enum run_word {
    RUN_STARTED, /* value: the program's process id; text: where its trace goes */
    RUN_STOPPED, /* value: the signal */
    RUN_ENDED,   /* value: wait status */
    RUN_LINE,    /* text: a line for stderr */
    RUN_WRITTEN, /* value: 1 = the program's own trace is written; others, running: how many */
    RUN_SIGNAL,  /* to the keeper; value: for the program */
};

struct run_message {
    enum run_word word;
    int value;
    unsigned others;  /* traces of other processes that are written */
    unsigned running; /* processes whose traces are written when they end */
    char text[4096 + 512];
};

/* One message, waited for; false when the other side is gone. */
bool run_message_get(int channel, struct run_message *);
bool run_message_put(int channel, const struct run_message *);

/* Finds the shim's file: beside the program in a build, in ../lib/residue when installed. False:
 * `path` is where it should be. */
bool run_find_shim(char *path, size_t size);

/* The process that was forked for it never returns from here. */
_Noreturn void run_keeper(struct run_server *, const struct run_start *, int channel);

#endif
