/* The command line of `residue run`, the same on every system. */
#ifndef ANALYZER_RUN_OPTIONS_H
#define ANALYZER_RUN_OPTIONS_H

#include "analyzer/check_options.h"
#include "analyzer/profile.h"

struct run_options {
    const char *output;
    bool report, quiet;
    bool check;                         /* judge what was recorded */
    bool check_unasked;                 /* how was said, whether or not that was asked for */
    struct check_options check_options; /* how */
    const char *mapi; /* which of the shipped profiles was named: there is one ABI a plan */
    bool named_profile;
    struct profile *profile; /* the caller's, to be freed */
    char **program;          /* and its arguments, in argv */
};

/* 0 = go on; else the exit status plus 1: what was wrong is said, or --help was asked for. */
int run_options_read(struct run_options *, int argc, char **argv);

/* For other commands that have some of these options: the profile as it is before any option, and
 * what it is when no profile was named. False: run->profile->problem says why (without a profile:
 * no memory). */
bool run_options_begin(struct run_options *);
bool run_options_end(struct run_options *);

/* Says where the trace is, and those of `others` other processes, and how to read them. */
void run_say_where(const char *output, unsigned others);

/* The options that they share, for an array of getopt_long, and what takes them: false when the
 * value is wrong, which is said. `command`, as problems name it: "residue run". */
enum {
    RUN_OPTION_PROFILE = 256,
    RUN_OPTION_WATCH,
    RUN_OPTION_CHARGE,
    RUN_OPTION_REPORT,
    RUN_OPTION_END
};
#define RUN_LONG_OPTIONS                                                                           \
    {"profile", required_argument, NULL, RUN_OPTION_PROFILE},                                      \
        {"watch", required_argument, NULL, RUN_OPTION_WATCH},                                      \
        {"charge-threads", no_argument, NULL, RUN_OPTION_CHARGE},                                  \
        {"report", no_argument, NULL, RUN_OPTION_REPORT}, {"quiet", no_argument, NULL, 'q'},       \
    {                                                                                              \
        "help", no_argument, NULL, 'h'                                                             \
    }
bool run_options_take(struct run_options *, const char *command, int option, const char *value);

/* Says what is wrong, on one line; returns the exit status for it. `format` has one %s. */
int run_bad(const char *format, const char *what);

#endif
