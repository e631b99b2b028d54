/* The command line of `residue export`. */
#ifndef ANALYZER_EXPORT_OPTIONS_H
#define ANALYZER_EXPORT_OPTIONS_H

#include "analyzer/export.h"
#include "analyzer/options.h"

/* Texts are owned by the command line. */
struct export_options {
    const char *trace;
    const struct export_format *format;
    const char *file; /* NULL: standard output */
    const char *build, *commit, *label;
    enum export_weight weight;
    enum export_rows rows;
    bool weighed, chosen; /* --weight, --rows were given */
    struct report_options make;
};

struct export_format {
    const char *name;
    void (*write)(struct export *, FILE *out); /* NULL: a database */
    bool binary;                               /* nothing for a terminal */
    bool (*built_in)(void);                    /* NULL: in every build */
};

/* What is wrong is told on standard error, in one line. */
enum options_read export_parse(int argc, char **argv, struct export_options *);

extern const char export_usage[];

#endif
