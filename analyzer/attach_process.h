/* A process that runs already, as `residue attach` looks at it from outside: what /proc tells, and
 * its memory. */
#ifndef ANALYZER_ATTACH_PROCESS_H
#define ANALYZER_ATTACH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct attach_process {
    pid_t pid;
    int memory;         /* descriptor of its memory, which is gone with the program: after an exec
                           nothing can be read or written */
    int root;           /* descriptor of its root folder; -1 = the same as ours */
    char name[64];      /* of the program, without folder */
    char program[4096]; /* path, or the name */
    uid_t uid;          /* whose files it can open */
    gid_t gid;
};

/* Can the process be attached to? False, with one line in `problem`. True: to be closed. */
bool attach_process_open(struct attach_process *, pid_t pid, char *problem, size_t problem_size);
void attach_process_close(struct attach_process *);

bool attach_read(const struct attach_process *, uint64_t address, void *to, size_t size);
bool attach_write(const struct attach_process *, uint64_t address, const void *from, size_t size);

/* One line of the list of mappings. */
struct attach_mapping {
    uint64_t start, end, offset;
    uint64_t inode;
    char path[4096]; /* "" = anonymous */
};

/* Calls `visit` for each mapping until it returns true; returns whether it did. */
bool attach_mappings(pid_t pid, bool (*visit)(const struct attach_mapping *, void *),
                     void *closure);

/* The value of a field of /proc/PID/status, after its colon and blanks; false: there is none. */
bool attach_status(pid_t pid, const char *field, char *value, size_t size);

/* What the process calls itself, which may be any bytes, made printable. False: there is none. */
bool attach_name(pid_t, char *name, size_t size);

#endif
