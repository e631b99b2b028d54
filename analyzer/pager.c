#include "analyzer/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t process;
    int output; /* standard output as it was */
    struct sigaction interrupt, quit;
} pager;

static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];
    for (path = path ? path : "/usr/bin:/bin"; *path; path += *path == ':') {
        int length = (int)strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", length, path, program);
        if (length && access(file, X_OK) == 0)
            return true;
        path += length;
    }
    return false;
}

/* NULL: none. */
static const char *chosen(void)
{
    const char *command = getenv("RESIDUE_PAGER");
    if (!command)
        command = getenv("PAGER");
    if (!command)
        command = is_installed("less") ? "less" : "";
    return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

static _Noreturn void become(const char *command, int input)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    setenv("LESS", "FRX", 0);
    setenv("LV", "-c", 0);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

bool pager_begin(void)
{
    const char *command = chosen();
    int ends[2];
    if (!command || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(stdout);
    pager.output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    pager.process = pager.output < 0 ? -1 : fork();
    if (pager.process == 0)
        become(command, ends[0]);
    if (pager.process > 0) {
        const struct sigaction ignored = {.sa_handler = SIG_IGN};
        sigaction(SIGINT, &ignored, &pager.interrupt);
        sigaction(SIGQUIT, &ignored, &pager.quit);
        dup2(ends[1], STDOUT_FILENO);
    } else if (pager.output >= 0) {
        close(pager.output);
    }
    close(ends[0]);
    close(ends[1]);
    return pager.process > 0;
}

bool pager_end(void)
{
    int status = 0;
    dup2(pager.output, STDOUT_FILENO); /* the pipe's last end: the pager sees that it is all */
    close(pager.output);
    while (waitpid(pager.process, &status, 0) < 0 && errno == EINTR)
        ;
    sigaction(SIGINT, &pager.interrupt, NULL);
    sigaction(SIGQUIT, &pager.quit, NULL);
    return !WIFEXITED(status) || WEXITSTATUS(status) < 126;
}
