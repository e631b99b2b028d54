/* `residue check`: the gate. */
#include "analyzer/check_options.h"
#include "analyzer/commands.h"
#include "analyzer/options.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: residue check [OPTION]... TRACE...\n"
    "\n"
    "Fails when calls leave more behind than they may. Each TRACE is one, or a report as JSON;\n"
    "several are processes of one run: their calls are pooled. Against a baseline it fails on\n"
    "what is new, or worse by more than chance; with limits on what is over them; with neither\n"
    "on every leak and every finding.\n"
    "\n"
    "A file of limits has lines for some calls; the first that matches counts, and where none\n"
    "does nothing may leak:\n"
    "\n"
    "  IMsgStore::*  bytes=48 things=2 findings=critical-section-*  # what each call may leave\n"
    "  Open*         verdicts=warming,too-few-calls                 # as a report names them\n"
    "  outside       findings=*                                     # of no call\n"
    "  default       bytes=1.5K                                     # of all others\n"
    "\n"
    "One of suppressions says what is known, and until which day; all that a line gives must\n"
    "match, and without a finding it holds for leaks too. What has expired, or matches nothing,\n"
    "is told of:\n"
    "\n"
    "  call=IMsgStore::* function=open_and_close until=2027-03-31 reason=mended in SP3\n"
    "  module=libprovider.so* finding=over-released until=2027-12-31 reason=\"vendor's\"\n"
    "\n" CHECK_USAGE "  -o, --output FORMAT=FILE  also write this; may be repeated\n"
    "      --no-symbols          addresses only: no function names, no lines\n" TEXT_USAGE
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 when nothing is wrong, 1 when something is, 2 for bad input.\n" TEXT_ENVIRONMENT
    "With --format github a summary of the step is added to $GITHUB_STEP_SUMMARY;\n"
    "files are named relative to $GITHUB_WORKSPACE, $CI_PROJECT_DIR or the current folder.\n";

static bool take(int option, const char *value, void *closure)
{
    struct check_options *options = closure;
    if (option == 'n')
        return options->make.no_symbols = true;
    if (option == TEXT_OPTION_COLOR || option == TEXT_OPTION_NO_PAGER)
        return text_option(&options->text, options->command, option, value);
    return check_option(options, option == 'o' ? CHECK_OPTION_OUTPUT : option, value);
}

/* 0 = go on; else the exit status plus 1. */
static int parse(struct check_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {CHECK_LONG_OPTIONS,
                                                 {"output", required_argument, NULL, 'o'},
                                                 {"no-symbols", no_argument, NULL, 'n'},
                                                 TEXT_LONG_OPTIONS,
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    static const struct options_known known = {"residue check", usage, ":o:h", long_options, take};
    int stop = options_read(&known, argc, argv, options);
    if (stop)
        return stop;
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
