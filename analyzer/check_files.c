/* The gate from files to files: reads, pools, judges, writes. */
#include "analyzer/check_options.h"
#include "analyzer/file_replace.h"
#include "analyzer/options.h"
#include "analyzer/progress.h"
#include "analyzer/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASSED, FAILED, TROUBLE };

static int trouble(const struct check_options *options, const char *problem)
{
    progress_hide();
    options_problem(options->command, problem);
    return TROUBLE;
}

static int cannot_write(const struct check_options *options, const char *file, int error)
{
    char problem[4400];
    snprintf(problem, sizeof problem, "%s can't be written: %s", file, strerror(error));
    return trouble(options, problem);
}

/* Closes it; 0, or what went wrong. */
static int finish(FILE *out)
{
    errno = 0;
    bool bad = fflush(out) || ferror(out);
    int error = errno;
    if (fclose(out) && !bad)
        return errno ? errno : EIO;
    return bad ? error ? error : EIO : 0;
}

static int write_file(const struct check *check, enum check_format format, const char *file,
                      const char *mode)
{
    FILE *out = fopen(file, mode);
    if (!out)
        return errno;
    check_write(check, format, NULL, out);
    return finish(out);
}

/* ---- standard output ---- */

struct printed {
    const struct check *check;
    enum check_format format;
    struct text_look look;
};

static void print(FILE *out, const void *what)
{
    const struct printed *printed = what;
    check_write(printed->check, printed->format, &printed->look, out);
}

/* GitHub shows a step's summary from the file that it names. */
static int write_summary(const struct check_options *options, const struct check *check)
{
    const char *file = getenv("GITHUB_STEP_SUMMARY");
    bool github = options->format == CHECK_GITHUB;
    for (size_t i = 0; i < options->output_count; i++)
        github = github || options->output[i].format == CHECK_GITHUB;
    if (!github || !file || !*file)
        return PASSED;
    int error = write_file(check, CHECK_MARKDOWN, file, "a");
    return error ? cannot_write(options, file, error) : PASSED;
}

static int write_all(const struct check_options *options, const struct check *check)
{
    int status = PASSED;
    for (size_t i = 0; i < options->output_count; i++) {
        int error = write_file(check, options->output[i].format, options->output[i].file, "w");
        if (error)
            status = cannot_write(options, options->output[i].file, error);
    }
    if (write_summary(options, check))
        status = TROUBLE;
    struct printed printed = {check, options->format, text_look(&options->text, NULL)};
    int error = report_output(print, &printed);
    if (error && error != EPIPE)
        status = cannot_write(options, "the result", error);
    return status;
}

/* ---- the baseline ---- */

static void print_baseline(FILE *out, const void *figures)
{
    figures_write_baseline(figures, out);
}

/* A full disk must not take the old one. */
static int put_baseline(const struct check_options *options, const struct figures *now)
{
    int error = file_replace_by(options->baseline[0], print_baseline, now);
    return error ? cannot_write(options, options->baseline[0], error) : PASSED;
}

static bool is_there(const char *file)
{
    FILE *in = fopen(file, "r");
    if (in)
        fclose(in);
    return in;
}

/* ---- all of it ---- */

static int judge(const struct check_options *options, struct check *check)
{
    check_judge(check);
    int status = write_all(options, check);
    if (status == PASSED && options->update_baseline)
        status = put_baseline(options, check->now);
    else if (status == PASSED && !check_passes(check))
        status = FAILED;
    check_free(check);
    return status;
}

/* A baseline to be made is not there the first time. */
static bool read_baseline(const struct check_options *options, struct figures **before,
                          char *problem, size_t problem_size)
{
    if (!options->baseline_count || (options->update_baseline && !is_there(options->baseline[0])))
        return true;
    *before = figures_open(options->baseline, options->baseline_count, &options->make, problem,
                           problem_size);
    return *before;
}

/* What is judged by. */
struct inputs {
    struct check_limits limits;
    struct check_suppressions suppressions;
    struct figures *before;
};

static bool read_inputs(const struct check_options *options, struct inputs *inputs, char *problem,
                        size_t problem_size)
{
    return (!options->limits ||
            check_limits_read(&inputs->limits, options->limits, problem, problem_size)) &&
           (!options->suppressions ||
            check_suppressions_read(&inputs->suppressions, options->suppressions, time(NULL),
                                    problem, problem_size)) &&
           read_baseline(options, &inputs->before, problem, problem_size);
}

static void free_inputs(struct inputs *inputs)
{
    figures_free(inputs->before);
    check_suppressions_free(&inputs->suppressions);
    check_limits_free(&inputs->limits);
}

bool check_inputs(const struct check_options *options)
{
    char problem[4400];
    struct inputs inputs = {0};
    bool good = read_inputs(options, &inputs, problem, sizeof problem);
    if (!good)
        trouble(options, problem);
    free_inputs(&inputs);
    return good;
}

int check_files(const struct check_options *options, const char *const *files, size_t count)
{
    char problem[4400];
    struct inputs inputs = {0};
    struct figures *now = NULL;
    int status = TROUBLE;
    report_output_prepare();
    progress_begin_on_stderr();
    if (read_inputs(options, &inputs, problem, sizeof problem) &&
        (now = figures_open(files, count, &options->make, problem, sizeof problem))) {
        struct check check = {.now = now,
                              .before = inputs.before,
                              .limits = options->limits ? &inputs.limits : NULL,
                              .suppressions = options->suppressions ? &inputs.suppressions : NULL,
                              .chance = options->chance};
        status = judge(options, &check);
    } else {
        trouble(options, problem);
    }
    figures_free(now);
    free_inputs(&inputs);
    return status;
}
