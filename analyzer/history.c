/* `residue history`: how calls' rates went over the runs that were exported to a database. */
#include "analyzer/history.h"
#include "analyzer/commands.h"
#include "analyzer/file_replace.h"
#include "analyzer/options.h"
#include "analyzer/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: residue history DB [OPTION]...\n"
    "Tells how calls' rates went over the runs that `residue export --format sqlite` has put into\n"
    "the database DB, oldest first.\n"
    "\n"
    "      --call GLOB           these calls (default: those that leaked in one of the runs)\n"
    "      --program GLOB        runs of these programs, by the name of their file\n"
    "      --last N              the last N runs\n"
    "      --format text|json|html\n"
    "                            for people (default), for programs (schema residue-history/1),\n"
    "                            or a page with plots that needs nothing else\n"
    "  -o, --output FILE         where to (- or none: standard output)\n" TEXT_USAGE
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 when it was told, 2 when it could not be.\n" TEXT_ENVIRONMENT;

enum format { TEXT, JSON, HTML };
static const char *const format_names[] = {"text", "json", "html"};

struct options {
    const char *database, *file;
    enum format format;
    struct history_wanted wanted;
    struct text_options text;
};

static bool wrong(const char *what, const char *value, const char *mend)
{
    return options_wrong("residue history", what, value, mend);
}

static bool parse_format(const char *value, struct options *options)
{
    for (enum format format = TEXT; format <= HTML; format++)
        if (!strcmp(value, format_names[format])) {
            options->format = format;
            return true;
        }
    return wrong("unknown format", value, "text, json and html are known");
}

static bool parse_last(const char *value, struct options *options)
{
    char *end;
    errno = 0;
    unsigned long last = strtoul(value, &end, 10);
    options->wanted.last = (uint32_t)last;
    return (*value >= '0' && *value <= '9' && !*end && !errno && last && last <= UINT32_MAX) ||
           wrong("not a number of runs:", value, "as in --last 20");
}

static bool parse_option(int option, const char *value, void *closure)
{
    struct options *options = closure;
    switch (option) {
    case 'f':
        return parse_format(value, options);
    case 'n':
        return parse_last(value, options);
    case 'c':
        options->wanted.call = value;
        return true;
    case 'p':
        options->wanted.program = value;
        return true;
    case TEXT_OPTION_COLOR:
    case TEXT_OPTION_NO_PAGER:
        return text_option(&options->text, "residue history", option, value);
    default:
        return options_output("residue history", value, &options->file);
    }
}

/* 0 = go on; else the exit status plus 1. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option long_options[] = {
        {"format", required_argument, NULL, 'f'},  {"last", required_argument, NULL, 'n'},
        {"call", required_argument, NULL, 'c'},    {"output", required_argument, NULL, 'o'},
        {"program", required_argument, NULL, 'p'}, TEXT_LONG_OPTIONS,
        {"help", no_argument, NULL, 'h'},          {0}};
    static const struct options_known known = {"residue history", usage, ":ho:", long_options,
                                               parse_option};
    int stop = options_read(&known, argc, argv, options);
    if (!stop && !(options->database = options_argument(&known, argc, argv, "database")))
        stop = 3;
    if (!stop && options->format == HTML && !options->file && report_output_is_terminal()) {
        wrong("format", "html", "a page is no text for a terminal, give -o FILE");
        return 3;
    }
    return stop;
}

struct job {
    const struct history *history;
    enum format format;
    struct text_look look;
    bool drawn;
};

static void write_job(FILE *out, const void *what)
{
    const struct job *job = what;
    if (job->format == JSON)
        history_json(job->history, out);
    else if (job->format == HTML)
        history_html(job->history, out);
    else
        history_text(job->history, &job->look, job->drawn, out);
}

static int deliver(const struct job *job, const char *file)
{
    int error = file ? file_replace_by(file, write_job, job) : report_output(write_job, job);
    if (!error)
        return 0;
    if (file || error != EPIPE)
        fprintf(stderr, "residue history: cannot write %s: %s\n", file ? file : "the history",
                strerror(error));
    return 2;
}

static int tell(const struct history *history, const struct options *options)
{
    struct job job = {history, options->format, text_look(&options->text, options->file),
                      .drawn = false};
    job.drawn = job.look.people && report_output_is_unicode();
    return deliver(&job, options->file);
}

int residue_history(int argc, char **argv)
{
    struct options options = {0};
    char problem[1024];
    int stop = parse(argc, argv, &options);
    if (stop)
        return stop - 1;
    report_output_prepare();
    struct history *history =
        history_open(options.database, &options.wanted, problem, sizeof problem);
    if (!history) {
        options_problem("residue history", problem);
        return 2;
    }
    int status = 2;
    if (options.wanted.program && !history->run_count)
        wrong("no run is of a program like", options.wanted.program, "nothing to tell");
    else if (options.wanted.call && !history->call_count)
        wrong("no run has a call like", options.wanted.call, "nothing to tell");
    else
        status = tell(history, &options);
    history_close(history);
    return status;
}
