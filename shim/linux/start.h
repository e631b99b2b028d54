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

/* Sees signals that would end the process; and no longer. */
void rs_faults_watch(void);
void rs_faults_leave(void);

/* In a forked child: begins a trace for it. */
void rs_begin_child(void);

/* Asks the runner: maps a fresh trace at `at` (NULL = anywhere) and the plan. False: not to be
 * recorded. */
struct rs_welcome {
    void *trace;
    uint64_t trace_limit;
    const void *plan;
};
int rs_handshake(const char *socket, void *at, uint32_t how, struct rs_welcome *);

#endif
