/* `residue report`: reads a trace, analyses it, prints the report. */
#include "analyzer/report.h"
#include "analyzer/commands.h"
#include "analyzer/live.h"
#include "analyzer/options.h"
#include "analyzer/progress.h"
#include "analyzer/report_output.h"
#include "analyzer/report_select.h"
#include "analyzer/text_options.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: residue report TRACE [OPTION]...\n"
    "       residue report --live PID [OPTION]...\n"
    "Says what each watched call leaves behind, from a trace that `residue run` recorded.\n"
    "\n"
    "      --format text|json|html\n"
    "                            for people (default), for programs (schema residue-report/1),\n"
    "                            or a page for a browser, in one file\n"
    "  -o, --output FILE         where to write it (- or none: standard output)\n"
    "      --call GLOB           only calls whose name matches, as in --call 'IMsgStore::*'; may\n"
    "                            be given several times\n"
    "      --top N               only the N worst calls\n"
    "      --stacks              stacks in full\n"
    "      --all                 also list what does not leak, and everything in full\n"
    "      --limit SIZE          memory to fill, as 512M or 2G (default: what this machine has)\n"
    "      --drive LETTER=FOLDER\n"
    "                            a Windows program's drive on this machine (default: as in\n"
    "                            Wine's prefix, $WINEPREFIX or ~/.wine)\n"
    "      --no-symbols          addresses only: no function names, no lines\n"
    "      --bars auto|always|never\n"
    "                            how much of the leaked bytes is each call's: bars on a terminal\n"
    "                            (default), or not\n" TEXT_USAGE
    "      --live PID            of a process that is being recorded, without disturbing it\n"
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 when the report was printed, 2 when it could not be.\n" TEXT_ENVIRONMENT;

struct options {
    const char *trace, *output;
    void (*write)(const struct report *, FILE *);
    bool all, stacks;
    enum text_when bars;
    struct text_options text;
    struct report_selection select;
    struct report_options make;
};

static bool wrong(const char *what, const char *value, const char *mend)
{
    return options_wrong("residue report", what, value, mend);
}

static bool parse_top(const char *value, struct options *options)
{
    char *end;
    unsigned long top = strtoul(value, &end, 10);
    options->select.top = top < UINT32_MAX ? (uint32_t)top : UINT32_MAX;
    return (isdigit((unsigned char)*value) && !*end && top) ||
           wrong("not a number of calls:", value, "give 1 or more");
}

static bool parse_call(const char *value, struct options *options)
{
    struct report_selection *select = &options->select;
    const char **more =
        realloc((void *)(uintptr_t)select->glob, (select->globs + 1) * sizeof *more);
    if (!more)
        analysis_no_memory();
    more[select->globs++] = value;
    select->glob = more;
    return *value || wrong("no call is named", value, "give a name, or a part of it and *");
}

static bool parse_format(const char *value, struct options *options)
{
    static const struct {
        const char *name;
        void (*write)(const struct report *, FILE *);
    } formats[] = {{"text", report_text}, {"json", report_json}, {"html", report_html}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(value, formats[i].name))
            options->write = formats[i].write;
    if (options->write == report_html && !report_html_available())
        return wrong("format", value,
                     "this build has no page, for npm was missing when it was made");
    return options->write || wrong("unknown format", value, "text, json and html are known");
}

static bool take_live(const char *pid, struct options *options)
{
    static char path[320];
    char problem[200];
    if (live_trace(pid, path, sizeof path, problem, sizeof problem)) {
        options->trace = path;
        return true;
    }
    options_problem("residue report", problem);
    return false;
}

static bool parse_option(int option, const char *value, void *closure)
{
    struct options *options = closure;
    switch (option) {
    case 'f':
        options->write = NULL;
        return parse_format(value, options);
    case 'o':
        return options_output("residue report", value, &options->output);
    case 'l':
        return memory_parse_size(value, &options->make.limit) ||
               wrong("not a size:", value, "give bytes, or a number with K, M, G or T");
    case TEXT_OPTION_COLOR:
    case TEXT_OPTION_NO_PAGER:
        return text_option(&options->text, "residue report", option, value);
    case 'b':
        return text_when("residue report", "unknown --bars", value, &options->bars);
    case 'g':
        return parse_call(value, options);
    case 't':
        return parse_top(value, options);
    case 's':
        return options->stacks = true;
    case 'd':
        return report_parse_drive(value, &options->make) ||
               wrong("not LETTER=FOLDER:", value, "as in --drive C=/mnt/windows");
    case 'L':
        return take_live(value, options);
    case 'a':
        return options->all = true;
    default:
        return options->make.no_symbols = true;
    }
}

