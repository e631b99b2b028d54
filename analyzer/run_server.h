/* The runner's side of the handshake (include/residue/profile.h): processes under the shim send the
 * descriptors of their traces and get the plan. */
#ifndef ANALYZER_RUN_SERVER_H
#define ANALYZER_RUN_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A program's image that was recorded: one process may be several, by exec. */
struct run_image {
    pid_t pid;
    int trace;       /* descriptor of its mapping; -1 = its trace is written */
    int process;     /* pidfd of its process; -1 where the system has none */
    uint32_t how;    /* 0 = started, 1 = forked */
    unsigned number; /* from 1: which image of that process id it is */
    bool replaced;   /* its process went on as another image */
};

enum { RUN_REFUSALS = 5 };

struct run_server {
    char root[32]; /* what the paths below begin with, which the processes served don't see */
    char directory[200];
    char socket[256];
    int listener;
    int plan; /* read-only descriptor of the plan */
    struct run_image *images;
    size_t image_count;
    size_t open_count;              /* images whose trace is not written */
    int spare;                      /* a descriptor to be given up for turning somebody away */
    unsigned refused[RUN_REFUSALS]; /* processes not recorded, by enum residue_refusal */
};

/* Makes the socket in a private directory and puts the plan into memory. False, with a line in
 * `problem`. */
bool run_server_open(struct run_server *, const void *plan, size_t plan_size, char *problem,
                     size_t problem_size);

/* The same for processes that have another root folder (a descriptor; -1 = ours), and are another
 * user's. */
struct run_elsewhere {
    int root;
    uid_t uid;
    gid_t gid;
};
bool run_server_open_elsewhere(struct run_server *, const struct run_elsewhere *, const void *plan,
                               size_t plan_size, char *problem, size_t problem_size);

/* Serves whoever waits; returns at once when nobody does. False if somebody has to wait, because
 * the descriptors are used up: traces must be written, or else he is turned away. */
bool run_server_serve(struct run_server *);
void run_server_turn_away(struct run_server *);

/* Is the image over: its process gone, or gone on as another program? */
bool run_image_over(const struct run_image *);

/* Lets go of an image whose trace is written. */
void run_server_drop(struct run_server *, struct run_image *);

/* Closes everything; in another process than the one that serves, only `forget` it: the socket
 * stays.
 */
void run_server_close(struct run_server *);
void run_server_forget(struct run_server *);

#endif
