/*
 * One thread that waits in a system call: NAME waits that way for a while, twice, and says how
 * it ended. Nothing it waits for comes but time, or, where time does not end it, a byte from a
 * child.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static const struct timespec a_while = {0, 600000000};

/* A child writes a byte after a while. */
static void order_byte(void)
{
    if (fork() == 0) {
        nanosleep(&a_while, NULL);
        (void)!write(ends[1], "x", 1);
        _exit(0);
    }
}

static int by_read(void)
{
    char byte;
    order_byte();
    ssize_t got = read(ends[0], &byte, 1);
    int error = errno;
    wait(NULL);
    errno = error;
    return got == 1 ? 0 : -1;
}

static int by_recv_with_timeout(void)
{
    char byte;
    struct timeval time = {0, 600000};
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    return recv(ends[0], &byte, 1, 0) < 0 && errno == EAGAIN ? 0 : -1;
}

static int by_wait(void)
{
    if (fork() == 0) {
        nanosleep(&a_while, NULL);
        _exit(7);
    }
    int status;
    return wait(&status) > 0 && WEXITSTATUS(status) == 7 ? 0 : -1;
}

static int by_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    static int events = -1;
    if (events < 0)
        epoll_ctl(events = epoll_create1(0), EPOLL_CTL_ADD, ends[0], &event);
    return epoll_wait(events, &event, 1, 600);
}

static int by_epoll_for_ever(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int events = epoll_create1(0);
    epoll_ctl(events, EPOLL_CTL_ADD, ends[0], &event);
    order_byte();
    int got = epoll_wait(events, &event, 1, -1), error = errno;
    char byte;
    wait(NULL);
    (void)!read(ends[0], &byte, 1);
    close(events);
    errno = error;
    return got - 1;
}

static int by_poll(void)
{
    struct pollfd one = {.fd = ends[0], .events = POLLIN};
    return poll(&one, 1, 600);
}

static int by_select(void)
{
    struct timeval time = {0, 600000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    return select(ends[0] + 1, &set, NULL, NULL, &time);
}

static int by_nanosleep(void)
{
    struct timespec left;
    return nanosleep(&a_while, &left);
}

static int by_condition(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&lock);
    int error = pthread_cond_timedwait(&condition, &lock, &until);
    pthread_mutex_unlock(&lock);
    return error == ETIMEDOUT ? 0 : -1;
}

static int by_semaphore(void)
{
    sem_t semaphore;
    struct timespec until;
    sem_init(&semaphore, 0, 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return sem_timedwait(&semaphore, &until) < 0 && errno == ETIMEDOUT ? 0 : -1;
}

static int by_old_semaphore(void)
{
    static int set = -1;
    struct sembuf down = {0, -1, 0};
    if (set < 0)
        set = semget(IPC_PRIVATE, 1, 0600);
    int result = semtimedop(set, &down, 1, &a_while) < 0 && errno == EAGAIN ? 0 : -1;
    int error = errno;
    semctl(set, 0, IPC_RMID);
    set = -1;
    errno = error;
    return result;
}

static int by_sigtimedwait(void)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    sigprocmask(SIG_BLOCK, &one, NULL);
    return sigtimedwait(&one, NULL, &a_while) < 0 && errno == EAGAIN ? 0 : -1;
}

/* A signal must be seen: and its handler must run with the mask that sigsuspend set. */
static volatile int handled;
static void handle(int signal)
{
    handled += signal == SIGUSR1;
}

static int by_sigsuspend(void)
{
    const struct sigaction action = {.sa_handler = handle};
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_BLOCK, &block, &before);
    sigdelset(&before, SIGUSR1);
    pid_t us = getpid(), child = fork();
    if (child == 0) {
        nanosleep(&a_while, NULL);
        kill(us, SIGUSR1);
        _exit(0);
    }
    int was = handled, result = sigsuspend(&before);
    int right = result == -1 && errno == EINTR && handled == was + 1, error = errno;
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    waitpid(child, NULL, 0);
    errno = error;
    return right && sigismember(&now, SIGUSR1) ? 0 : -1;
}

static const struct {
    const char *name;
    int (*wait)(void);
} ways[] = {{"read", by_read},
            {"recv", by_recv_with_timeout},
            {"wait", by_wait},
            {"epoll", by_epoll},
            {"epoll-for-ever", by_epoll_for_ever},
            {"poll", by_poll},
            {"select", by_select},
            {"nanosleep", by_nanosleep},
            {"condition", by_condition},
            {"semaphore", by_semaphore},
            {"old-semaphore", by_old_semaphore},
            {"sigtimedwait", by_sigtimedwait},
            {"sigsuspend", by_sigsuspend}};

int main(int argc, char **argv)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || argc < 2)
        return 2;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].name, argv[1]) != 0)
            continue;
        errno = 0;
        for (int times = 0; times < 2; times++) {
            if (ways[i].wait() != 0) {
                printf("%s: ended with %s\n", argv[1], strerror(errno));
                return 1;
            }
        }
        printf("%s: undisturbed\n", argv[1]);
        return 0;
    }
    return 2;
}
