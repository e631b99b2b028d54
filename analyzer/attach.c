/* `residue attach`: records a process that runs already, until it is told to stop. attach_keeper.c
 * does the work and run_front.c waits for it. */
#include "analyzer/attach_detach.h"
#include "analyzer/attach_keeper.h"
#include "analyzer/attach_process.h"
#include "analyzer/attach_threads.h"
#include "analyzer/commands.h"
#include "analyzer/options.h"
#include "analyzer/run_front.h"
#include "analyzer/run_options.h"
#include "analyzer/run_traces.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char help[] =
    "usage: residue attach [OPTION]... PID\n"
    "\n"
    "Records what each watched call of a running process leaves behind, from now on. Ctrl-C ends\n"
    "that: the process runs on as before, and the trace is written.\n"
    "\n"
    "  -o, --output TRACE     where the trace goes; those of children it forks go to TRACE.PID\n"
    "                         (default: residue.PROGRAM.PID.trace)\n"
    "      --duration SECONDS end after that time\n"
    "      --profile mapi|mapi4linux|none|FILE\n"
    "                         what is watched, as for `residue run`; may be given several times\n"
    "      --watch GLOB       watch every imported function whose name matches; may be repeated\n"
    "      --charge-threads   charge a thread's work to the call that created the thread\n"
    "      --report           print the report afterwards\n"
    "  -q, --quiet            do not say where the trace is\n"
    "  -h, --help             print this\n"
    "\n"
    "Exit status: 0 when the trace was written, 2 when it could not be.\n";

struct options {
    struct run_options run;
    uint64_t milliseconds;
    pid_t pid;
};

static int bad(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int bad(const char *format, ...)
{
    va_list arguments;
    fputs("residue attach: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
    return 2;
}

/* ---- the command line ---- */

enum { OPTION_DURATION = RUN_OPTION_END };

static bool read_duration(const char *text, uint64_t *milliseconds)
{
    char *end;
    double seconds = strtod(text, &end);
    bool fine = end != text && (!*end || !strcmp(end, "s")) && isfinite(seconds) && seconds > 0 &&
                seconds < 1e9;
    if (fine)
        *milliseconds = seconds < 0.001 ? 1 : (uint64_t)(seconds * 1000);
    return fine;
}

static bool read_pid(const char *text, pid_t *pid)
{
    char *end;
    errno = 0;
    long number = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    *pid = (pid_t)number;
    return number > 0 && number <= INT_MAX && !*end && !errno;
}

static bool take(int option, const char *value, void *closure)
{
    struct options *options = closure;
    switch (option) {
    case 'o':
        options->run.output = value;
        return true;
    case OPTION_DURATION:
        return read_duration(value, &options->milliseconds) ||
               options_wrong("residue attach", "--duration", value, "is no number of seconds");
    default:
        return run_options_take(&options->run, "residue attach", option, value);
    }
}

/* 0 = go on; else the exit status plus 1. */
static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        RUN_LONG_OPTIONS,
        {"output", required_argument, NULL, 'o'},
        {"duration", required_argument, NULL, OPTION_DURATION},
        {0}};
    static const struct options_known known = {"residue attach", help, ":o:qh", long_options, take};
    if (!run_options_begin(&options->run))
        return bad("%s", options->run.profile ? options->run.profile->problem : "no memory") + 1;
    int stop = options_read(&known, argc, argv, options);
    if (stop)
        return stop;
    const char *id = options_argument(&known, argc, argv, "process id");
    if (!id)
        return 3;
    if (!read_pid(id, &options->pid))
        return bad("'%s' is no process id", id) + 1;
    if (!run_options_end(&options->run))
        return bad("%s", options->run.profile->problem) + 1;
    return 0;
}

/* ---- the process as it is ---- */

/* Somebody who records it listens, unless he was killed. */
static bool is_served(const struct attach_process *process,
                      const struct residue_attachment *attachment)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/%d/root%.80s",
             (int)attach_living_thread(process->pid), attachment->socket);
    bool served = fd < 0 || !*attachment->socket ||
                  connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return served;
}

/* False: it is recorded. What a keeper that was killed left behind is put right first. */
static bool is_free(const struct attach_process *process)
{
    struct residue_attachment attachment;
    uint64_t address;
    if (!attach_find(process, &attachment, &address) || !attach_is_recorded(process, &attachment))
        return true;
    if (is_served(process, &attachment))
        return false;
    attach_detach(process->pid, process->memory, address);
    return true;
}

static bool check_process(struct attach_process *process, pid_t pid, char *problem, size_t size)
{
    if (pid == getpid()) {
        snprintf(problem, size, "process %d is this very command", (int)pid);
        return false;
    }
    if (!attach_process_open(process, pid, problem, size))
        return false;
    bool is = is_free(process);
    if (!is)
        snprintf(problem, size, "process %d (%s) is being recorded already", (int)pid,
                 process->name);
    attach_process_close(process);
    return is;
}

/* ---- attaching ---- */

static int attach(const struct options *options, const struct attach_start *start)
{
    struct run_front front = {.attached = true, .quiet = options->run.quiet};
    struct run_inherited before;
    int channel[2];
    if (!run_front_prepare(&front, &before))
        return bad("can't wait for signals: %s", strerror(errno));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
        return bad("can't start a process: %s", strerror(errno));
    fflush(NULL);
    front.channel = channel[0];
    front.keeper = fork();
    if (front.keeper == 0) {
        close(channel[0]);
        attach_keeper(start, channel[1]);
    }
    close(channel[1]);
    if (front.keeper < 0)
        return bad("can't start a process: %s", strerror(errno));
    run_front_wait(&front);
    run_front_finish(&front, &before);
    if (front.written && options->run.report) {
        residue_report_after_run(front.output);
    } else if (front.written && !options->run.quiet) {
        run_say_where(front.output, front.others);
    }
    return front.written ? 0 : 2;
}

static int attach_with(const struct options *options)
{
    struct attach_process process;
    char problem[PATH_MAX + 300], shim[PATH_MAX + 64];
    if (!check_process(&process, options->pid, problem, sizeof problem))
        return bad("%s", problem);
    if (!run_find_shim(shim, sizeof shim))
        return bad("libresidue-shim.so is missing (%s)", shim);
    const char *output = options->run.output;
    if (!run_traces_can_write(output ? output : "residue.trace", problem, sizeof problem))
        return bad("%s", problem);
    size_t size;
    struct residue_plan *plan = profile_plan(options->run.profile, &size);
    if (!plan)
        return bad("%s", options->run.profile->problem);
    struct attach_start start = {.pid = options->pid,
                                 .shim = shim,
                                 .plan = plan,
                                 .plan_size = size,
                                 .output = output,
                                 .quiet = options->run.quiet,
                                 .milliseconds = options->milliseconds};
    int status = attach(options, &start);
    free(plan);
    return status;
}

int residue_attach(int argc, char **argv)
{
    struct options options = {0};
    int stop = read_options(&options, argc, argv);
    int status = stop ? stop - 1 : attach_with(&options);
    if (options.run.profile)
        profile_free(options.run.profile);
    return status;
}
