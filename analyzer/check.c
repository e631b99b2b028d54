/* `residue check`: the gate. */
#include "analyzer/check_options.h"
#include "analyzer/commands.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: residue check [OPTION]... FILE...\n"
    "\n"
    "Fails when calls leave more behind than they may. FILEs are traces, or reports as JSON; "
    "several\n"
    "are processes of one run: their calls are pooled. Against a baseline it fails on what is new, "
    "or\n"
    "worse by more than chance; with limits on what is over them; with neither on every leak and "
    "every\n"
    "finding.\n"
    "\n" CHECK_USAGE "  -o, --output FORMAT=FILE  also write this; may be repeated\n"
    "      --no-symbols          addresses only: no function names, no lines\n"
    "  -h, --help                print this\n"
    "\n"
    "A limits file has lines GLOB [bytes=N] [things=N] [verdicts=NAME,...] [findings=KIND,...], "
    "the\n"
    "last one for all other calls with the word default in the glob's place. A suppressions file "
    "has\n"
    "lines [call=GLOB] [module=GLOB] [function=GLOB] [finding=GLOB] until=YYYY-MM-DD reason=TEXT.\n"
    "\n"
    "Exit status: 0 when nothing is wrong, 1 when something is, 2 for bad input.\n";

/* 0 = go on; else the exit status plus 1. */
static int parse(struct check_options *options, int argc, char **argv)
{
    static const struct option known[] = {CHECK_LONG_OPTIONS,
                                          {"output", required_argument, NULL, 'o'},
                                          {"no-symbols", no_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    int option;
    opterr = 0;
    optind = 0; /* glibc: start anew, the caller has parsed its own options */
    while ((option = getopt_long(argc, argv, ":o:h", known, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) >= 0 && !fflush(stdout) ? 1 : 3;
        if (option == '?' || option == ':') {
            fprintf(stderr, "residue check: %s %s (see residue check --help)\n", argv[optind - 1],
                    option == ':' ? "needs a value" : "is no option");
            return 3;
        }
        if (option == 'n')
            options->make.no_symbols = true;
        else if (!check_option(options, option == 'o' ? CHECK_OPTION_OUTPUT : option, optarg))
            return 3;
    }
    if (optind == argc) {
        fputs("residue check: which trace? (see residue check --help)\n", stderr);
        return 3;
    }
    return check_options_fit(options) ? 0 : 3;
}

int residue_check(int argc, char **argv)
{
    struct check_options options = check_options_new("residue check");
    int stop = parse(&options, argc, argv);
    if (stop)
        return stop - 1;
    return check_files(&options, (const char *const *)argv + optind, (size_t)(argc - optind));
}
