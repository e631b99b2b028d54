/* A subcommand's options, as it is given them, and what is said of those that are none. */
#ifndef ANALYZER_OPTIONS_H
#define ANALYZER_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

struct options_known {
    const char *command; /* as problems name it: "residue report" */
    const char *usage;   /* what --help prints */
    const char *letters; /* those with one letter, as getopt has them; "+..." ends at the first
                            argument that is no option */
    const struct option *options; /* as getopt_long has them; 'h' is --help */
    /* Takes an option with its value, or says what is wrong with it and returns false. */
    bool (*take)(int option, const char *value, void *closure);
};

/* 0 = go on: each option was taken, and optind is the index of the first argument that is none;
 * else the exit status plus 1: what was wrong is said, or --help was asked for and printed. */
int options_read(const struct options_known *, int argc, char **argv, void *closure);

/* The file that --output names; NULL = standard output, which "-" means in all commands. */
const char *options_output(const char *value);

/* The one argument that is no option. If there is none, or more, that is said of `what`: NULL. */
const char *options_argument(const struct options_known *, int argc, char **argv, const char *what);

/* Says on standard error what is wrong with a value and how to mend it, in one line. False. */
bool options_wrong(const char *command, const char *what, const char *value, const char *mend);

#endif
