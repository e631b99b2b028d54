/* `residue run`: starts a program under the shim, keeps its traces, and writes them when it ends.
 */
#include "analyzer/commands.h"
#include "analyzer/elf_check.h"
#include "analyzer/profile.h"
#include "analyzer/run_server.h"
#include "analyzer/run_traces.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: residue run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
    "\n"
    "Runs PROGRAM and records what each watched call leaves behind. Exits with PROGRAM's status\n"
    "(128+N when signal N ended it).\n"
    "\n"
    "  -o, --output TRACE    where the trace goes; other processes' go to TRACE.PID\n"
    "                        (default: residue.PROGRAM.PID.trace)\n"
    "      --profile NAME    what is watched: mapi (the default), mapi4linux, none, or a FILE of\n"
    "                        your own; may be given several times\n"
    "      --watch GLOB      watch every imported function whose name matches; may be repeated\n"
    "      --charge-threads  charge a thread's work to the call that created the thread\n"
    "      --report          print the report afterwards\n"
    "  -q, --quiet           do not say where the trace is\n"
    "  -h, --help            print this\n";

struct run {
    const char *output;
    bool report, quiet;
    const char *mapi; /* which of the shipped profiles was named: there is one ABI a plan */
    bool named_profile;
    struct profile *profile;
    char **program;
};

static int bad(const char *format, const char *what)
{
    fputs("residue run: ", stderr);
    fprintf(stderr, format, what);
    fputs("\n", stderr);
    return 2;
}

static bool add_profile(struct run *run, const char *name)
{
    bool mapi = !strcmp(name, "mapi") || !strcmp(name, "mapi4linux");
    run->named_profile = true;
    if (mapi && run->mapi && strcmp(run->mapi, name) != 0) {
        snprintf(run->profile->problem, sizeof run->profile->problem,
                 "--profile %s and %s exclude each other: an object has one layout", run->mapi,
                 name);
        return false;
    }
    if (mapi)
        run->mapi = name;
    if ((mapi || !strcmp(name, "none")) && profile_read_shipped(run->profile, name))
        return true;
    return !*run->profile->problem && profile_read_file(run->profile, name);
}

enum { OPTION_PROFILE = 256, OPTION_WATCH, OPTION_CHARGE, OPTION_REPORT };

/* 0 = go on; else the exit status plus 1. */
static int read_options(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"profile", required_argument, NULL, OPTION_PROFILE},
                                            {"watch", required_argument, NULL, OPTION_WATCH},
                                            {"charge-threads", no_argument, NULL, OPTION_CHARGE},
                                            {"report", no_argument, NULL, OPTION_REPORT},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "+:o:qh", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            run->output = optarg;
            break;
        case OPTION_PROFILE:
            if (!add_profile(run, optarg))
                return bad("%s", run->profile->problem) + 1;
            break;
        case OPTION_WATCH:
            if (!*optarg)
                return bad("--watch needs a glob (see residue run --help)%s", "") + 1;
            profile_watch(run->profile, optarg);
            break;
        case OPTION_CHARGE:
            run->profile->flags |= RESIDUE_PLAN_CHARGE_THREADS;
            break;
        case OPTION_REPORT:
            run->report = true;
            break;
        case 'q':
            run->quiet = true;
            break;
        case 'h':
            fputs(help, stdout);
            return 1;
        case ':':
            return bad("%s needs a value (see residue run --help)", argv[optind - 1]) + 1;
        default:
            return bad("%s is no option (see residue run --help)", argv[optind - 1]) + 1;
        }
    }
    if (optind == argc)
        return bad("which program? (see residue run --help)%s", "") + 1;
    run->program = argv + optind;
    return 0;
}

/* The shim lies beside the program in a build, and in ../lib/residue when installed. */
static bool find_shim(char *path, size_t size)
{
    const char *given = getenv("RESIDUE_SHIM");
    if (given) {
        char absolute[PATH_MAX]; /* the client may have another working directory */
        snprintf(path, size, "%s", realpath(given, absolute) ? absolute : given);
        return access(path, R_OK) == 0;
    }
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return false;
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, size, "%s/libresidue-shim.so", self);
    if (access(path, R_OK) == 0)
        return true;
    snprintf(path, size, "%s/../lib/residue/libresidue-shim.so", self);
    char real[PATH_MAX];
    if (!realpath(path, real))
        return false;
    snprintf(path, size, "%s", real);
    return true;
}

/* What the runner changes for itself and the program gets as it was. */
struct inherited {
    sigset_t signals;
    struct sigaction child;
    struct rlimit files;
};

/* Signals come through a descriptor. SIGCHLD must not be ignored, or nobody tells how the program
 * ended; every process under the shim costs a descriptor. */
