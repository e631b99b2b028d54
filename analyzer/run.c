/* `residue run`: starts a program under the shim, keeps its traces, and writes them when it ends.
 * The command line is run_options.c; run_keeper.c does the work and run_front.c waits for it. */
#include "analyzer/commands.h"
#include "analyzer/elf_check.h"
#include "analyzer/run_check.h"
#include "analyzer/run_front.h"
#include "analyzer/run_limits.h"
#include "analyzer/run_options.h"
#include "analyzer/run_server.h"
#include "analyzer/run_traces.h"
#include "analyzer/run_wine.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool run_find_shim(char *path, size_t size)
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
    run_say_where(front->output, front->others);
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

static int run_program(struct run_options *run, const void *plan, size_t plan_size,
                       const char *shim)
{
    struct run_front front = {.quiet = run->quiet};
    struct run_start start = {.program = run->program, .shim = shim, .output = run->output};
    struct run_server server;
    char problem[300];
    int64_t begun = run_check_begin();
    if (!run_front_prepare(&front, &start.before))
        return run_bad("can't wait for signals: %s", strerror(errno));
    if (!run_server_open(&server, plan, plan_size, problem, sizeof problem))
        return run_server_close(&server), run_bad("%s", problem);
    if (!start_keeper(&front, &server, &start))
        return run_server_close(&server), run_bad("can't start a process: %s", strerror(errno));
    run_server_forget(&server);
    run_front_wait(&front);
    run_front_finish(&front, &start.before);
    if (!front.known)
        run_server_close(&server); /* what the keeper left behind */
    if (!front.program)
        return 2; /* why was said */
    if (run->report && front.written) {
        residue_report_after_run(front.output);
    } else if (!run->quiet && front.written) {
        say_where(&front);
    }
    return run->check ? run_check(run, front.output, begun, status_of(&front)) : status_of(&front);
}

int residue_run(int argc, char **argv)
{
    struct run_options run = {0};
    char problem[4400], shim[PATH_MAX + 64];
    int stop = run_options_read(&run, argc, argv);
    if (stop)
        return stop - 1;
    if (run_wine_is_meant(&run)) {
        profile_free(run.profile);
        return run_wine(&run, argv);
    }
    if (!elf_check(run.program[0], problem, sizeof problem))
        return run_bad("%s", problem);
    if (!run_find_shim(shim, sizeof shim))
        return run_bad("libresidue-shim.so is missing (%s)", shim);
    if (strpbrk(shim, ": \t\n"))
        return run_bad("%s: the loader can't preload from a path with blanks or colons", shim);
    if (!run_traces_can_write(run.output ? run.output : "residue.trace", problem, sizeof problem))
        return run_bad("%s", problem);
    size_t size;
    struct residue_plan *plan = profile_plan(run.profile, &size);
    if (!plan)
        return run_bad("%s", run.profile->problem);
    if (run_limits_raise())
        plan->flags |= RESIDUE_PLAN_LIMITS_RAISED;
    int result = run_program(&run, plan, size, shim);
    free(plan);
    profile_free(run.profile);
    return result;
}
