/* `residue diff`: two runs, before and after. */
#include "analyzer/diff.h"
#include "analyzer/commands.h"
#include "analyzer/file_replace.h"
#include "analyzer/options.h"
#include "analyzer/progress.h"
#include "analyzer/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: residue diff [OPTION]... A B\n"
    "\n"
    "Compares what calls leave behind in two runs, A before and B after: which differ beyond\n"
    "chance, and at which places they leak now and did not, or no longer do. A and B are traces,\n"
    "reports as JSON, or baselines of `residue check`. Rates that are exact differ when they are\n"
    "not the same; of others the intervals are compared, all calls and places together.\n"
    "\n"
    "      --format text|json    for people (default) or for programs (schema residue-diff/1)\n"
    "  -o, --output FILE         where to write it (- or none: standard output)\n"
    "      --chance P            of any difference being told of where there is none (default:\n"
    "                            0.01)\n"
    "      --exit-code           exit with 1 when something differs\n"
    "      --all                 also list what does not differ\n"
    "      --no-symbols          addresses only: no function names, no lines\n" TEXT_USAGE
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 when the runs were compared, 2 when they could not be.\n" TEXT_ENVIRONMENT;

struct options {
    bool json, all, exit_code;
    double chance;
    struct report_options make;
    struct text_options text;
    const char *file;
};

static bool wrong(const char *what, const char *value, const char *mend)
{
    return options_wrong("residue diff", what, value, mend);
}

static bool take(int option, const char *value, void *closure)
{
    struct options *options = closure;
    char *end;
    switch (option) {
    case 'f':
        options->json = !strcmp(value, "json");
        return options->json || !strcmp(value, "text") ||
               wrong("unknown format", value, "text and json are known");
    case 'p':
        options->chance = strtod(value, &end);
        return (*value && !*end && options->chance > 0 && options->chance <= 0.5) ||
               wrong("no chance:", value, "give a number between 0 and 0.5");
    case 'a':
        return options->all = true;
    case 'o':
        return options_output("residue diff", value, &options->file);
    case 'e':
        return options->exit_code = true;
    case TEXT_OPTION_COLOR:
    case TEXT_OPTION_NO_PAGER:
        return text_option(&options->text, "residue diff", option, value);
    default:
        return options->make.no_symbols = true;
    }
}

/* 0 = go on; else the exit status plus 1. */
static int parse(struct options *options, int argc, char **argv)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, 'f'},
                                                 {"chance", required_argument, NULL, 'p'},
                                                 {"all", no_argument, NULL, 'a'},
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"exit-code", no_argument, NULL, 'e'},
                                                 {"no-symbols", no_argument, NULL, 'n'},
                                                 TEXT_LONG_OPTIONS,
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    static const struct options_known known = {"residue diff", usage, ":ho:", long_options, take};
    int stop = options_read(&known, argc, argv, options);
    if (!stop && optind + 2 != argc) {
        fputs("residue diff: give two traces or reports: before and after "
              "(see residue diff --help)\n",
              stderr);
        stop = 3;
    }
    return stop;
}

struct printed {
    const struct diff *diff;
    const struct options *options;
    struct text_look look;
};

static void print(FILE *out, const void *what)
{
    const struct printed *printed = what;
    if (printed->options->json)
        diff_json(printed->diff, out);
    else
        diff_text(printed->diff, printed->options->all, &printed->look, out);
}

static int compare(const struct options *options, const struct figures *before,
                   const struct figures *after)
{
    struct diff diff = {.before = before, .after = after, .level = options->chance};
    diff_judge(&diff);
    struct printed printed = {&diff, options, text_look(&options->text, options->file)};
    int error = options->file ? file_replace_by(options->file, print, &printed)
                              : report_output(print, &printed);
    progress_hide();
    if (error && (options->file || error != EPIPE))
        fprintf(stderr, "residue diff: cannot write %s: %s\n",
                options->file ? options->file : "the result", strerror(error));
    bool different = options->exit_code && diff.different;
    for (size_t i = 0; i < diff.finding_count; i++)
        different = different || (options->exit_code && diff.finding[i].kind != DIFF_SAME);
    diff_free(&diff);
    return error ? 2 : different;
}

int residue_diff(int argc, char **argv)
{
    struct options options = {.chance = 0.01};
    char problem[4400];
    int stop = parse(&options, argc, argv), status = 2;
    if (stop)
        return stop - 1;
    report_output_prepare();
    progress_begin_on_stderr();
    const char *const *files = (const char *const *)argv + optind;
    struct figures *after = NULL;
    struct figures *before = figures_open(files, 1, &options.make, problem, sizeof problem);
    if (before)
        after = figures_open(files + 1, 1, &options.make, problem, sizeof problem);
    if (after) {
        status = compare(&options, before, after);
    } else {
        progress_hide();
        options_problem("residue diff", problem);
    }
    figures_free(after);
    figures_free(before);
    return status;
}
