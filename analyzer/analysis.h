/*
 * What a trace says: for each call path what its calls leave behind, by site and in sum.
 */
#ifndef ANALYZER_ANALYSIS_H
#define ANALYZER_ANALYSIS_H

#include "analyzer/trace.h"
#include "analyzer/verdict.h"

/* A site that left something behind, at the end or at a checkpoint. */
struct analysis_site {
    uint32_t site;                         /* index in trace.sites */
    struct verdict verdict;                /* of its path's calls; of no use outside */
    const struct trace_survivor *survivor; /* at the end, by ordinal: `entries` of them, which */
    size_t entries;                        /* stand for `survivors` */
    uint64_t survivors, bytes;             /* at the end */
    size_t leaving;                        /* calls that left them */
    uint32_t owner;                        /* module whose code acquired them; 0 = not known */
    size_t orphans; /* the first so many entries are of a load that is over */
    bool dead;      /* nobody can release them any more */
};

/* Things of one kind that leaking sites leave behind per call. */
struct analysis_things {
    uint32_t kind; /* index in trace.kinds */
    double per_call;
};

struct analysis_call {
    uint32_t path; /* index in trace.paths */
    const char *name;
    const char **outer; /* names of the calls around it, outermost first */
    uint32_t outer_count;
    uint64_t count, finished;
    enum verdict_kind verdict;
    /* The sums of the sites that leak or grow. */
    double bytes_per_call, ci95[2];
    bool exact;
    double per_call[RESIDUE_CLASS_RETURNED + 1]; /* things by class */
    struct analysis_things *things;              /* by kind; all classes */
    uint32_t thing_count;
    double observed_bytes_per_call;  /* of sites with too few calls for a verdict */
    double inclusive_bytes_per_call; /* with what calls inside it leave, per call of this path */
    uint64_t survivors, bytes;       /* at the end, of all its sites */
    struct analysis_site *sites;     /* worst first */
    uint32_t site_count;
};

struct analysis {
    const struct trace *trace;
    struct analysis_call *calls; /* worst first */
    uint32_t call_count;
    uint32_t left_out;             /* calls that follow them: not selected, worst first too */
    uint32_t leaking;              /* how many of them leak or grow: the first ones */
    uint64_t executions;           /* calls begun, of all paths */
    double leaked_bytes;           /* what leaks left behind over the whole run */
    struct analysis_site *outside; /* most bytes first */
    uint32_t outside_count;
    uint64_t outside_survivors, outside_bytes;
};

/* Analyses `trace`, which must outlive the result. Never returns NULL: without memory the process
 * ends with one line. The caller frees it with analysis_free. */
struct analysis *analysis_of(const struct trace *);
void analysis_free(struct analysis *);

/* Narrows `calls`, `call_count`, `leaking` and `executions` to the calls that are wanted. The rest
 * stays as it was, and so does what it sums up. Once for an analysis. */
void analysis_select(struct analysis *, bool (*wanted)(const struct analysis_call *, void *),
                     void *closure);

/* The entry of call path `path`; NULL for 0 and for paths without one. */
const struct analysis_call *analysis_call_of(const struct analysis *, uint32_t path);

/* The call that leaves most bytes behind, selected or not; NULL when no call leaks bytes. */
const struct analysis_call *analysis_worst(const struct analysis *);

/* The class of what `site` acquires; 0 for sites of releases. */
enum residue_class analysis_class(const struct trace *, uint32_t site);

/* Zeroed memory for `count` things, or the end of the process with one line. */
void *analysis_take(size_t count, size_t size);
/* `array` with room for one more element of `size` bytes after the `count` it has, or the end. */
void *analysis_grow(void *array, size_t size, size_t count, size_t *room);
_Noreturn void analysis_no_memory(void);

#endif
