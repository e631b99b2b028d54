#include "analyzer/run_traces.h"
#include "analyzer/trace.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool run_traces_can_write(const char *output, char *problem, size_t problem_size)
{
    struct stat status;
    char folder[PATH_MAX];
    if (strlen(output) >= sizeof folder - 32) {
        snprintf(problem, problem_size, "the trace's name is too long");
        return false;
    }
    snprintf(folder, sizeof folder, "%s", output);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    else
        snprintf(folder, sizeof folder, ".");
    if (stat(output, &status) == 0 && !S_ISREG(status.st_mode))
        errno = S_ISDIR(status.st_mode) ? EISDIR : EEXIST; /* /dev/null must not be replaced */
    else if (!*output)
        errno = ENOENT;
    else if (access(folder, W_OK | X_OK) == 0)
        return true;
    snprintf(problem, problem_size, "%s: the trace can't be written there: %s",
             slash || errno == EISDIR || errno == EEXIST ? output : "the current directory",
             errno == EEXIST ? "not a regular file" : strerror(errno));
    return false;
}

void run_traces_show_live(const struct run_image *image, const char *output)
{
    char target[64], temporary[PATH_MAX];
    snprintf(target, sizeof target, "/proc/%d/fd/%d", (int)getpid(), image->trace);
    snprintf(temporary, sizeof temporary, "%s.%d.live", output, (int)getpid());
    if (symlink(target, temporary) != 0 || rename(temporary, output) != 0)
        unlink(temporary);
}

/* The last image of each process is its end; earlier ones went on as another program. */
static bool is_last_image(const struct run_server *server, size_t index)
{
    for (size_t i = index + 1; i < server->image_count; i++)
        if (server->images[i].pid == server->images[index].pid)
            return false;
    return true;
}

static uint64_t since(uint64_t start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return ns > start ? ns - start : 0;
}

/* What only the parent of a process knows: how it ended. */
static void note_end(struct trace *trace, const struct run_outcome *outcome, pid_t pid, bool last)
{
    bool is_main = pid == outcome->main;
    struct residue_header *header = &trace->header;
    if (!last) {
        header->state = RESIDUE_STATE_REPLACED;
    } else if (is_main) {
        int status = outcome->wait_status;
        header->state = RESIDUE_STATE_ENDED;
        header->exit_kind = WIFSIGNALED(status) ? RESIDUE_EXIT_SIGNALED : RESIDUE_EXIT_EXITED;
        header->exit_status =
            (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        if (!header->end_ns)
            header->end_ns = since(header->start_mono_ns);
    } else if (header->state == RESIDUE_STATE_RUNNING && kill(pid, 0) != 0 && errno == ESRCH) {
        header->state = RESIDUE_STATE_ENDED; /* killed, or gone without a word */
    }
}

/* A process that did nothing but become another program is not worth a file. */
static bool worth_writing(const struct trace *trace, const struct run_image *image, bool last)
{
    return (image->how == 0 && last) || trace->path_count ||
           (trace->survivor_count && image->how == 0);
}

static void name_file(char *name, size_t size, const struct run_server *server, size_t index,
                      const struct run_outcome *outcome)
{
    const struct run_image *image = &server->images[index];
    if (image->pid == outcome->main && is_last_image(server, index)) {
        snprintf(name, size, "%s", outcome->output);
        return;
    }
    unsigned number = 1;
    for (size_t i = 0; i < index; i++)
        number += server->images[i].pid == image->pid;
    if (number == 1)
        snprintf(name, size, "%s.%d", outcome->output, (int)image->pid);
    else
        snprintf(name, size, "%s.%d.%u", outcome->output, (int)image->pid, number);
}

static void write_one(struct run_server *server, size_t index, struct run_outcome *outcome)
{
    struct run_image *image = &server->images[index];
    char name[PATH_MAX + 32], problem[PATH_MAX + 256];
    bool last = is_last_image(server, index), is_main = image->pid == outcome->main;
    name_file(name, sizeof name, server, index, outcome);
    struct trace *trace = trace_open_fd(image->trace, name, problem, sizeof problem);
    if (!trace) {
        fprintf(stderr, "residue: %s\n", problem);
        return;
    }
    note_end(trace, outcome, image->pid, last);
    if ((is_main && last) || worth_writing(trace, image, last)) {
        if (!trace_write_compact(trace, name, problem, sizeof problem))
            fprintf(stderr, "residue: %s\n", problem);
        else if (is_main && last)
            outcome->main_written = true;
        else
            outcome->others++;
    }
    trace_close(trace);
}

static void finish_one(struct run_server *server, size_t index, struct run_outcome *outcome)
{
    if (server->images[index].trace < 0)
        return;
    write_one(server, index, outcome);
    close(server->images[index].trace);
    server->images[index].trace = -1;
    server->open_count--;
}

void run_traces_write_ended(struct run_server *server, struct run_outcome *outcome)
{
    for (size_t i = 0; i < server->image_count; i++) {
        if (server->images[i].trace < 0)
            continue;
        pid_t pid = server->images[i].pid;
        bool gone = pid != outcome->main && kill(pid, 0) != 0 && errno == ESRCH;
        if (gone || !is_last_image(server, i))
            finish_one(server, i, outcome);
    }
}

void run_traces_write(struct run_server *server, struct run_outcome *outcome)
{
    bool seen = false;
    for (size_t i = 0; i < server->image_count; i++) {
        seen = seen || server->images[i].pid == outcome->main;
        finish_one(server, i, outcome);
    }
    struct stat status;
    if (!outcome->main_written && lstat(outcome->output, &status) == 0 && S_ISLNK(status.st_mode))
        unlink(outcome->output); /* it led to the mapping, which goes with us */
    if (!seen)
        fprintf(stderr, "residue: the program never met the shim: nothing was recorded\n");
}
