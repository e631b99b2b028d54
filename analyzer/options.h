/* A subcommand's options, as it is given them, and what is said of those that are none. */
#ifndef ANALYZER_OPTIONS_H
#define ANALYZER_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

enum options_read { OPTIONS_READ, OPTIONS_HELP, OPTIONS_WRONG };

/* Hands each option of `known` (as getopt_long has it; also -o with a value, -h) with its value to
 * `take`, which says what is wrong with it and returns false. Then optind is the index of the first
 * argument that is none. `command`, as problems name it: "residue report". */
enum options_read options_read(const char *command, int argc, char **argv,
                               const struct option *known,
                               bool (*take)(int option, const char *value, void *closure),
                               void *closure);

/* Says on standard error what is wrong with a value and how to mend it, in one line. False. */
bool options_wrong(const char *command, const char *what, const char *value, const char *mend);

/* Prints what --help asks for. Returns the exit status. */
int options_help(const char *usage);

#endif
