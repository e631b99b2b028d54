/* The threads of a process, as /proc tells of them: which may be stopped with the least unease. */
#ifndef ANALYZER_ATTACH_THREADS_H
#define ANALYZER_ATTACH_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct attach_thread {
    pid_t tid;
    int unease; /* 0 = none */
};

/* Lists at most `most`, in no order. Returns how many. */
size_t attach_thread_ids(pid_t pid, pid_t *tids, size_t most);

/* Lists at most `most`: those first that run, or wait in a system call that goes on without
 * noticing. Returns how many. */
size_t attach_threads(pid_t pid, struct attach_thread *, size_t most);

/* A thread that /proc still tells the process's memory and files of, by /proc/TID: the first,
 * unless that one has ended (pthread_exit in main). `pid` where all have. */
pid_t attach_living_thread(pid_t pid);

/* The path of that, in /proc: "mem", "root/usr". Cut off where there is no room. */
void attach_proc_path(char *path, size_t size, pid_t pid, const char *what);

/* Whether the thread would stop, and is nobody else's. */
bool attach_can_stop(pid_t pid, pid_t tid);

/* Whether it waits where nothing interrupts it: for a disk, or for its child of vfork. */
bool attach_is_deep(pid_t pid, pid_t tid);

/* Whether it waits in a system call that says how many bytes it got rid of, or got, and would say
 * so early if it were stopped. */
bool attach_is_transferring(pid_t pid, pid_t tid);

#endif
