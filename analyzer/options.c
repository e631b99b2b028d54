#include "analyzer/options.h"

#include <stdio.h>

bool options_wrong(const char *command, const char *what, const char *value, const char *mend)
{
    fprintf(stderr, "%s: %s '%s': %s\n", command, what, value, mend);
    return false;
}

int options_help(const char *usage)
{
    return fputs(usage, stdout) >= 0 && !fflush(stdout) ? 0 : 2;
}

enum options_read options_read(const char *command, int argc, char **argv,
                               const struct option *known,
                               bool (*take)(int option, const char *value, void *closure),
                               void *closure)
{
    int option;
    optind = 0; /* glibc: start anew, the caller has parsed its own options */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":ho:", known, NULL)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (option == '?' || option == ':') {
            char see[64];
            snprintf(see, sizeof see, "see %s --help", command);
            options_wrong(command, option == ':' ? "no value for" : "unknown option",
                          argv[optind - 1], see);
            return OPTIONS_WRONG;
        }
        if (!take(option, optarg, closure))
            return OPTIONS_WRONG;
    }
    return OPTIONS_READ;
}
