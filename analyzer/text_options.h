/* The options of every command that prints text for people: colours and the pager. */
#ifndef ANALYZER_TEXT_OPTIONS_H
#define ANALYZER_TEXT_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

enum text_when { TEXT_AUTO, TEXT_ALWAYS, TEXT_NEVER };

struct text_options {
    enum text_when colour;
    bool no_pager;
};

/* Values of long options, apart from those of any command. */
enum { TEXT_OPTION_COLOR = 2000, TEXT_OPTION_NO_PAGER };

/* For an array of getopt_long; what a usage text says of them. */
#define TEXT_LONG_OPTIONS                                                                          \
    {"color", required_argument, NULL, TEXT_OPTION_COLOR},                                         \
    {                                                                                              \
        "no-pager", no_argument, NULL, TEXT_OPTION_NO_PAGER                                        \
    }
#define TEXT_USAGE                                                                                 \
    "      --color auto|always|never\n"                                                            \
    "                            colours: on a terminal unless NO_COLOR is set (default), or\n"    \
    "                            not\n"                                                            \
    "      --no-pager            print to the terminal at once, not through $RESIDUE_PAGER,\n"     \
    "                            $PAGER or less\n"

#define TEXT_ENVIRONMENT                                                                           \
    "\n"                                                                                           \
    "Environment: lines are as wide as $COLUMNS wishes, else as the terminal is; with $NO_COLOR\n" \
    "set, or $TERM=dumb, they have no colours; $RESIDUE_PAGER, $PAGER, and $LESS choose a pager\n" \
    "and what it does.\n"

/* auto, always or never; false when it is none of them, which is said. `what`, as problems name it:
 * "unknown --color". */
bool text_when(const char *command, const char *what, const char *value, enum text_when *);

/* Takes option TEXT_OPTION_...; false when its value is wrong, which is said. */
bool text_option(struct text_options *, const char *command, int option, const char *value);

/* How text looks; all zero: as in a file. */
struct text_look {
    unsigned columns; /* of a line; 0 = as in a file */
    bool colour;
    bool people; /* it goes to a terminal */
};

/* How what goes to `file`, or to standard output if that is NULL, shall look. What goes to standard
 * output is paged from now on, unless it shall not be, or nobody looks. */
struct text_look text_look(const struct text_options *, const char *file);

#endif
