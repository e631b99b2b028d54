/*
 * A report in figures: what `residue check` and `residue diff` compare. Of one process or of
 * several pooled, from a trace or from a report that was written as JSON.
 *
 * Calls are told apart by their names and those of the calls around them; sites of a call by what
 * is acquired and by the lines from there up to the call itself: who called means nothing. Lines
 * move from build to build: what sites of the same functions have in common is another key.
 */
#ifndef ANALYZER_FIGURES_H
#define ANALYZER_FIGURES_H

#include "analyzer/report.h"
#include "analyzer/statistics_compare.h"

/* One line of a stack. */
struct figures_frame {
    const char *module, *function, *file; /* path; each NULL = not known */
    uint64_t offset;                      /* in the module */
    uint32_t line;                        /* 0 = not known */
};

struct figures_stack {
    const char *role;            /* of a finding's: what happened there; else NULL */
    struct figures_frame *frame; /* innermost first */
    size_t count;
};

struct figures_site {
    const char *key;       /* tells it from other sites of its call: functions and lines */
    const char *functions; /* the same without lines */
    const char *resource;  /* "heap block" */
    enum verdict_kind verdict;
    bool perhaps_leak;             /* is called none, by chance perhaps */
    struct estimate bytes, things; /* per call; of what does not leak, as observed */
    double bytes_mix, things_mix;  /* as a call's */
    struct figures_stack stack;    /* of several pooled, of the one that leaves most */
};

/* A call in one of the pooled processes. */
struct figures_part {
    size_t process;
    uint64_t count;
    enum verdict_kind verdict;
    double bytes; /* per call */
};

struct figures_call {
    const char *key, *name;
    const char *within;  /* the calls around it: "A > B"; "" = none */
    const char *kept_by; /* a consequence alone: what it opened lives on because of what this call
                            opened, which a finding tells of; NULL = leaks of itself */
    uint64_t count;
    enum verdict_kind verdict;
    struct estimate bytes; /* per call, what leaks and grows */
    double bytes_mix;      /* of several pooled: half the width that is added where the processes
                              made other numbers of calls, which is chance, too */
    uint64_t mix;          /* tells which of several processes made how many */
    struct figures_site *site;
    size_t site_count;
    struct figures_part *part; /* one for each process that made it */
    size_t part_count;
};

struct figures_finding {
    const char *key;
    const char *kind, *message;
    const char *call, *within; /* call: NULL = outside */
    const char *module;        /* NULL = about none */
    uint64_t count;
    bool remark;          /* worth knowing, and nothing wrong */
    bool per_call;        /* whether there is a rate, by calls or by loads */
    struct estimate rate; /* things */
    double bytes_per_call;
    struct figures_stack *stack;
    size_t stack_count;
    size_t process; /* the first that has it */
};

struct figures_process {
    const char *source;  /* the file it comes from */
    const char *program; /* path */
    const char *command; /* for people: the program's name and its arguments */
    uint64_t pid;
    bool complete; /* all was recorded, to the end */
    uint64_t calls;
};

struct figures {
    struct figures_process *process;
    size_t process_count;
    struct figures_call *call; /* all three sorted by key */
    size_t call_count;
    struct figures_finding *finding;
    size_t finding_count;
    struct figures_storage *storage;
};

/* The figures of `count` files, pooled: traces, reports as JSON, and baselines. NULL when one can't
 * be used, with one line (no newline) in `problem`. The caller frees them with figures_free. */
struct figures *figures_open(const char *const *files, size_t count, const struct report_options *,
                             char *problem, size_t problem_size);
void figures_free(struct figures *);

/* Writes what the figures were read from as one file, which figures_open reads: schema
 * residue-baseline/1, an object with the reports in an array. Errors stay in `out` (ferror). */
void figures_write_baseline(const struct figures *, FILE *out);

/* By key; NULL for none. */
const struct figures_call *figures_call(const struct figures *, const char *key);
const struct figures_finding *figures_finding(const struct figures *, const char *key);

/* Sums up the sites that leak or grow: what the call leaves without those that are `left_out`
 * (an array of site_count; NULL = none is). With all sites, bytes are the call's own. */
struct estimate figures_bytes(const struct figures_call *, const bool *left_out);
struct estimate figures_things(const struct figures_call *, const bool *left_out);

/* The line of code to look at: the innermost one that is known, with a line of a program's own
 * sources (not the system's) before others. NULL when no line is known. */
const struct figures_frame *figures_place(const struct figures_stack *);

/* Whether the frame's line is known and of a program's own sources. */
bool figures_is_own(const struct figures_frame *);

/* What a path ends with, behind the last '/' or '\'. NULL stays. */
const char *figures_base(const char *path);

#endif
