/* What the formats of `residue export` share: the material, site by site, and names that every
 * format can bear. */
#ifndef ANALYZER_EXPORT_H
#define ANALYZER_EXPORT_H

#include "analyzer/report.h"

/* What a stack weighs where a format has room for one weight. */
enum export_weight {
    EXPORT_RATE,    /* bytes left per call, by sites that leak or grow */
    EXPORT_THINGS,  /* things left per call, by the same */
    EXPORT_BYTES,   /* bytes live at the end */
    EXPORT_OBJECTS, /* things live at the end */
    EXPORT_WEIGHTS
};

enum export_rows { EXPORT_CALLS, EXPORT_SITES, EXPORT_FINDINGS };

/* A report on its way into another format. Texts are owned by the caller; NULL = not given. */
struct export
{
    const struct report *report;
    enum export_weight weight; /* folded */
    enum export_rows rows;     /* csv */
    const char *build;         /* what was measured, as its makers name it */
    const char *commit;        /* what it was built from */
    const char *label;
    struct report_stack *frames; /* by frame of the trace, as far as they were asked for */
};

/* What is named where no call is: the resources that were acquired in none. */
#define EXPORT_OUTSIDE "(outside)"

/* Between the names of a call path. */
#define EXPORT_INSIDE " > "

/* ---- samples: each site once, in the report's order, what is outside last ---- */

/* Begin with {0}. */
struct export_sample {
    const struct analysis_call *call; /* NULL = outside */
    const struct analysis_site *site;
    uint32_t calls, sites; /* how many were seen: the iteration's own */
};

/* The next sample, or false after the last. */
bool export_next(const struct export *, struct export_sample *);

/* Its weight. Over the samples of one call EXPORT_RATE sums to the call's rate. */
double export_weight_of(const struct export_sample *, enum export_weight);

/* ---- stacks ---- */

/* The frames of the sample's stack, innermost first, as indices in trace.frames; sets `*depth`. */
const uint32_t *export_stack_of(const struct export *, const struct export_sample *,
                                uint32_t *depth);

/* A frame's lines, innermost first: at least one. Kept until export_done. */
const struct report_stack *export_frame_of(struct export *, uint32_t frame);

/* Frees what was kept. */
void export_done(struct export *);

/* ---- names, in UTF-8, to be freed by the caller; without memory the process ends ---- */

char *export_text(const char *bytes);

/* "A > B": the calls around one, outermost first; "" when there are none. */
char *export_outer_of(const struct analysis_call *);

/* "A > B > call"; EXPORT_OUTSIDE for NULL. */
char *export_path_of(const struct analysis_call *);

/* "function", else "module+0x1f0", else "0x7f0012345678". */
char *export_name_of(const struct report_frame *);

/* A resource's kind: "heap block". */
const char *export_kind_of(const struct export *, const struct export_sample *);

/* A module's build id in hexadecimal digits, "" when it has none; `size` at least 2 * 64 + 1. */
void export_build_id(const struct trace_module *, char *digits, size_t size);

/* ---- formats ---- */

/* Each writes all of it to `out`; write errors stay in `out` (ferror). */
void export_csv(struct export *, FILE *out);
void export_folded(struct export *, FILE *out);
void export_openmetrics(struct export *, FILE *out);
void export_pprof(struct export *, FILE *out);
void export_speedscope(struct export *, FILE *out);

/* Appends the report to the database at `path` (export_sqlite_schema.h). False with one line (no
 * newline) in `problem`: then the database is as it was. */
bool export_sqlite(struct export *, const char *path, char *problem, size_t problem_size);

/* Whether this build of residue has what pprof, or the database, needs. */
bool export_has_pprof(void);
bool export_has_sqlite(void);

#endif
