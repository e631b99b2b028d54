/* `residue run`: starts a program under the shim, keeps its traces, and writes them when it ends.
 * This is the command line; run_keeper.c does the work and run_front.c waits for it. */
#include "analyzer/commands.h"
#include "analyzer/elf_check.h"
#include "analyzer/profile.h"
#include "analyzer/run_front.h"
#include "analyzer/run_limits.h"
#include "analyzer/run_server.h"
#include "analyzer/run_traces.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
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
    self[length > 0 ? length : 0] = 0;
    if (length < 0 && !realpath((const char *)getauxval(AT_EXECFN), self)) /* no /proc */
        return false;
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

static void say_where(const struct run_front *front)
{
    fprintf(stderr, "residue: wrote %s%s; read it with: residue report %s\n", front->output,
            front->others ? " and others" : "", front->output);
    if (front->running)
        fprintf(stderr, "residue: %u other process%s still run%s: what %s leaves goes to %s.PID\n",
                front->running, front->running == 1 ? "" : "es", front->running == 1 ? "s" : "",
                front->running == 1 ? "it" : "each", front->output);
}

/* 125: the keeper is gone, and with it what it knew. */
static int status_of(const struct run_front *front)
{
    int status = front->wait_status;
    return !front->known ? 125 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* False: errno. */
static bool start_keeper(struct run_front *front, struct run_server *server,
                         const struct run_start *start)
{
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
        return false;
    fflush(NULL);
    front->channel = channel[0];
    front->keeper = fork();
    if (front->keeper == 0) {
        close(channel[0]);
        run_keeper(server, start, channel[1]);
    }
    close(channel[1]);
    return front->keeper > 0;
}

static int run_program(struct run *run, const void *plan, size_t plan_size, const char *shim)
{
    struct run_front front = {0};
    struct run_start start = {.program = run->program, .shim = shim, .output = run->output};
    struct run_server server;
    char problem[300];
    if (!run_front_prepare(&front, &start.before))
        return bad("can't wait for signals: %s", strerror(errno));
    if (!run_server_open(&server, plan, plan_size, problem, sizeof problem))
        return run_server_close(&server), bad("%s", problem);
    if (!start_keeper(&front, &server, &start))
        return run_server_close(&server), bad("can't start a process: %s", strerror(errno));
    run_server_forget(&server);
    run_front_wait(&front);
    run_front_finish(&front, &start.before);
    if (!front.known)
        run_server_close(&server); /* what the keeper left behind */
    if (!front.program)
        return 2; /* why was said */
    if (run->report && front.written) {
        char *arguments[] = {(char *)(uintptr_t) "report", front.output, NULL};
        residue_report(2, arguments);
    } else if (!run->quiet && front.written) {
        say_where(&front);
    }
    return status_of(&front);
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
    if (run_limits_raise())
        plan->flags |= RESIDUE_PLAN_LIMITS_RAISED;
    int result = run_program(&run, plan, size, shim);
    free(plan);
    profile_free(run.profile);
    return result;
}
