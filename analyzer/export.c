/* `residue export`: what a trace says, in a format that another tool reads. */
#include "analyzer/export.h"
#include "analyzer/ask.h"
#include "analyzer/commands.h"
#include "analyzer/export_options.h"
#include "analyzer/file_replace.h"
#include "analyzer/progress.h"
#include "analyzer/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The commit of the working folder, with "-dirty" when that has changed since; to be freed. NULL:
 * none. */
static char *commit_here(void)
{
    static const char *const git[] = {"git",         "describe",  "--always", "--dirty",
                                      "--abbrev=40", "--exclude", "*",        NULL};
    char *answer = ask(git, "", 0);
    if (answer) {
        answer[strcspn(answer, "\r\n")] = 0;
        if (*answer)
            return answer;
    }
    free(answer);
    return NULL;
}

/* ---- where it goes ---- */

struct job {
    struct export *export;
    const struct export_format *format;
};

static void write_job(FILE *out, const void *what)
{
    const struct job *job = what;
    job->format->write(job->export, out);
}

/* In one line, whatever the file is called. */
static int complain(const char *what, const char *why)
{
    progress_hide();
    fputs("residue export: ", stderr);
    for (; *what; what++)
        putc(*what == '\n' || *what == '\r' ? '?' : *what, stderr);
    fprintf(stderr, ": %s\n", why);
    return 2;
}

/* The exit status. */
static int deliver(const struct job *job, const char *file)
{
    char problem[1024];
    if (!job->format->write) {
        if (export_sqlite(job->export, file, problem, sizeof problem))
            return 0;
        progress_hide();
        options_problem("residue export", problem);
        return 2;
    }
    int error = file ? file_replace_by(file, write_job, job) : report_output(write_job, job);
    if (!error)
        return 0;
    if (!file && error == EPIPE) /* a reader that has seen enough need not be told */
        return 2;
    if (!file)
        return complain("cannot write the export", strerror(error));
    snprintf(problem, sizeof problem, "can't be written: %s", strerror(error));
    return complain(file, problem);
}

/* ---- the command ---- */

int residue_export(int argc, char **argv)
{
    struct export_options options = {0};
    int stop = export_parse(argc, argv, &options);
    if (stop)
        return stop - 1;
    report_output_prepare();
    if (options.format->binary && !options.file && report_output_is_terminal())
        return complain(options.format->name, "not for a terminal, name a file with -o");
    struct report *report = report_open_for("residue export", options.trace, &options.make);
    if (!report)
        return 2;
    char *commit = options.commit ? NULL : commit_here();
    struct export export = {.report = report,
                            .weight = options.weight,
                            .rows = options.rows,
                            .build = options.build,
                            .commit = options.commit ? options.commit : commit,
                            .label = options.label};
    int status = deliver(&(struct job){&export, options.format}, options.file);
    progress_hide();
    export_done(&export);
    report_close(report);
    free(commit);
    return status;
}
