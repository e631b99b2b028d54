/* ptrace, as much of it as attaching and detaching need: a thread is stopped and goes on as if
 * nothing had happened to it. x86-64. */
#ifndef ANALYZER_ATTACH_TRACE_H
#define ANALYZER_ATTACH_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user_regs_struct;

/* ptrace itself: what it returns, with errno. */
long attach_trace(int request, pid_t tid, uintptr_t address, uintptr_t data);

/* Seizes a thread and asks it to stop; `options` are PTRACE_O_'s. False, with errno: it can't be.
 */
bool attach_trace_ask(pid_t tid, uintptr_t options);

/* Lets the thread run until it stops for us. Signals it gets meanwhile are its own, and it goes on
 * with them by the request `go_on`. `patience`: milliseconds, or -1; `status` is 0 if they are
 * over. False: the thread is gone. */
bool attach_trace_wait(pid_t tid, int *status, int go_on, int patience);

/* Did it stop because it was asked to? */
bool attach_trace_asked(int status);

/* A system call that was interrupted is begun anew when the thread goes on. */
void attach_trace_forgive(struct user_regs_struct *);

/* The stopped thread goes on, untraced. */
void attach_trace_let_go(pid_t tid);

/* A while, for whoever waits for a thread. */
void attach_trace_nap(long microseconds);

#endif
