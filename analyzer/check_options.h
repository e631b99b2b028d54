/* What `residue check` and `residue run --check` are told on the command line. */
#ifndef ANALYZER_CHECK_OPTIONS_H
#define ANALYZER_CHECK_OPTIONS_H

#include "analyzer/check_output.h"
#include "analyzer/text_options.h"
#include <getopt.h>

enum { CHECK_FILES = 64 };

struct check_options {
    const char *command; /* as problems name it: "residue check" */
    struct report_options make;
    const char *baseline[CHECK_FILES];
    size_t baseline_count;
    const char *limits, *suppressions; /* files; NULL = none */
    enum check_format format;          /* of standard output */
    struct {
        enum check_format format;
        const char *file;
    } output[CHECK_FILES];
    size_t output_count;
    double chance; /* that a run which is no worse fails */
    bool update_baseline;
    struct text_options text;
};

/* Values of long options, apart from those of any command. */
enum {
    CHECK_OPTION_LIMITS = 1000,
    CHECK_OPTION_BASELINE,
    CHECK_OPTION_UPDATE,
    CHECK_OPTION_SUPPRESSIONS,
    CHECK_OPTION_FORMAT,
    CHECK_OPTION_OUTPUT,
    CHECK_OPTION_CHANCE,
    CHECK_OPTION_END,
};

/* For an array of getopt_long; what a usage text says of them. */
#define CHECK_LONG_OPTIONS                                                                         \
    {"limits", required_argument, NULL, CHECK_OPTION_LIMITS},                                      \
        {"baseline", required_argument, NULL, CHECK_OPTION_BASELINE},                              \
        {"update-baseline", no_argument, NULL, CHECK_OPTION_UPDATE},                               \
        {"suppressions", required_argument, NULL, CHECK_OPTION_SUPPRESSIONS},                      \
        {"format", required_argument, NULL, CHECK_OPTION_FORMAT},                                  \
    {                                                                                              \
        "chance", required_argument, NULL, CHECK_OPTION_CHANCE                                     \
    }
#define CHECK_USAGE                                                                                \
    "      --limits FILE         what calls may leave behind\n"                                    \
    "      --baseline FILE       what they left before: a trace, a report as JSON, or what an\n"   \
    "                            update wrote; may be repeated, they are pooled\n"                 \
    "      --update-baseline     compare, then put what was found in the baseline's place\n"       \
    "      --suppressions FILE   what is known, why, and until when\n"                             \
    "      --format text|github|markdown|junit|sarif|gitlab\n"                                     \
    "                            what goes to standard output (default: text)\n"                   \
    "      --chance P            that a run which is no worse fails (default: 0.0001)\n"

/* Nothing given. */
struct check_options check_options_new(const char *command);

/* Takes option CHECK_OPTION_...; false when its value is wrong, which is said. */
bool check_option(struct check_options *, int option, const char *value);

/* Whether `value` is FORMAT=FILE. */
bool check_is_output(const char *value);

/* Whether the options fit together; if not, that is said. */
bool check_options_fit(const struct check_options *);

/* Whether limits, suppressions and baselines can be read, before there is anything to be judged; if
 * not, that is said. */
bool check_inputs(const struct check_options *);

/* Reads the files, pools them, judges, writes. Returns the exit status: 0 the gate is passed, 1 it
 * is not, 2 it could not be told, which is said. */
int check_files(const struct check_options *, const char *const *files, size_t count);

#endif
