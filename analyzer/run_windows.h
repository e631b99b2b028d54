/* `residue run` on Windows: a client that is begun suspended, gets the shim, and then runs. */
#ifndef ANALYZER_RUN_WINDOWS_H
#define ANALYZER_RUN_WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <residue/profile.h>
#include <stdbool.h>
#include <stddef.h>

struct run_client {
    HANDLE process, thread;
    DWORD id;
    HANDLE meeting_section, trace_section;
    struct residue_meeting *meeting;
    DWORD runner;       /* whose roster other processes sign; 0 = they are not recorded */
    bool running;       /* its trace is written although it goes on */
    char problem[4400]; /* one line: what went wrong */
};

/* Begins the program, suspended, with the command line as it is. False: 126 or 127 in `status`, as
 * a shell has it. */
bool run_client_begin(struct run_client *, const wchar_t *command_line, int *status);

/* Loads the shim into it and lets it go. False: `problem` says why, and what we began is gone. */
bool run_client_inject(struct run_client *, const struct residue_plan *, size_t plan_size,
                       const wchar_t *shim);

/* A process that runs already, to be injected to. False: there is none, or it is not ours to open.
 */
bool run_client_attach(struct run_client *, DWORD id);

/* Is it recorded already, by a runner that is gone? Then the trace is ours to write. */
bool run_client_adopt(struct run_client *);

/* Waits for its end; returns its status. */
DWORD run_client_wait(struct run_client *);

/* Writes the trace, after the end. False: `problem`. */
bool run_client_write(struct run_client *, const char *output, DWORD status);

void run_client_close(struct run_client *);

/* "... : what the system says", for an error of the system. */
void run_client_say(struct run_client *, const char *what, DWORD error);

#endif
