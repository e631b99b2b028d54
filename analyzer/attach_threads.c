#include "analyzer/attach_threads.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static char state_of(pid_t pid, pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[got] = 0;
    const char *state = strrchr(text, ')');
    return state && state[1] ? state[2] : 0;
}

/* 'D': it would not stop. 't': somebody else's. */
bool attach_can_stop(pid_t pid, pid_t tid)
{
    char state = state_of(pid, tid);
    return state == 'R' || state == 'S';
}

static bool has_ended(pid_t pid, pid_t tid)
{
    char state = state_of(pid, tid);
    return !state || state == 'Z' || state == 'X';
}

bool attach_is_deep(pid_t pid, pid_t tid)
{
    return state_of(pid, tid) == 'D';
}

/* The system call that a thread waits in; -1 = in none. */
static long system_call(pid_t pid, pid_t tid, unsigned long arguments[4])
{
    char path[64], text[256] = "", *at = text;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file && !fgets(text, sizeof text, file))
        *text = 0;
    if (file)
        fclose(file);
    if (*text == 'r' || !*text)
        return -1;
    long number = strtol(text, &at, 10);
    for (int i = 0; i < 4; i++)
        arguments[i] = strtoul(at, &at, 16);
    return number;
}

bool attach_is_transferring(pid_t pid, pid_t tid)
{
    unsigned long arguments[4];
    switch (system_call(pid, tid, arguments)) {
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_vmsplice:
        return true;
    case SYS_recvfrom:
        return arguments[3] & MSG_WAITALL;
    case SYS_recvmsg:
        return arguments[2] & MSG_WAITALL;
    default:
        return false;
    }
}

static int unease(pid_t pid, pid_t tid)
{
    unsigned long arguments[4];
    long number = system_call(pid, tid, arguments);
    return number < 0                                            ? 0
           : number == SYS_futex || number == SYS_read           ? 1
           : number == SYS_poll || number == SYS_clock_nanosleep ? 2
                                                                 : 3;
}

static int by_unease(const void *a, const void *b)
{
    const struct attach_thread *one = a, *other = b;
    return one->unease - other->unease;
}

size_t attach_thread_ids(pid_t pid, pid_t *tids, size_t most)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    size_t count = 0;
    for (struct dirent *entry; folder && count < most && (entry = readdir(folder));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid > 0)
            tids[count++] = tid;
    }
    if (folder)
        closedir(folder);
    return count;
}

pid_t attach_living_thread(pid_t pid)
{
    enum { LOOKED_AT = 1024 };
    pid_t tids[LOOKED_AT];
    if (!has_ended(pid, pid))
        return pid;
    size_t count = attach_thread_ids(pid, tids, LOOKED_AT);
    for (size_t i = 0; i < count; i++)
        if (!has_ended(pid, tids[i]))
            return tids[i];
    return pid;
}

void attach_proc_path(char *path, size_t size, pid_t pid, const char *what)
{
    snprintf(path, size, "/proc/%d/%s", (int)attach_living_thread(pid), what);
}

size_t attach_threads(pid_t pid, struct attach_thread *threads, size_t most)
{
    pid_t *tids = calloc(most, sizeof *tids);
    size_t count = tids ? attach_thread_ids(pid, tids, most) : 0;
    for (size_t i = 0; i < count; i++)
        threads[i] = (struct attach_thread){tids[i], unease(pid, tids[i])};
    free(tids);
    qsort(threads, count, sizeof *threads, by_unease);
    return count;
}
