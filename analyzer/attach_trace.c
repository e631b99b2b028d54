#include "analyzer/attach_trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

long attach_trace(int request, pid_t tid, uintptr_t address, uintptr_t data)
{
    return ptrace((enum __ptrace_request)request, tid, address, data);
}

bool attach_trace_ask(pid_t tid, uintptr_t options)
{
    return attach_trace(PTRACE_SEIZE, tid, 0, options) == 0 &&
           attach_trace(PTRACE_INTERRUPT, tid, 0, 0) == 0;
}

void attach_trace_nap(long microseconds)
{
    struct timespec time = {0, microseconds * 1000};
    nanosleep(&time, NULL);
}

bool attach_trace_asked(int status)
{
    return status >> 16 == PTRACE_EVENT_STOP;
}

bool attach_trace_wait(pid_t tid, int *status, int go_on, int patience)
{
    for (int64_t waited = 0;; waited++) {
        pid_t got = waitpid(tid, status, __WALL | (patience < 0 ? 0 : WNOHANG));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got > 0 && !WIFSTOPPED(*status)))
            return false;
        if (got == 0) {
            if (waited >= patience * 10) {
                *status = 0;
                return true;
            }
            attach_trace_nap(100);
            continue;
        }
        if (attach_trace_asked(*status) || WSTOPSIG(*status) == (SIGTRAP | 0x80))
            return true;
        attach_trace(go_on, tid, 0, (uintptr_t)WSTOPSIG(*status));
    }
}

/* One that knows no restart says EINTR, though nothing happened to the thread. The kernel begins it
 * again, unless it has a handler to call. (What close does, can't be done twice.) */
void attach_trace_forgive(struct user_regs_struct *regs)
{
    enum { RESTART_IF_NO_HANDLER = -514 };
    if ((long)regs->rax == -EINTR && (long)regs->orig_rax >= 0 && regs->orig_rax != SYS_close)
        regs->rax = (unsigned long long)RESTART_IF_NO_HANDLER;
}

void attach_trace_let_go(pid_t tid)
{
    struct user_regs_struct regs;
    if (attach_trace(PTRACE_GETREGS, tid, 0, (uintptr_t)&regs) == 0) {
        unsigned long long was = regs.rax;
        attach_trace_forgive(&regs);
        if (regs.rax != was)
            attach_trace(PTRACE_SETREGS, tid, 0, (uintptr_t)&regs);
    }
    attach_trace(PTRACE_DETACH, tid, 0, 0);
}