static int prepare(struct inherited *before)
{
    sigset_t ours;
    sigemptyset(&ours);
    const int signals[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&ours, signals[i]);
    sigprocmask(SIG_BLOCK, &ours, &before->signals);
    const struct sigaction heard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &heard, &before->child);
    getrlimit(RLIMIT_NOFILE, &before->files);
    struct rlimit more = {before->files.rlim_max, before->files.rlim_max};
    setrlimit(RLIMIT_NOFILE, &more);
    return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void become(const struct run *run, const struct run_server *server, const char *shim,
                   const struct inherited *before)
{
    const char *others = getenv("LD_PRELOAD");
    char *preload = NULL;
    if (asprintf(&preload, "%s%s%s", shim, others && *others ? ":" : "", others ? others : "") <
            0 ||
        setenv("LD_PRELOAD", preload, 1) != 0 ||
        setenv(RESIDUE_SOCKET_VARIABLE, server->socket, 1) != 0) {
        fputs("residue run: no memory\n", stderr);
        _exit(126);
    }
    setrlimit(RLIMIT_NOFILE, &before->files);
    sigaction(SIGCHLD, &before->child, NULL);
    sigprocmask(SIG_SETMASK, &before->signals, NULL);
    execvp(run->program[0], run->program);
    int status = errno == ENOENT ? 127 : 126;
    fprintf(stderr, "residue run: %s: %s\n", run->program[0], strerror(errno));
    _exit(status);
}

/* Serves who waits, and writes the traces of processes that are over once there are many. */
static void serve(struct run_server *server, struct run_outcome *outcome, size_t *many)
{
    if (!run_server_serve(server)) {
        size_t before = server->open_count;
        run_traces_write_ended(server, outcome);
        if (server->open_count == before)
            usleep(20000); /* somebody has to end first */
    }
    if (server->open_count >= *many) {
        run_traces_write_ended(server, outcome);
        *many = server->open_count * 2 > *many ? server->open_count * 2 : *many;
    }
}

/* The main process's newest image is the one to be read while it runs; `shown` is the last one's
 * index + 1. */
static void show(const struct run_server *server, const struct run_outcome *outcome, size_t *shown)
{
    for (size_t i = server->image_count; i > *shown; i--) {
        if (server->images[i - 1].pid == outcome->main) {
            run_traces_show_live(&server->images[i - 1], outcome->output);
            *shown = i;
            return;
        }
    }
}

/* Serves the handshakes until the program has ended and its wait status is known. */
static void attend(struct run_server *server, struct run_outcome *outcome, int signals)
{
    struct pollfd wait[2] = {{.fd = server->listener, .events = POLLIN},
                             {.fd = signals, .events = POLLIN}};
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    size_t shown = 0, many = files.rlim_cur < 256 ? files.rlim_cur / 4 : 64;
    for (;;) {
        poll(wait, 2, -1);
        serve(server, outcome, &many);
        show(server, outcome, &shown);
        struct signalfd_siginfo info;
        if (!(wait[1].revents & POLLIN) || read(signals, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo != SIGCHLD) {
            if (info.ssi_signo != SIGINT && info.ssi_signo != SIGQUIT)
                kill(outcome->main,
                     (int)info.ssi_signo); /* the terminal's go to the child by themselves */
            continue;
        }
        if (waitpid(outcome->main, &outcome->wait_status, WNOHANG) == outcome->main) {
            run_server_serve(server);
            return;
        }
    }
}

static int run_program(struct run *run, struct run_server *server, const char *shim)
{
    struct inherited before;
    int signals = prepare(&before);
    if (signals < 0)
        return bad("can't wait for signals: %s", strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return bad("can't start a process: %s", strerror(errno));
    if (child == 0)
        become(run, server, shim, &before);
    char name[PATH_MAX];
    const char *base = strrchr(run->program[0], '/');
    snprintf(name, sizeof name, "residue.%s.%d.trace", base ? base + 1 : run->program[0],
             (int)child);
    const char *output = run->output ? run->output : name;
    struct run_outcome outcome = {.main = child, .output = output};
    attend(server, &outcome, signals);
    int status = outcome.wait_status;
    int result = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    run_traces_write(server, &outcome);
    if (run->report && outcome.main_written) {
        char *arguments[] = {(char *)(uintptr_t) "report", (char *)(uintptr_t)output, NULL};
        residue_report(2, arguments);
    } else if (!run->quiet && outcome.main_written) {
        fprintf(stderr, "residue: wrote %s%s; read it with: residue report %s\n", output,
                outcome.others ? " and others" : "", output);
    }
    return result;
}

int residue_run(int argc, char **argv)
{
    struct run run = {.profile = profile_new()};
    char problem[4400], shim[PATH_MAX + 64];
    if (!run.profile || !profile_read_shipped(run.profile, "base"))
        return bad("%s", run.profile ? run.profile->problem : "no memory");
    int stop = read_options(&run, argc, argv);
    if (stop)
        return profile_free(run.profile), stop - 1;
    if (!run.named_profile && !profile_read_shipped(run.profile, "mapi"))
        return bad("%s", run.profile->problem);
    if (!elf_check(run.program[0], problem, sizeof problem))
        return bad("%s", problem);
    if (!find_shim(shim, sizeof shim))
        return bad("libresidue-shim.so is missing (%s)", shim);
    if (strpbrk(shim, ": \t\n"))
        return bad("%s: the loader can't preload from a path with blanks or colons", shim);
    if (!run_traces_can_write(run.output ? run.output : "residue.trace", problem, sizeof problem))
        return bad("%s", problem);
    size_t size;
    struct residue_plan *plan = profile_plan(run.profile, &size);
    if (!plan)
        return bad("%s", run.profile->problem);
    struct run_server server;
    int result;
    if (!run_server_open(&server, plan, size, problem, sizeof problem))
        result = bad("%s", problem);
    else
        result = run_program(&run, &server, shim);
    run_server_close(&server);
    free(plan);
    profile_free(run.profile);
    return result;
}
