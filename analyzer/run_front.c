#include "analyzer/run_front.h"
#include "analyzer/progress.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every process under the shim costs the keeper two descriptors, a trace may be large. */
const int run_limits[RUN_LIMITS] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS};

/* All signals but those that tell of a fault of ours. SIGCHLD must not be ignored, or nobody tells
 * how the program ended. */
bool run_front_prepare(struct run_front *front, struct run_inherited *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t ours;
    sigfillset(&ours);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&ours, faults[i]);
    sigprocmask(SIG_BLOCK, &ours, &before->signals);
    const struct sigaction heard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &heard, &before->child);
    for (int i = 0; i < RUN_LIMITS; i++) {
        struct rlimit *limit = &before->limits[i];
        getrlimit((__rlimit_resource_t)run_limits[i], limit);
        struct rlimit more = {limit->rlim_max, limit->rlim_max};
        setrlimit((__rlimit_resource_t)run_limits[i], &more);
    }
    front->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    return front->signals >= 0;
}

/* The terminal's signals go to the program by themselves, and so does what it sends its group. */
static bool handed_on(const struct run_front *front, const struct signalfd_siginfo *info)
{
    switch (info->ssi_signo) {
    case SIGINT:
    case SIGTERM:
    case SIGHUP:
    case SIGQUIT:
        if (front->attached)
            return true;
        return info->ssi_code != SI_KERNEL && (pid_t)info->ssi_pid != front->program;
    case SIGCONT:
        return true;
    case SIGCHLD:
    case SIGPIPE:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return info->ssi_code != SI_KERNEL && (pid_t)info->ssi_pid != front->program;
    }
}

static void hand_on_signals(struct run_front *front)
{
    struct signalfd_siginfo info;
    while (read(front->signals, &info, sizeof info) == sizeof info) {
        struct run_message message = {.word = RUN_SIGNAL, .value = (int)info.ssi_signo};
        if (handed_on(front, &info))
            run_message_put(front->channel, &message);
    }
}

/* The shell waits for us: it must learn that the program was stopped from the terminal. When it
 * continues us, SIGCONT is handed on. A debugger's SIGSTOP is the program's alone. */
static void stop_too(int signal)
{
    if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
        return;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    sigprocmask(SIG_BLOCK, &one, NULL);
}

/* False: there is no more to hear. */
static bool hear(struct run_front *front)
{
    struct run_message message;
    if (!run_message_get(front->channel, &message))
        return false;
    switch (message.word) {
    case RUN_STARTED:
        front->program = message.value;
        snprintf(front->output, sizeof front->output, "%s", message.text);
        if (!front->quiet)
            run_status_begin(&front->status);
        break;
    case RUN_STOPPED:
        run_status_hide(&front->status);
        stop_too(message.value);
        break;
    case RUN_ENDED:
        run_status_end(&front->status);
        front->known = true;
        front->wait_status = message.value;
        progress_begin_on_stderr(); /* the terminal is ours again */
        break;
    case RUN_LINE:
        progress_hide();
        run_status_hide(&front->status);
        fprintf(stderr, "residue: %s\n", message.text);
        break;
    case RUN_WRITTEN:
        front->written = message.value;
        front->others = message.others;
        front->running = message.running;
        waitpid(front->keeper, NULL, 0); /* so that its time counts as ours */
        return false;
    case RUN_SIGNAL:
        break;
    }
    return true;
}

/* The keeper was killed: the program goes on, but how it ends nobody tells us. */
static void wait_unkept(struct run_front *front)
{
    fputs("residue: the keeper of the trace is gone, and the trace with it\n", stderr);
    int process = (int)syscall(SYS_pidfd_open, front->program, 0);
    if (process < 0)
        return;
    struct pollfd ended = {.fd = process, .events = POLLIN};
    while (poll(&ended, 1, -1) < 0 && errno == EINTR)
        ;
    close(process);
}

void run_front_wait(struct run_front *front)
{
    enum { LOOK = 250 }; /* milliseconds between looks at how long the writing takes */
    bool more = true;
    while (more) {
        struct pollfd wait[3] = {
            {.fd = front->channel, .events = POLLIN},
            {.fd = front->signals, .events = POLLIN},
            {.fd = front->status.looker ? front->status.answer : -1, .events = POLLIN}};
        int patience = front->known ? LOOK : run_status_patience(&front->status);
        if (poll(wait, 3, patience) == 0 && front->known)
            progress_at("writing the trace", 0, 0);
        run_status_go_on(&front->status, front->output, front->program);
        if (wait[1].revents)
            hand_on_signals(front);
        if (wait[0].revents)
            more = hear(front);
    }
    progress_hide();
    run_status_end(&front->status);
    if (!front->known && front->program && !front->attached)
        wait_unkept(front);
}

void run_front_finish(struct run_front *front, const struct run_inherited *before)
{
    hand_on_signals(front); /* whatever came too late */
    sigset_t as_before = before->signals;
    sigaddset(&as_before, SIGPIPE);
    sigprocmask(SIG_SETMASK, &as_before, NULL);
    close(front->signals);
    close(front->channel);
}
