/* Calls that open descriptors, streams and directories, and what they do with them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Leaves one end of each pipe. */
void opener_pipe(void);
void opener_pipe(void)
{
    int ends[2];
    if (pipe(ends))
        abort();
    close(ends[0]);
}

/* Leaves nothing, in many ways. */
void opener_tidy(void);
void opener_tidy(void)
{
    int ends[2], file = open("/dev/null", O_RDONLY);
    close(fcntl(file, F_DUPFD, 50));
    close(fcntl(file, F_DUPFD_CLOEXEC, 50));
    close(dup2(file, 60));
    close(dup(file));
    fclose(fdopen(file, "r"));
    closedir(opendir("/"));
    closedir(fdopendir(openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY)));
    fclose(freopen("/dev/zero", "r", fopen("/dev/null", "r")));
    pclose(popen(":", "r"));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        abort();
    close(ends[0]);
    close(ends[1]);
    close(eventfd(0, 0));
    close(epoll_create1(0));
    close(memfd_create("x", 0));
    if (open("/no/such/file", O_RDONLY) >= 0 || fopen("/no/such/file", "r"))
        abort();
    close(-1);
}

/* A stream and a directory. */
void opener_stream(void);
void opener_stream(void)
{
    if (!fdopen(open("/dev/null", O_RDONLY), "r") || !opendir("/"))
        abort();
}

/* Opens one that a child closes for itself alone, which opens two, at numbers of their own. */
void opener_child(int with_vfork);
void opener_child(int with_vfork)
{
    int file = open("/dev/null", O_RDONLY);
    pid_t child = with_vfork ? vfork() : fork();
    if (!child) {
        close(file);
        _exit(dup2(0, 200 + file) < 0 || dup2(0, 500 + file) < 0);
    }
    waitpid(child, NULL, 0);
}

/* Number 0 too. */
void opener_first(void);
void opener_first(void)
{
    close(0);
    if (open("/dev/null", O_RDONLY) != 0)
        abort();
}
