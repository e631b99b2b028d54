#include "analyzer/progress.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double SHOW_AFTER = 1, SHOW_EVERY = 0.1; /* seconds */

static struct {
    FILE *terminal;
    progress_clock *now;
    double begun, drawn;
    bool shown;
} progress;

static double system_clock(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void progress_begin(FILE *terminal, progress_clock *now)
{
    progress.terminal = terminal;
    progress.now = now ? now : system_clock;
    progress.begun = terminal ? progress.now() : 0;
    progress.drawn = progress.begun;
    progress.shown = false;
}

void progress_begin_on_stderr(void)
{
    const char *kind = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
    progress_begin(terminal ? stderr : NULL, NULL);
}

void progress_at(const char *doing, uint64_t done, uint64_t total)
{
    if (!progress.terminal)
        return;
    double now = progress.now();
    if (now - progress.begun < SHOW_AFTER || now - progress.drawn < SHOW_EVERY)
        return;
    progress.drawn = now;
    progress.shown = true;
    if (total)
        fprintf(progress.terminal, "\r\033[Kresidue: %s, %d%%", doing,
                (int)(100.0 * (double)(done < total ? done : total) / (double)total));
    else
        fprintf(progress.terminal, "\r\033[Kresidue: %s", doing);
    fflush(progress.terminal);
}

void progress_hide(void)
{
    if (!progress.shown)
        return;
    fputs("\r\033[K", progress.terminal);
    fflush(progress.terminal);
    progress.shown = false;
}
