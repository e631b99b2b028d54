#include "analyzer/options.h"
#include "analyzer/report_output.h"

#include <stdio.h>
#include <string.h>

bool options_wrong(const char *command, const char *what, const char *value, const char *mend)
{
    fprintf(stderr, "%s: %s '%s': %s\n", command, what, value, mend);
    return false;
}

/* Returns the exit status. */
static int print_help(const char *usage)
{
    report_output_prepare();
    return fputs(usage, stdout) >= 0 && !fflush(stdout) ? 0 : 2;
}

int options_read(const struct options_known *known, int argc, char **argv, void *closure)
{
    int option;
    optind = 0; /* glibc: start anew, the caller has parsed its own options */
    opterr = 0;
    while ((option = getopt_long(argc, argv, known->letters, known->options, NULL)) != -1) {
        if (option == 'h')
            return print_help(known->usage) + 1;
        if (option == '?' || option == ':') {
            char see[64];
            snprintf(see, sizeof see, "see %s --help", known->command);
            options_wrong(known->command, option == ':' ? "no value for" : "unknown option",
                          argv[optind - 1], see);
            return 3;
        }
        if (!known->take(option, optarg, closure))
            return 3;
    }
    return 0;
}

const char *options_output(const char *value)
{
    return strcmp(value, "-") ? value : NULL;
}

const char *options_argument(const struct options_known *known, int argc, char **argv,
                             const char *what)
{
    if (optind + 1 == argc)
        return argv[optind];
    fprintf(stderr, "%s: %s %s: give one, see %s --help\n", known->command,
            optind == argc ? "no" : "more than one", what, known->command);
    return NULL;
}
