/* Processes that the client began, and theirs: they sign a roster (include/residue/profile.h). */
#ifndef ANALYZER_RUN_WINDOWS_OTHERS_H
#define ANALYZER_RUN_WINDOWS_OTHERS_H

#include "analyzer/run_windows.h"

struct run_others {
    HANDLE section;
    HANDLE knock; /* somebody has signed */
    struct residue_roster *roster;
    struct run_client *clients; /* whose traces are not written */
    uint32_t *places;           /* where each stands in the roster */
    size_t count;
    const char *output; /* their traces go to OUTPUT.PID */
    unsigned written;
};

/* Makes the roster of this process, or opens that of a runner (0 = makes one). False: the system's
 * last error. */
bool run_others_open(struct run_others *, DWORD runner, const char *output);

/* Takes up who has signed; in another process than the runner, also whom the runner had taken. */
void run_others_take(struct run_others *, bool over);

/* Writes the traces of those that have ended. */
void run_others_write_ended(struct run_others *);

/* Waits until one of them, or `also` if it is not NULL, has ended, or somebody has signed. */
void run_others_wait(const struct run_others *, HANDLE also);

/* Leaves those that still run to a process that outlives this one. */
void run_others_leave(struct run_others *, DWORD runner);

void run_others_close(struct run_others *);

#endif
