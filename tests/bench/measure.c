/*
 * measure FILE COMMAND...: runs COMMAND and writes to FILE what it and all processes it started,
 * helpers in the background too, used:
 *   wall seconds (of COMMAND itself), user seconds, system seconds, peak RSS in KiB (of the largest
 * process), status A small program of its own, because a process inherits its parent's peak RSS.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
    if (!out) {
        fputs("usage: measure FILE COMMAND...\n", stderr);
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to us and into our sum */
    pid_t child;
    double start = now(), wall = 0;
    int error = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (error) {
        fprintf(stderr, "measure: %s can't be started: error %d\n", argv[2], error);
        return 127;
    }
    int status = 0, its_status = 0;
    for (;;) {
        pid_t ended = wait(&status);
        if (ended < 0 && errno == ECHILD)
            break;
        if (ended == child) {
            wall = now() - start; /* what one waits for; helpers may tidy up behind */
            its_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    fprintf(out, "%.6f %.6f %.6f %ld %d\n", wall, seconds(used.ru_utime), seconds(used.ru_stime),
            used.ru_maxrss, its_status);
    return fclose(out) ? 1 : 0;
}