/* 0 = go on; else the exit status plus 1. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, 'f'},
                                                 {"limit", required_argument, NULL, 'l'},
                                                 {"drive", required_argument, NULL, 'd'},
                                                 {"all", no_argument, NULL, 'a'},
                                                 {"no-symbols", no_argument, NULL, 'n'},
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"bars", required_argument, NULL, 'b'},
                                                 {"call", required_argument, NULL, 'g'},
                                                 {"top", required_argument, NULL, 't'},
                                                 {"stacks", no_argument, NULL, 's'},
                                                 TEXT_LONG_OPTIONS,
                                                 {"live", required_argument, NULL, 'L'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    static const struct options_known known = {"residue report", usage, ":ho:", long_options,
                                               parse_option};
    options->write = report_text;
    int stop = options_read(&known, argc, argv, options);
    if (stop)
        return stop;
    if (options->write == report_html && !options->output && report_output_is_terminal()) {
        wrong("format", "html", "a page is no text for a terminal, give -o FILE");
        return 3;
    }
    if (!options->trace)
        options->trace = options_argument(&known, argc, argv, "trace");
    else if (optind < argc)
        return wrong("more than one trace:", argv[optind], "--live names one"), 3;
    return options->trace ? 0 : 3;
}

struct delivery {
    const struct report *report;
    void (*write)(const struct report *, FILE *);
};

static void write_report(FILE *out, const void *delivery)
{
    const struct delivery *what = delivery;
    what->write(what->report, out);
}

/* Returns 0, or what went wrong, as errno has it. */
static int deliver_to_file(const struct delivery *what, const char *path)
{
    errno = 0;
    FILE *out = fopen(path, "wb");
    if (!out)
        return errno ? errno : EIO;
    what->write(what->report, out);
    bool whole = !ferror(out);
    if (!fclose(out) && whole)
        return 0;
    int error = errno ? errno : EIO;
    struct stat about;
    if (!stat(path, &about) && S_ISREG(about.st_mode))
        remove(path);
    return error;
}

/* A report that did not arrive in full must not look like one that did; what went wrong is told
 * exactly once. */
static int deliver(const struct report *report, const struct options *options)
{
    struct delivery what = {report, options->write};
    int error = options->output ? deliver_to_file(&what, options->output)
                                : report_output(write_report, &what);
    progress_hide();
    if (!error)
        return 0;
    if (options->output)
        fprintf(stderr, "residue report: cannot write %s: %s\n", options->output, strerror(error));
    else if (error != EPIPE) /* a reader that has seen enough, as `head`, need not be told */
        fprintf(stderr, "residue report: cannot write the report: %s\n", strerror(error));
    return 2;
}

/* What is shown of it, and how. A text says how many calls `--top` leaves out, and which. */
static void present(struct report *report, const struct options *options)
{
    struct report_selection select = options->select;
    report->top = select.top;
    if (options->write == report_text)
        select.top = 0;
    if (select.globs || select.top)
        report_select(report, &select);
    report->all = options->all;
    report->stacks = options->stacks;
    struct text_look look = text_look(&options->text, options->output);
    report->colour = look.colour;
    report->columns = look.columns;
    if (options->bars == TEXT_ALWAYS || (options->bars == TEXT_AUTO && look.people))
        report->bars = report_output_is_unicode() ? REPORT_BARS_UNICODE : REPORT_BARS_ASCII;
}

int residue_report(int argc, char **argv)
{
    struct options options = {0};
    int stop = parse(argc, argv, &options);
    if (stop)
        return stop - 1;
    report_output_prepare();
    struct report *report = report_open_for("residue report", options.trace, &options.make);
    if (!report)
        return 2;
    present(report, &options);
    int status = deliver(report, &options);
    report_close(report);
    free((void *)(uintptr_t)options.select.glob);
    return status;
}

int residue_report_after_run(const char *trace)
{
    const char *arguments[] = {"report", "--no-pager", "--", trace, NULL};
    return residue_report(4, (char **)(uintptr_t)arguments);
}
