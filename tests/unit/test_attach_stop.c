/* A process whose threads stand still for a moment. */
#include "analyzer/attach_stop.h"
#include "analyzer/attach_threads.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNNERS = 3, WAITS = 3 };

/* What the process says of itself. */
static struct {
    volatile uint64_t rounds[RUNNERS], begun, waits, handed_over;
    volatile int interrupted, fewer, full; /* full: nobody takes what is handed over */
} * said;

static void *run(void *which)
{
    for (;;)
        said->rounds[(uintptr_t)which]++;
    return NULL;
}

static void *nothing(void *unused)
{
    return unused;
}

static void *begin_others(void *unused)
{
    for (;; said->begun++) {
        pthread_t other;
        if (pthread_create(&other, NULL, nothing, NULL) == 0)
            pthread_join(other, NULL);
    }
    return unused;
}

static void *wait_for_things(void *unused)
{
    int events = epoll_create1(0);
    sigset_t none;
    sigemptyset(&none);
    sigaddset(&none, SIGUSR2);
    for (;; said->waits++) {
        struct epoll_event event;
        struct timespec time = {0, 3000000};
        said->interrupted |= epoll_wait(events, &event, 1, 3) != 0 || poll(NULL, 0, 3) != 0 ||
                             nanosleep(&time, NULL) != 0 ||
                             sigtimedwait(&none, NULL, &time) != -1 || errno != EAGAIN;
    }
    return unused;
}

/* More than there is room for, to one who takes nothing for a while. */
enum { MORE = 1 << 18, LESS = 1 << 12 };

static void *hand_over(void *pipe)
{
    static char bytes[MORE];
    for (;; said->handed_over++)
        said->fewer |= write(((int *)pipe)[1], bytes, MORE) != MORE;
    return NULL;
}

static void *take(void *pipe)
{
    static char bytes[LESS];
    do
        while (said->full)
            usleep(500);
    while (read(((int *)pipe)[0], bytes, LESS) > 0);
    return NULL;
}

static pid_t begin(void)
{
    said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)said, MAP_FAILED);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_t thread;
    for (uintptr_t i = 1; i < RUNNERS; i++)
        pthread_create(&thread, NULL, run, (void *)i);
    pthread_create(&thread, NULL, begin_others, NULL);
    pthread_create(&thread, NULL, wait_for_things, NULL);
    int ends[2];
    if (pipe(ends) != 0)
        _exit(1);
    pthread_create(&thread, NULL, hand_over, ends);
    pthread_create(&thread, NULL, take, ends);
    run(NULL);
    _exit(1);
}

static bool all_have_begun(void)
{
    for (int i = 0; i < RUNNERS; i++)
        if (!said->rounds[i])
            return false;
    return said->begun && said->waits && said->handed_over;
}

static void nap(long milliseconds)
{
    struct timespec time = {0, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

static void wait_until_begun(void)
{
    for (int i = 0; i < 2000 && !all_have_begun(); i++)
        nap(10);
    cr_assert(all_have_begun());
}

/* (One that runs again only to find no more room could be stopped there.) */
static void wait_until_full(pid_t pid)
{
    enum { MOST = 64, ROUNDS = 20 };
    pid_t tids[MOST];
    int waiting = 0;
    said->full = 1;
    for (int i = 0; i < 2000 && waiting < ROUNDS; i++) {
        size_t count = attach_thread_ids(pid, tids, MOST), transferring = 0;
        for (size_t k = 0; k < count; k++)
            transferring += attach_is_transferring(pid, tids[k]);
        waiting = transferring == 1 ? waiting + 1 : 0;
        nap(1);
    }
    cr_assert_eq(waiting, ROUNDS);
}

/* How many of its threads get on within 20 ms. */
static size_t how_many_run(void *unused)
{
    uint64_t before[RUNNERS], begun = said->begun, waits = said->waits;
    size_t running = 0;
    (void)unused;
    for (int i = 0; i < RUNNERS; i++)
        before[i] = said->rounds[i];
    nap(20);
    for (int i = 0; i < RUNNERS; i++)
        running += said->rounds[i] != before[i];
    return running + (said->begun != begun) + (said->waits != waits);
}

Test(attach_stop, nobody_runs_meanwhile_and_all_run_on)
{
    pid_t pid = begin();
    wait_until_begun();
    for (int i = 0; i < 20; i++) {
        wait_until_full(pid);
        cr_assert_eq(attach_stopped(pid, how_many_run, NULL), 0, "round %d", i);
        uint64_t waits = said->waits, handed_over = said->handed_over;
        said->full = 0;
        for (int tries = 0;
             tries < 2000 && (said->waits < waits + WAITS || said->handed_over < handed_over + 1);
             tries++)
            nap(10);
        cr_assert(said->waits >= waits + WAITS && said->handed_over > handed_over);
    }
    cr_assert_not(said->interrupted);
    cr_assert_not(said->fewer, "bytes were handed over in parts");
    for (int tries = 0; tries < 200 && how_many_run(NULL) < RUNNERS + 2; tries++)
        ;
    cr_assert_eq(kill(pid, 0), 0);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The one who stops them, not the one who asked. */
static size_t dies(void *asked)
{
    if (getpid() != *(pid_t *)asked)
        kill(getpid(), SIGKILL);
    return how_many_run(NULL) > 0 ? 7 : 0;
}

Test(attach_stop, they_run_on_when_their_tracer_is_killed)
{
    pid_t pid = begin(), self = getpid();
    wait_until_begun();
    cr_assert_eq(attach_stopped(pid, dies, &self), 7);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static size_t in_whom(void *caller)
{
    return getpid() == *(pid_t *)caller;
}

Test(attach_stop, a_process_that_is_gone)
{
    pid_t pid = fork(), self = getpid();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    cr_assert_eq(attach_stopped(pid, in_whom, &self), 0);
}
