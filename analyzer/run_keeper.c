#include "analyzer/run_keeper.h"
#include "analyzer/run_keeper_parts.h"
#include "analyzer/run_newcomers.h"
#include "analyzer/run_traces.h"

#include <residue/profile.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the channel ---- */

bool run_message_get(int channel, struct run_message *message)
{
    ssize_t got;
    do
        got = recv(channel, message, sizeof *message, 0);
    while (got < 0 && errno == EINTR);
    return got > (ssize_t)offsetof(struct run_message, text);
}

bool run_message_put(int channel, const struct run_message *message)
{
    size_t size = offsetof(struct run_message, text) + strlen(message->text) + 1;
    return send(channel, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

/* ---- the keeper ---- */

void keeper_tell(struct keeper *keeper, enum run_word word, int value, const char *text)
{
    struct run_message message = {.word = word,
                                  .value = value,
                                  .others = keeper->outcome.others,
                                  .running = (unsigned)keeper->server->open_count};
    snprintf(message.text, sizeof message.text, "%s", text);
    if (keeper->channel >= 0)
        run_message_put(keeper->channel, &message);
}

void keeper_say(void *closure, const char *line)
{
    keeper_tell(closure, RUN_LINE, 0, line);
}

static _Noreturn void become(const struct run_start *start, const char *socket)
{
    const char *others = getenv("LD_PRELOAD");
    char *preload = NULL;
    if (asprintf(&preload, "%s%s%s", start->shim, others && *others ? ":" : "",
                 others ? others : "") < 0 ||
        setenv("LD_PRELOAD", preload, 1) != 0 || setenv(RESIDUE_SOCKET_VARIABLE, socket, 1) != 0) {
        fputs("residue run: no memory\n", stderr);
        _exit(126);
    }
    for (int i = 0; i < RUN_LIMITS; i++)
        setrlimit((__rlimit_resource_t)run_limits[i], &start->before.limits[i]);
    sigaction(SIGCHLD, &start->before.child, NULL);
    sigprocmask(SIG_SETMASK, &start->before.signals, NULL);
    execvp(start->program[0], start->program);
    int status = errno == ENOENT ? 127 : 126;
    fprintf(stderr, "residue run: %s: %s\n", start->program[0], strerror(errno));
    _exit(status);
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Somebody may wait for the end of a pipe that was inherited. */
static void close_others(const struct keeper *keeper)
{
    const struct run_server *server = keeper->server;
    int ours[] = {2, keeper->channel, server->listener, server->plan, server->spare, INT_MAX};
    enum { COUNT = sizeof ours / sizeof *ours };
    qsort(ours, COUNT, sizeof *ours, compare_numbers);
    for (unsigned i = 0; i + 1 < COUNT; i++)
        if (ours[i] + 1 < ours[i + 1])
            close_range((unsigned)ours[i] + 1, (unsigned)ours[i + 1] - 1, 0);
}

void keeper_withdraw(struct keeper *keeper)
{
    close_others(keeper);
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    setsid();
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        if (nothing < 0 || dup2(nothing, fd) < 0)
            close(fd);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    keeper->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void keeper_name_output(struct keeper *keeper, const char *program, const char *output)
{
    const char *base = strrchr(program, '/');
    if (output)
        snprintf(keeper->output, sizeof keeper->output, "%s", output);
    else
        snprintf(keeper->output, sizeof keeper->output, "residue.%.200s.%d.trace",
                 base ? base + 1 : program, (int)keeper->outcome.main);
    keeper->outcome.output = keeper->output;
}

void keeper_serve(struct keeper *keeper)
{
    struct run_server *server = keeper->server;
    if (!run_server_serve(server)) {
        size_t before = server->open_count;
        run_traces_write_ended(server, &keeper->outcome);
        if (server->open_count == before)
            run_server_turn_away(server);
    }
    if (server->open_count >= keeper->many) {
        run_traces_write_ended(server, &keeper->outcome);
        if (server->open_count * 2 > keeper->many)
            keeper->many = server->open_count * 2;
    }
}

/* While the program runs, its newest image is the one to be read; afterwards all that go on are. */
static void show(struct keeper *keeper)
{
    const struct run_server *server = keeper->server;
    for (; keeper->shown < server->image_count; keeper->shown++) {
        const struct run_image *image = &server->images[keeper->shown];
        if (image->trace >= 0 && !image->replaced &&
            (keeper->outcome.ended || image->pid == keeper->outcome.main))
            run_traces_show_live(server, keeper->shown, &keeper->outcome);
    }
}

static void look_after_child(struct keeper *keeper)
{
    struct signalfd_siginfo info;
    while (read(keeper->signals, &info, sizeof info) == sizeof info)
        ;
    int status;
    while (!keeper->outcome.ended &&
           waitpid(keeper->outcome.main, &status, WNOHANG | WUNTRACED | WCONTINUED) ==
               keeper->outcome.main) {
        keeper->stopped = WIFSTOPPED(status);
        if (WIFSTOPPED(status)) {
            keeper_tell(keeper, RUN_STOPPED, WSTOPSIG(status), "");
        } else if (!WIFCONTINUED(status)) {
            keeper->outcome.wait_status = status;
            keeper->outcome.ended = true;
        }
    }
}

static void hear(struct keeper *keeper)
{
    struct run_message message;
    if (!run_message_get(keeper->channel, &message)) {
        close(keeper->channel);
        keeper->channel = -1;
    } else if (message.word == RUN_SIGNAL) {
        look_after_child(keeper); /* a whole group was continued, perhaps, and it with it */
        if (!keeper->outcome.ended && (message.value != SIGCONT || keeper->stopped))
            kill(keeper->outcome.main, message.value);
    }
}

/* Until the program has ended and its wait status is known. */
static void attend(struct keeper *keeper)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    keeper->many = files.rlim_cur < 512 ? files.rlim_cur / 8 : 64;
    while (!keeper->outcome.ended) {
        struct pollfd wait[3] = {{.fd = keeper->server->listener, .events = POLLIN},
                                 {.fd = keeper->signals, .events = POLLIN},
                                 {.fd = keeper->channel, .events = POLLIN}};
        poll(wait, 3, -1);
        keeper_serve(keeper);
        show(keeper);
        if (wait[2].revents)
            hear(keeper);
        if (wait[1].revents)
            look_after_child(keeper);
    }
    run_server_serve(keeper->server);
}

enum { LATE = 300, LOOK_AGAIN = 200, LATEST = 60000 }; /* milliseconds */

/* Processes that outlive the program keep their traces until they end too; of one that was begun
 * just before that, nobody may have heard yet: on a busy machine it takes its time. Who says
 * nothing for a minute won't. */
static void linger(struct keeper *keeper)
{
    struct run_server *server = keeper->server;
    bool expected = true;
    int silence = 0;
    keeper->shown = 0;
    while (server->open_count || expected) {
        show(keeper);
        struct pollfd *wait = calloc(server->open_count + 1, sizeof *wait);
        if (!wait)
            return;
        int patience = server->open_count ? -1 : LATE;
        nfds_t count = 0;
        wait[count++] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (size_t i = 0; i < server->image_count; i++) {
            const struct run_image *image = &server->images[i];
            if (image->trace < 0)
                continue;
            wait[count++] = (struct pollfd){.fd = image->process, .events = POLLIN};
            if (image->process < 0)
                patience = LOOK_AGAIN; /* nobody tells when it ends */
        }
        bool heard = poll(wait, count, patience) > 0;
        free(wait);
        keeper_serve(keeper);
        run_traces_write_ended(server, &keeper->outcome);
        silence = heard || server->open_count ? 0 : silence + LATE;
        expected = heard || (!server->open_count && silence < LATEST && run_newcomers(server));
    }
}

/* Who was not recorded, and why. */
static void say_refusals(struct keeper *keeper)
{
    static const char *const reasons[RUN_REFUSALS] = {
        [RESIDUE_REFUSAL_SPACE] = "the limit of the address space (ulimit -v) is below 1 GiB",
        [RESIDUE_REFUSAL_FILE_SIZE] = "the limit of a file's size (ulimit -f) is below 64 MiB",
        [RESIDUE_REFUSAL_MEMORY] = "there is no memory for a trace",
        [RESIDUE_REFUSAL_DESCRIPTORS] = "too many open files (ulimit -n)"};
    bool any = false;
    for (unsigned i = 1; i < RUN_REFUSALS; i++) {
        unsigned count = keeper->server->refused[i];
        char line[200];
        snprintf(line, sizeof line, "%u process%s not recorded: %s", count,
                 count == 1 ? " was" : "es were", reasons[i]);
        if (count)
            keeper_say(keeper, line);
        any = any || count;
    }
    if (!keeper->server->image_count && !any)
        keeper_say(keeper, "the program never met the shim: nothing was recorded");
}

_Noreturn void run_keeper(struct run_server *server, const struct run_start *start, int channel)
{
    struct keeper keeper = {.server = server, .channel = channel};
    keeper.outcome.say = keeper_say;
    keeper.outcome.closure = &keeper;
    pid_t child = fork();
    if (child == 0)
        become(start, server->socket);
    int error = errno;
    keeper_withdraw(&keeper);
    if (child > 0) {
        keeper.outcome.main = child;
        keeper_name_output(&keeper, start->program[0], start->output);
        keeper_tell(&keeper, RUN_STARTED, child, keeper.output);
        attend(&keeper);
        keeper_tell(&keeper, RUN_ENDED, keeper.outcome.wait_status, "");
        say_refusals(&keeper);
        run_traces_write_ended(server, &keeper.outcome);
        keeper_tell(&keeper, RUN_WRITTEN, keeper.outcome.main_written, "");
        if (fork() > 0) /* `residue run` waits for this process, and gets its times */
            _exit(0);
        linger(&keeper);
    } else {
        keeper_say(&keeper, strerror(error));
    }
    run_server_close(server);
    _exit(0);
}
