/* A thread of a running process is borrowed for a function call. */
#ifndef ANALYZER_ATTACH_CALL_H
#define ANALYZER_ATTACH_CALL_H

#include "analyzer/attach_process.h"

struct attach_call;

/* Stops a thread that is at a safe place (attach_place.h), and leaves all others running. Threads
 * that are not are let run on, and looked at again for some seconds. NULL, with one line in
 * `problem` that goes on after the process's name. */
struct attach_call *attach_call_open(const struct attach_process *, char *problem,
                                     size_t problem_size);

/* Room for what is handed to functions, on the thread's stack; as it was filled from `from`. */
uint64_t attach_call_put(struct attach_call *, const void *from, size_t size);

/* Calls the function and waits for its end, however long it takes. Its result is lost. False: the
 * process has ended. */
bool attach_call_make(struct attach_call *, uint64_t function, uint64_t first, uint64_t second);

/* The thread goes on as if nothing had happened: a system call that was interrupted is begun again.
 * Should the caller die before, the thread does nearly the same by itself. */
void attach_call_close(struct attach_call *);

#endif
