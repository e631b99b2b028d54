#include "analyzer/attach_stop.h"
#include "analyzer/attach_threads.h"
#include "analyzer/attach_trace.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    THREADS_MOST = 1 << 16,
    PATIENCE = 200, /* milliseconds, for all threads together */
    ROUNDS = 100
};

enum state { ASKED, STOPPED, LEFT };

struct stop {
    pid_t pid;
    struct thread {
        pid_t tid;
        enum state state;
    } * threads;
    size_t count;
    int patience;
};

static bool is_known(const struct stop *stop, pid_t tid)
{
    for (size_t i = 0; i < stop->count; i++)
        if (stop->threads[i].tid == tid)
            return true;
    return false;
}

/* Those that were not asked yet. One in the midst of handing over bytes would find that they were
 * fewer than it had; as long as it is, it reads no slot. */
static size_t those_to_ask(const struct stop *stop, pid_t *tids)
{
    size_t found = attach_thread_ids(stop->pid, tids, THREADS_MOST), count = 0;
    for (size_t i = 0; i < found; i++)
        if (!is_known(stop, tids[i]) && !attach_is_transferring(stop->pid, tids[i]))
            tids[count++] = tids[i];
    return count;
}

/* False: there are none. */
static bool ask_all(struct stop *stop, pid_t *tids)
{
    size_t count = those_to_ask(stop, tids), before = stop->count;
    for (size_t i = 0; i < count && stop->count < THREADS_MOST; i++)
        stop->threads[stop->count++] =
            (struct thread){tids[i], attach_trace_ask(tids[i], 0) ? ASKED : LEFT};
    return stop->count > before;
}

static void wait_for(struct stop *stop, struct thread *thread)
{
    enum { STEP = 10 };
    int status = 0;
    while (thread->state == ASKED) {
        if (!attach_trace_wait(thread->tid, &status, PTRACE_CONT, stop->patience > 0 ? STEP : 0))
            thread->state = LEFT; /* gone */
        else if (status)
            thread->state = STOPPED;
        else if (stop->patience <= 0 || attach_is_deep(stop->pid, thread->tid))
            return; /* in the kernel: it stops before it runs again */
        else
            stop->patience -= STEP;
    }
}

/* A thread that was not stopped yet may have begun another. */
static void stop_all(struct stop *stop, pid_t *tids)
{
    for (int round = 0; round < ROUNDS && ask_all(stop, tids); round++)
        for (size_t i = 0; i < stop->count; i++)
            wait_for(stop, &stop->threads[i]);
}

static void let_all_go(struct stop *stop)
{
    stop->patience = 0;
    for (size_t i = 0; i < stop->count; i++) {
        wait_for(stop, &stop->threads[i]); /* one that was late */
        if (stop->threads[i].state == STOPPED)
            attach_trace_let_go(stop->threads[i].tid);
    }
}

static size_t work_stopped(pid_t pid, size_t (*work)(void *), void *closure)
{
    struct stop stop = {.pid = pid, .patience = PATIENCE};
    stop.threads = calloc(THREADS_MOST, sizeof *stop.threads);
    pid_t *tids = calloc(THREADS_MOST, sizeof *tids);
    if (stop.threads && tids)
        stop_all(&stop, tids);
    size_t result = work(closure);
    let_all_go(&stop);
    free(stop.threads);
    free(tids);
    return result;
}

size_t attach_stopped(pid_t pid, size_t (*work)(void *), void *closure)
{
    size_t result = 0;
    int answer[2];
    if (pipe2(answer, O_CLOEXEC) != 0)
        return work(closure);
    pid_t tracer = fork();
    if (tracer == 0) {
        result = work_stopped(pid, work, closure);
        _exit(write(answer[1], &result, sizeof result) != sizeof result);
    }
    close(answer[1]);
    bool done = tracer > 0 && read(answer[0], &result, sizeof result) == sizeof result;
    close(answer[0]);
    if (tracer > 0)
        waitpid(tracer, NULL, 0);
    return done ? result : work(closure);
}
