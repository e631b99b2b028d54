/* The shim's life in a process: it begins with the program (or a fork) and ends with it. */
#ifndef SHIM_LINUX_START_H
#define SHIM_LINUX_START_H

#include <stdint.h>

/* One of the few variables of the environment the process began with that the shim keeps, or NULL.
 */
const char *rs_environment(const char *name);

/* The path of the program, found when it begins; "" if that can't be told. */
const char *rs_program(void);
void rs_program_find(char **environment);

/* The process is about to end with this status. */
void rs_end(int status);

/* Sees signals that would end the process. */
void rs_faults_watch(void);

/* All that is recorded from now on goes into a trace that was just made, by its plan. */
struct rs_welcome;
void rs_trace_begin(const struct rs_welcome *);

/* Recording begins, and follows the process to its end. */
void rs_recording_begin(void);

/* Asks the runner: maps a fresh trace at `at` (NULL = anywhere) and the plan. `how`: see struct
 * residue_hello. False: not to be recorded. */
struct rs_welcome {
    void *trace;
    uint64_t trace_limit;
    const void *plan;
};
int rs_handshake(const char *socket, void *at, uint32_t how, struct rs_welcome *);

#endif
