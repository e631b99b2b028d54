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

/* 0 = go on; else the exit status plus 1: what was wrong is said, or --help was asked for. */
int export_parse(int argc, char **argv, struct export_options *);

#endif
