/*
 * The gate: what is wrong with what calls leave behind, against limits, against a baseline, or,
 * with neither, against nothing being left at all.
 */
#ifndef ANALYZER_CHECK_H
#define ANALYZER_CHECK_H

#include "analyzer/check_limits.h"
#include "analyzer/check_suppressions.h"

enum check_rule {
    CHECK_LEAK,          /* a call leaks or grows (no baseline, no limits) */
    CHECK_NEW_LEAK,      /* a place that did not leak before */
    CHECK_WORSE_LEAK,    /* a place leaves more than before */
    CHECK_WORSE_CALL,    /* a call's places together do */
    CHECK_OVER_LIMIT,    /* a call leaves more than it may, or has a verdict it may not have */
    CHECK_FINDING,       /* a finding (no baseline), or one that limits don't allow */
    CHECK_NEW_FINDING,   /* one that was not there before */
    CHECK_WORSE_FINDING, /* one that is more frequent than before */
    CHECK_RULES
};

/* "leak", "new-leak" ... and what it means, in a sentence. */
const char *check_rule_name(enum check_rule);
const char *check_rule_meaning(enum check_rule);

struct check_problem {
    enum check_rule rule;
    const char *call;                   /* NULL = outside */
    const char *within;                 /* "A > B" or "" */
    const char *finding;                /* kind; NULL = no finding */
    size_t process;                     /* of a finding: the first that has it */
    char *message;                      /* one line, without the call's name */
    const struct figures_call *figures; /* NULL: of no call */
    struct estimate now, before;        /* bytes per call; findings: things */
    bool compared;                      /* `before` means something */
    const struct figures_stack *stack;  /* of the worst place; NULL = none is known */
    const struct check_suppression *by; /* what suppresses it; NULL = it fails the gate */
    char fingerprint[33];               /* the same for the same leak in every build */
};

struct check {
    const struct figures *now, *before; /* before: NULL = no baseline */
    const struct check_limits *limits;  /* NULL = none */
    struct check_suppressions *suppressions;
    double chance;                 /* that a run which is no worse fails */
    struct check_problem *problem; /* those that fail first; causes, then what they entail; most
                                      bytes first */
    size_t count, failing;
    size_t moved;  /* leaks that are as they were, at another place */
    size_t gone;   /* places that leaked before and don't now */
    size_t untold; /* calls that left something, too few to tell a leak from a cache */
};

/* Finds the problems; the first five fields are set. Freed by check_free, which leaves those. */
void check_judge(struct check *);
void check_free(struct check *);

/* Whether the gate passes. */
bool check_passes(const struct check *);

#endif
