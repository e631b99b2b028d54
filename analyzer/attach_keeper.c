#include "analyzer/attach_keeper.h"
#include "analyzer/attach_detach.h"
#include "analyzer/attach_load.h"
#include "analyzer/attach_threads.h"
#include "analyzer/run_keeper_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct image { /* beside the server's image of the same index */
    int memory;
};

struct attachment {
    struct keeper keeper;
    const struct attach_start *start;
    struct attach_process process;
    struct run_server server;
    char copy[300];   /* of the shim, where the process can see it; "" = none */
    uint64_t address; /* of the shim's residue_attachment */
    struct image *images;
    size_t image_count;
    bool over;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- the shim's file ---- */

static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    struct stat status;
    bool done = out >= 0 && fstat(in, &status) == 0 && fchmod(out, 0644) == 0;
    for (off_t left = done ? status.st_size : 0; done && left > 0;) {
        ssize_t sent = sendfile(out, in, NULL, (size_t)left);
        done = sent > 0;
        left -= sent;
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return done;
}

/* Another user may not reach our folders, and in another root there are none. */
static bool place_shim(struct attachment *attachment, char *path, size_t size)
{
    const struct attach_process *process = &attachment->process;
    const struct run_server *server = &attachment->server;
    snprintf(path, size, "%s", attachment->start->shim);
    if (process->root < 0 && process->uid == geteuid())
        return true;
    snprintf(attachment->copy, sizeof attachment->copy, "%s/" RESIDUE_SHIM_FILE, server->directory);
    snprintf(path, size, "%s", attachment->copy + strlen(server->root));
    return copy_file(attachment->start->shim, attachment->copy);
}

static void remove_copy(struct attachment *attachment)
{
    if (*attachment->copy)
        unlink(attachment->copy);
    *attachment->copy = 0;
}

/* ---- beginning ---- */

/* The memory is gone with the program that the image is of, so that nothing is ever written into
 * another one. */
static void open_images(struct attachment *attachment)
{
    struct run_server *server = &attachment->server;
    struct image *grown = realloc(attachment->images, (server->image_count + 1) * sizeof *grown);
    if (!grown)
        return;
    attachment->images = grown;
    for (; attachment->image_count < server->image_count; attachment->image_count++) {
        char path[64];
        attach_proc_path(path, sizeof path, server->images[attachment->image_count].pid, "mem");
        int fd = open(path, O_RDWR | O_CLOEXEC);
        int high = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 500);
        if (high >= 0)
            close(fd);
        grown[attachment->image_count].memory = high >= 0 ? high : fd;
    }
}

static void serve(struct attachment *attachment)
{
    keeper_serve(&attachment->keeper);
    open_images(attachment);
}

/* Traced threads are let go when their tracer ends, so a process of its own does that. */
static _Noreturn void load(const struct attachment *attachment, const char *shim, int answer)
{
    char problem[400] = "";
    const struct run_server *server = &attachment->server;
    bool done = attach_load(&attachment->process, shim, server->socket + strlen(server->root),
                            problem, sizeof problem);
    if (write(answer, done ? "" : problem, done ? 1 : strlen(problem) + 1) < 0)
        _exit(1);
    _exit(0);
}

/* Serves the process while it is made to begin. False: `problem` says why it did not. */
static bool wait_for_load(struct attachment *attachment, int answer, char *problem, size_t size)
{
    ssize_t got = -1;
    while (got < 0) {
        struct pollfd wait[2] = {{.fd = attachment->server.listener, .events = POLLIN},
                                 {.fd = answer, .events = POLLIN}};
        poll(wait, 2, -1);
        serve(attachment);
        if (wait[1].revents)
            got = read(answer, problem, size - 1);
    }
    problem[got] = 0;
    return got == 1 && !*problem;
}

static bool begin(struct attachment *attachment, char *problem, size_t size)
{
    char shim[PATH_MAX];
    int answer[2];
    if (!place_shim(attachment, shim, sizeof shim)) {
        snprintf(problem, size, "can't be given the shim: %s", strerror(errno));
        return false;
    }
    if (pipe2(answer, O_CLOEXEC) != 0) {
        snprintf(problem, size, "can't be attached to: %s", strerror(errno));
        return false;
    }
    pid_t tracer = fork();
    if (tracer == 0)
        load(attachment, shim, answer[1]);
    close(answer[1]);
    snprintf(problem, size, "can't be attached to: %s", strerror(errno));
    bool done = tracer > 0 && wait_for_load(attachment, answer[0], problem, size);
    close(answer[0]);
    if (tracer > 0)
        waitpid(tracer, NULL, 0);
    remove_copy(attachment);
    struct residue_attachment data;
    if (!done && !*problem)
        snprintf(problem, size, "can't be attached to: the tracer was killed");
    if (done && !attach_find(&attachment->process, &data, &attachment->address)) {
        snprintf(problem, size, "has ended");
        done = false;
    }
    return done;
}

/* ---- while it lasts ---- */

