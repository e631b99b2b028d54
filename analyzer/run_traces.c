#include "analyzer/run_traces.h"
#include "analyzer/beside.h"
#include "analyzer/trace.h"
#include "analyzer/trace_file.h"

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

/* A folder may be writable and take no files for all that, as /proc is; or the disk is full, or the
 * name too long by what is added to it. */
static bool takes_files(const char *output)
{
    char name[PATH_MAX + 64], suffix[24];
    snprintf(suffix, sizeof suffix, ".%d.live", (int)getpid());
    name_beside(name, sizeof name, output, suffix);
    int fd = trace_file_create(name);
    if (fd < 0)
        return false;
    close(fd);
    unlink(name);
    return true;
}

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
    else if (access(folder, W_OK | X_OK) == 0 && takes_files(output))
        return true;
    snprintf(problem, problem_size, "%s: the trace can't be written there: %s",
             slash || errno == EISDIR || errno == EEXIST ? output : "the current directory",
             errno == EEXIST ? "not a regular file" : strerror(errno));
    return false;
}

/* The main process's last image has the name asked for. */
static bool is_main(const struct run_image *image, const struct run_outcome *outcome)
{
    return image->pid == outcome->main && (!image->replaced || outcome->attached);
}

static void name_file(char *name, size_t size, const struct run_image *image,
                      const struct run_outcome *outcome)
{
    if (is_main(image, outcome))
        snprintf(name, size, "%s", outcome->output);
    else if (image->number == 1)
        snprintf(name, size, "%s.%d", outcome->output, (int)image->pid);
    else
        snprintf(name, size, "%s.%d.%u", outcome->output, (int)image->pid, image->number);
}

void run_traces_show_live(const struct run_server *server, size_t index,
                          const struct run_outcome *outcome)
{
    const struct run_image *image = &server->images[index];
    char target[64], name[PATH_MAX + 32], temporary[PATH_MAX + 64], suffix[24];
    name_file(name, sizeof name, image, outcome);
    snprintf(target, sizeof target, "/proc/%d/fd/%d", (int)getpid(), image->trace);
    snprintf(suffix, sizeof suffix, ".%d.live", (int)getpid());
    name_beside(temporary, sizeof temporary, name, suffix);
    if (symlink(target, temporary) != 0 || rename(temporary, name) != 0)
        unlink(temporary);
}

static uint64_t since(uint64_t start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return ns > start ? ns - start : 0;
}

/* What only the parent of a process knows: how it ended. */
static void note_end(struct trace *trace, const struct run_image *image,
                     const struct run_outcome *outcome)
{
    struct residue_header *header = &trace->header;
    if (image->replaced) {
        header->state = RESIDUE_STATE_REPLACED;
    } else if (outcome->attached && !run_image_over(image)) {
        header->end_ns = since(header->start_mono_ns); /* detached from */
    } else if (image->pid == outcome->main && !outcome->attached) {
        int status = outcome->wait_status;
        header->state = RESIDUE_STATE_ENDED;
        header->exit_kind = WIFSIGNALED(status) ? RESIDUE_EXIT_SIGNALED : RESIDUE_EXIT_EXITED;
        header->exit_status =
            (uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        if (!header->end_ns)
            header->end_ns = since(header->start_mono_ns);
    } else if (header->state == RESIDUE_STATE_RUNNING) {
        header->state = RESIDUE_STATE_ENDED; /* killed, or gone without a word */
    }
}

/* A process that did nothing but become another program is not worth a file. */
static bool worth_writing(const struct trace *trace, const struct run_image *image)
{
    return (image->how == 0 && !image->replaced) || trace->path_count ||
           (trace->survivor_count && image->how == 0);
}

/* A link to a mapping that goes with us. */
static void remove_link(const char *name)
{
    struct stat status;
    if (lstat(name, &status) == 0 && S_ISLNK(status.st_mode))
        unlink(name);
}

static void write_one(const struct run_image *image, struct run_outcome *outcome)
{
    char name[PATH_MAX + 32], problem[PATH_MAX + 256];
    name_file(name, sizeof name, image, outcome);
    struct trace *trace = trace_open_fd(image->trace, name, problem, sizeof problem);
    bool wanted = !trace || is_main(image, outcome) || worth_writing(trace, image), written = false;
    if (trace && wanted) {
        note_end(trace, image, outcome);
        written = trace_write_compact(trace, name, problem, sizeof problem);
    }
    if (written && is_main(image, outcome))
        outcome->main_written = true;
    else if (written)
        outcome->others++;
    else
        remove_link(name);
    if (wanted && !written)
        outcome->say(outcome->closure, problem);
    trace_close(trace);
}

static void write_those(struct run_server *server, struct run_outcome *outcome, bool all)
{
    for (size_t i = 0; i < server->image_count; i++) {
        struct run_image *image = &server->images[i];
        bool over = is_main(image, outcome) ? outcome->ended : run_image_over(image);
        if (image->trace < 0 || !(over || all))
            continue;
        write_one(image, outcome);
        run_server_drop(server, image);
    }
}

void run_traces_write_ended(struct run_server *server, struct run_outcome *outcome)
{
    write_those(server, outcome, false);
}

void run_traces_write_all(struct run_server *server, struct run_outcome *outcome)
{
    write_those(server, outcome, true);
}
