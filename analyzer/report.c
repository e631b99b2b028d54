/* `residue report`: reads a trace, analyses it, prints the report. */
#include "analyzer/report.h"
#include "analyzer/commands.h"
#include "analyzer/live.h"
#include "analyzer/progress.h"
#include "analyzer/report_output.h"
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: residue report TRACE [OPTION]...\n"
    "       residue report --live PID [OPTION]...\n"
    "Says what each watched call leaves behind, from a trace that `residue run` recorded.\n"
    "\n"
    "  --format text|json         for people (default) or for programs (schema residue-report/1)\n"
    "  --limit SIZE               memory to fill, as 512M or 2G (default: what this machine has)\n"
    "  --all                      also list what does not leak, and stacks in full\n"
    "  --drive LETTER=FOLDER      a Windows program's drive on this machine (default: as in "
    "Wine's\n"
    "                             prefix, $WINEPREFIX or ~/.wine)\n"
    "  --no-symbols               addresses only: no function names, no lines\n"
    "  --color auto|always|never  colours: on a terminal unless NO_COLOR is set (default), or not\n"
    "  --live PID                 of a process that is being recorded, without disturbing it\n"
    "  --help                     print this\n"
    "\n"
    "Exit status: 0 when the report was printed, 2 when it could not be.\n";

struct options {
    const char *trace;
    bool json, all, colour;
    struct report_options make;
};

enum parsed { PARSED, PARSED_HELP, PARSED_WRONG };

static bool colour_wanted(const char *when)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (strcmp(when, "auto"))
        return !strcmp(when, "always");
    return report_output_is_terminal() && !(none && *none) &&
           !(terminal && !strcmp(terminal, "dumb"));
}

static bool wrong(const char *what, const char *value, const char *mend)
{
    fprintf(stderr, "residue report: %s '%s': %s\n", what, value, mend);
    return false;
}

static bool parse_drive(const char *value, struct options *options)
{
    int letter = tolower((unsigned char)value[0]);
    const char *folder = value + 1 + (value[0] && value[1] == ':');
    if (letter < 'a' || letter > 'z' || folder[0] != '=' || !folder[1])
        return false;
    options->make.drive[letter - 'a'] = folder + 1;
    return true;
}

static bool take_live(const char *pid, struct options *options)
{
    static char path[320];
    char problem[200];
    if (live_trace(pid, path, sizeof path, problem, sizeof problem)) {
        options->trace = path;
        return true;
    }
    fprintf(stderr, "residue report: %s\n", problem);
    return false;
}

static bool parse_option(int option, const char *value, struct options *options)
{
    switch (option) {
    case 'f':
        options->json = !strcmp(value, "json");
        return options->json || !strcmp(value, "text") ||
               wrong("unknown format", value, "text and json are known");
    case 'l':
        return memory_parse_size(value, &options->make.limit) ||
               wrong("not a size:", value, "give bytes, or a number with K, M, G or T");
    case 'c':
        options->colour = colour_wanted(value);
        return !strcmp(value, "auto") || !strcmp(value, "always") || !strcmp(value, "never") ||
               wrong("unknown --color", value, "auto, always and never are known");
    case 'd':
        return parse_drive(value, options) ||
               wrong("not LETTER=FOLDER:", value, "as in --drive C=/mnt/windows");
    case 'L':
        return take_live(value, options);
    case 'a':
        return options->all = true;
    default:
        return options->make.no_symbols = true;
    }
}

static enum parsed parse(int argc, char **argv, struct options *options)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, 'f'},
                                                 {"limit", required_argument, NULL, 'l'},
                                                 {"color", required_argument, NULL, 'c'},
                                                 {"drive", required_argument, NULL, 'd'},
                                                 {"all", no_argument, NULL, 'a'},
                                                 {"no-symbols", no_argument, NULL, 'n'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {"live", required_argument, NULL, 'L'},
                                                 {0}};
    int option;
    options->colour = colour_wanted("auto");
    optind = 0; /* glibc: start anew, the caller has parsed its own options */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (option == 'h')
            return PARSED_HELP;
        if (option == '?' || option == ':') {
            wrong(option == ':' ? "no value for" : "unknown option", argv[optind - 1],
                  "see residue report --help");
            return PARSED_WRONG;
        }
        if (!parse_option(option, optarg, options))
            return PARSED_WRONG;
    }
    if (optind + !options->trace == argc) {
        options->trace = options->trace ? options->trace : argv[optind];
        return PARSED;
    }
    fprintf(stderr, "residue report: %s: give one trace file, see residue report --help\n",
            optind == argc ? "no trace" : "more than one trace");
    return PARSED_WRONG;
}

static void write_json(FILE *out, const void *report)
{
    report_json(report, out);
}

static void write_text(FILE *out, const void *report)
{
    report_text(report, out);
}

/* A report that did not arrive in full must not look like one that did; what went wrong is told
 * exactly once. */
static int deliver(const struct report *report, bool json)
{
    int error = report_output(json ? write_json : write_text, report);
    if (!error)
        return 0;
    if (error != EPIPE) /* a reader that has seen enough, as `head`, need not be told */
        fprintf(stderr, "residue report: cannot write the report: %s\n", strerror(error));
    return 2;
}

int residue_report(int argc, char **argv)
{
    struct options options = {0};
    enum parsed parsed = parse(argc, argv, &options);
    if (parsed == PARSED_WRONG)
        return 2;
    report_output_prepare();
    if (parsed == PARSED_HELP)
        return fputs(usage, stdout) >= 0 && !fflush(stdout) ? 0 : 2;
    char problem[1024];
    progress_begin_on_stderr();
    struct report *report = report_open(options.trace, &options.make, problem, sizeof problem);
    if (!report) {
        progress_hide();
        fprintf(stderr, "residue report: %s\n", problem);
        return 2;
    }
    report->all = options.all;
    report->colour = options.colour;
    int status = deliver(report, options.json);
    report_close(report);
    return status;
}