/* What a process that went on as another program left behind is a trace all the same. */
static bool look_for_exec(struct attachment *attachment, size_t index)
{
    char byte;
    struct run_image *image = &attachment->server.images[index];
    if (pread(attachment->images[index].memory, &byte, 1, (off_t)attachment->address) == 1)
        return false;
    image->replaced = image->replaced || !run_image_over(image);
    return true;
}

static struct run_image *main_image(struct attachment *attachment, size_t *index)
{
    for (*index = 0; *index < attachment->server.image_count; ++*index)
        if (attachment->server.images[*index].pid == attachment->process.pid)
            return &attachment->server.images[*index];
    return NULL;
}

static void hear(struct attachment *attachment)
{
    struct run_message message;
    if (!run_message_get(attachment->keeper.channel, &message)) {
        close(attachment->keeper.channel);
        attachment->keeper.channel = -1;
        attachment->over = true; /* whoever attached was killed */
    } else if (message.word == RUN_SIGNAL) {
        attachment->over = true;
    }
}

static void attend(struct attachment *attachment)
{
    enum { LOOK = 1000 }; /* milliseconds between looks for an exec */
    uint64_t lasts = attachment->start->milliseconds, end = now_ms() + lasts;
    size_t index;
    struct run_image *image = main_image(attachment, &index);
    if (image)
        run_traces_show_live(&attachment->server, index, &attachment->keeper.outcome);
    while (image && !attachment->over) {
        uint64_t now = now_ms(), left = lasts ? end > now ? end - now : 0 : LOOK;
        struct pollfd wait[3] = {{.fd = attachment->server.listener, .events = POLLIN},
                                 {.fd = image->process, .events = POLLIN},
                                 {.fd = attachment->keeper.channel, .events = POLLIN}};
        poll(wait, 3, left < LOOK ? (int)left : LOOK);
        serve(attachment);
        image = &attachment->server.images[index];
        if (wait[2].revents)
            hear(attachment);
        if (run_image_over(image) || look_for_exec(attachment, index) || (lasts && now_ms() >= end))
            attachment->over = true;
    }
}

/* ---- the end ---- */

/* A child that was forked just now may not have been heard of. */
static void detach_all(struct attachment *attachment)
{
    enum { LATE = 20 }; /* milliseconds */
    size_t done = 0, left = 0;
    do {
        for (; done < attachment->image_count; done++) {
            if (attachment->images[done].memory < 0 || attachment->server.images[done].trace < 0)
                continue;
            look_for_exec(attachment, done);
            left += attach_detach(attachment->server.images[done].pid,
                                  attachment->images[done].memory, attachment->address);
        }
        struct pollfd wait = {.fd = attachment->server.listener, .events = POLLIN};
        poll(&wait, 1, LATE);
        serve(attachment);
    } while (done < attachment->image_count);
    char line[200];
    snprintf(line, sizeof line,
             "%zu slots could not be written back: calls through them take a little longer", left);
    if (left)
        keeper_say(&attachment->keeper, line);
}

/* The traces of processes that run on, too. */
static void write_all(struct attachment *attachment)
{
    struct run_outcome *outcome = &attachment->keeper.outcome;
    outcome->ended = true;
    run_traces_write_all(&attachment->server, outcome);
    keeper_tell(&attachment->keeper, RUN_ENDED, 0, "");
    keeper_tell(&attachment->keeper, RUN_WRITTEN, outcome->main_written, "");
}

_Noreturn void attach_keeper(const struct attach_start *start, int channel)
{
    static struct attachment attachment;
    struct attach_process *process = &attachment.process;
    char problem[400], line[600];
    struct keeper *keeper = &attachment.keeper;
    attachment.start = start;
    attachment.server.listener = attachment.server.plan = attachment.server.spare = -1;
    keeper->server = &attachment.server;
    keeper->channel = channel;
    keeper->many = 64;
    keeper->outcome.attached = true;
    keeper->outcome.main = start->pid;
    keeper->outcome.say = keeper_say;
    keeper->outcome.closure = keeper;
    keeper_withdraw(keeper);
    bool there = attach_process_open(process, start->pid, line, sizeof line);
    struct run_elsewhere where = {process->root, process->uid, process->gid};
    if (!there || !run_server_open_elsewhere(&attachment.server, &where, start->plan,
                                             start->plan_size, line, sizeof line)) {
        keeper_say(keeper, line);
    } else if (!begin(&attachment, problem, sizeof problem)) {
        snprintf(line, sizeof line, "process %d (%s) %s", (int)process->pid, process->name,
                 problem);
        keeper_say(keeper, line);
    } else {
        keeper_name_output(keeper, process->program, start->output);
        keeper_tell(keeper, RUN_STARTED, process->pid, keeper->output);
        snprintf(line, sizeof line, "recording process %d (%s); Ctrl-C ends that",
                 (int)process->pid, process->name);
        if (!start->quiet)
            keeper_say(keeper, line);
        attend(&attachment);
        detach_all(&attachment);
        write_all(&attachment);
    }
    run_server_close(&attachment.server);
    _exit(0);
}
