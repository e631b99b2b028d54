#include "analyzer/run_status.h"
#include "analyzer/analysis.h"
#include "analyzer/live.h"
#include "analyzer/progress.h"
#include "analyzer/report_text_words.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A look at the trace takes no more than a fiftieth of a processor's time, in the long run. */
static const double TICK = 0.5, FIRST_LOOK = 1.5, SHARE = 50, AFTER_NOTHING = 5; /* seconds */
enum { LOOK_SECONDS = 20 };
static const rlim_t LOOK_MEMORY = (rlim_t)4 << 30;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void run_status_begin(struct run_status *status)
{
    const char *kind = getenv("TERM");
    status->begun = now();
    status->next_look = status->begun + FIRST_LOOK;
    status->answer = -1;
    status->wanted = isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    status_line_begin(&status->line, STDERR_FILENO, status->begun);
}

int run_status_patience(const struct run_status *status)
{
    return status->wanted ? (int)(TICK * 1000) : -1;
}

/* ---- the look, in a process of its own: it may take long, and much memory ---- */

static void write_worst(const struct analysis *analysis, char *text, size_t size)
{
    const struct analysis_call *worst = analysis->leaking ? &analysis->calls[0] : NULL;
    const struct analysis_things *things = worst && worst->thing_count ? worst->things : NULL;
    if (!worst)
        snprintf(text, size, "no leak so far");
    else if (worst->bytes_per_call > 0 || !things)
        snprintf(text, size, "%s %s/call", words_name(worst->name).text,
                 figure_rate_bytes(worst->bytes_per_call).text);
    else
        snprintf(text, size, "%s %s/call", words_name(worst->name).text,
                 words_things(things->per_call, analysis->trace->kinds[things->kind].name).text);
}

static void tell_figures(const struct trace *trace, int answer)
{
    char worst[3 * TEXT_SIZE], figures[sizeof((struct run_status *)0)->figures];
    struct analysis *analysis = analysis_of(trace);
    double live = 0;
    for (size_t i = 0; i < trace->survivor_count; i++)
        live += (double)trace->survivors[i].size * (double)trace->survivors[i].count;
    write_worst(analysis, worst, sizeof worst);
    int length = snprintf(figures, sizeof figures, "%s calls, %s live, %s",
                          figure_count(analysis->executions).text, figure_bytes(live).text, worst);
    size_t most = sizeof figures - 1;
    (void)!write(answer, figures, length < (int)most ? (size_t)length : most);
}

static void limit(int resource, rlim_t most)
{
    setrlimit((__rlimit_resource_t)resource, &(struct rlimit){most, most});
}

/* Another run's trace may lie there until this run's is linked to. */
static bool is_live(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* Where no link was made, as for a process that was attached to, it is found by the process. */
static struct trace *open_live(const char *path, pid_t program)
{
    char id[24], found[4096], problem[1024];
    snprintf(id, sizeof id, "%d", (int)program);
    if (!is_live(path)) {
        if (!live_trace(id, found, sizeof found, problem, sizeof problem))
            return NULL;
        path = found;
    }
    return trace_open(path, problem, sizeof problem);
}

static _Noreturn void look(const char *path, pid_t program, int answer)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDERR_FILENO) < 0)
        _exit(1);
    nice(19);
    limit(RLIMIT_CPU, LOOK_SECONDS);
    limit(RLIMIT_AS, LOOK_MEMORY);
    progress_begin(NULL, NULL);
    struct trace *trace = open_live(path, program);
    if (trace)
        tell_figures(trace, answer);
    _exit(!trace);
}

static void begin_look(struct run_status *status, const char *path, pid_t program)
{
    int ends[2];
    status->look_begun = now();
    status->next_look = status->look_begun + TICK;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    status->looker = fork();
    if (status->looker == 0)
        look(path, program, ends[1]);
    close(ends[1]);
    if (status->looker > 0) {
        status->answer = ends[0];
    } else {
        status->looker = 0;
        close(ends[0]);
    }
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The end of the look, if it has come: figures, or nothing. */
static void end_look(struct run_status *status)
{
    char figures[sizeof status->figures];
    ssize_t length = read(status->answer, figures, sizeof figures - 1);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    struct rusage used = {0};
    wait4(status->looker, NULL, 0, &used);
    close(status->answer);
    status->looker = 0;
    status->answer = -1;
    double rest = SHARE * (seconds(used.ru_utime) + seconds(used.ru_stime));
    if (length > 0) {
        figures[length] = 0;
        memcpy(status->figures, figures, sizeof figures);
    } else if (rest < AFTER_NOTHING) {
        rest = AFTER_NOTHING;
    }
    status->next_look = now() + (rest > TICK ? rest : TICK);
}

/* ---- the line ---- */

void run_status_go_on(struct run_status *status, const char *path, pid_t program)
{
    if (!status->wanted)
        return;
    if (status->looker)
        end_look(status);
    else if (now() >= status->next_look)
        begin_look(status, path, program);
    if (!*status->figures)
        return;
    char text[sizeof status->figures + 100];
    double so_far = floor(now() - status->begun);
    snprintf(text, sizeof text, "residue: %s, %s",
             so_far < 10 ? (char[]){'0' + (char)so_far, ' ', 's', 0} : figure_seconds(so_far).text,
             status->figures);
    status_line_show(&status->line, text, now());
}

void run_status_hide(struct run_status *status)
{
    if (status->wanted)
        status_line_hide(&status->line);
}

void run_status_end(struct run_status *status)
{
    run_status_hide(status);
    status->wanted = false;
    if (!status->looker)
        return;
    kill(status->looker, SIGKILL);
    waitpid(status->looker, NULL, 0);
    close(status->answer);
    status->looker = 0;
    status->answer = -1;
}
