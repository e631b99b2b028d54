#include "analyzer/export_options.h"

#include <string.h>

static const char usage[] =
    "usage: residue export TRACE --format FORMAT [OPTION]...\n"
    "Writes what a trace says in a format that other tools read.\n"
    "\n"
    "  pprof        for `go tool pprof`, Pyroscope, Parca (gzip'ed profile.proto)\n"
    "  folded       stacks for flamegraph.pl and its kin, a line for each\n"
    "  speedscope   for speedscope.app\n"
    "  openmetrics  for Prometheus' text-file collector\n"
    "  sqlite       one more run in the database that -o names: see `residue history`\n"
    "  csv          a table, as RFC 4180 has it\n"
    "\n"
    "  --format pprof|folded|speedscope|openmetrics|sqlite|csv\n"
    "                         which of these\n"
    "  -o, --output FILE      where to (- or none: standard output)\n"
    "  --weight rate|things|bytes|objects\n"
    "                         folded: what a stack weighs: bytes or things left per call by what\n"
    "                         leaks, in thousandths (default: rate), or what is live at the end\n"
    "  --rows calls|sites|findings\n"
    "                         csv: a line for each call path (default), site or finding\n"
    "  --build ID             what was measured, a version or a build\n"
    "  --commit ID            what it was built from (default: that of the working folder, if it\n"
    "                         is in a git repository)\n"
    "  --label TEXT           what else tells this run from others\n"
    "  --drive LETTER=FOLDER  a Windows program's drive on this machine, as for `residue report`\n"
    "  --no-symbols           addresses only: no function names, no lines\n"
    "  --help                 print this\n"
    "\n"
    "Exit status: 0 when everything was written, 2 when it could not be: then what was in FILE\n"
    "is still there.\n";

static const struct export_format formats[] = {
    {"pprof", export_pprof, true, export_has_pprof},
    {"folded", export_folded, false, NULL},
    {"speedscope", export_speedscope, false, NULL},
    {"openmetrics", export_openmetrics, false, NULL},
    {"sqlite", NULL, true, export_has_sqlite},
    {"csv", export_csv, false, NULL},
};

static bool wrong(const char *what, const char *value, const char *mend)
{
    return options_wrong("residue export", what, value, mend);
}

static bool parse_format(const char *value, struct export_options *options)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(value, formats[i].name))
            continue;
        options->format = &formats[i];
        return !formats[i].built_in || formats[i].built_in() ||
               wrong("format", value, "this build of residue has no library for it");
    }
    return wrong("unknown format", value,
                 "pprof, folded, speedscope, openmetrics, sqlite and csv are known");
}

/* The index of `value` among `count` names, or -1. */
static int among(const char *value, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(value, names[i]))
            return i;
    return -1;
}

static bool parse_weight(const char *value, struct export_options *options)
{
    static const char *const names[] = {"rate", "things", "bytes", "objects"};
    int weight = among(value, names, EXPORT_WEIGHTS);
    options->weight = (enum export_weight)weight;
    options->weighed = true;
    return weight >= 0 ||
           wrong("unknown weight", value, "rate, things, bytes and objects are known");
}

static bool parse_rows(const char *value, struct export_options *options)
{
    static const char *const names[] = {"calls", "sites", "findings"};
    int rows = among(value, names, EXPORT_FINDINGS + 1);
    options->rows = (enum export_rows)rows;
    options->chosen = true;
    return rows >= 0 || wrong("unknown rows", value, "calls, sites and findings are known");
}

/* A text that is nothing says nothing. */
static bool keep(const char **to, const char *value)
{
    *to = *value ? value : NULL;
    return true;
}

static bool parse_option(int option, const char *value, void *closure)
{
    struct export_options *options = closure;
    switch (option) {
    case 'f':
        return parse_format(value, options);
    case 'o':
        return options_output("residue export", value, &options->file);
    case 'w':
        return parse_weight(value, options);
    case 'r':
        return parse_rows(value, options);
    case 'b':
        return keep(&options->build, value);
    case 'c':
        return keep(&options->commit, value);
    case 'l':
        return keep(&options->label, value);
    case 'd':
        return report_parse_drive(value, &options->make) ||
               wrong("not LETTER=FOLDER:", value, "as in --drive C=/mnt/windows");
    default:
        return options->make.no_symbols = true;
    }
}

/* What each option is for must be what is written. */
static bool fits_together(const struct export_options *options)
{
    const struct export_format *format = options->format;
    if (!format)
        return wrong("which", "--format", "see residue export --help");
    if (options->weighed && format->write != export_folded)
        return wrong("--weight is not for", format->name, "it is for folded stacks");
    if (options->chosen && format->write != export_csv)
        return wrong("--rows is not for", format->name, "it is for csv");
    if (!format->write && !options->file)
        return wrong("no database for", format->name, "name it with -o");
    return true;
}

int export_parse(int argc, char **argv, struct export_options *options)
{
    static const struct option long_options[] = {{"format", required_argument, NULL, 'f'},
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"weight", required_argument, NULL, 'w'},
                                                 {"rows", required_argument, NULL, 'r'},
                                                 {"build", required_argument, NULL, 'b'},
                                                 {"commit", required_argument, NULL, 'c'},
                                                 {"label", required_argument, NULL, 'l'},
                                                 {"drive", required_argument, NULL, 'd'},
                                                 {"no-symbols", no_argument, NULL, 'n'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    static const struct options_known known = {"residue export", usage, ":ho:", long_options,
                                               parse_option};
    int stop = options_read(&known, argc, argv, options);
    if (stop)
        return stop;
    options->trace = options_argument(&known, argc, argv, "trace");
    return options->trace && fits_together(options) ? 0 : 3;
}
