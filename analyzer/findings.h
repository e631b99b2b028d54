/*
 * Findings: what a developer should be told beyond a rate. Only what happens again and again is a
 * finding; a thing left once is not.
 */
#ifndef ANALYZER_FINDINGS_H
#define ANALYZER_FINDINGS_H

#include "analyzer/analysis.h"

enum finding_kind {
    FINDING_SECTION_IN_FREED_MEMORY,
    FINDING_ORPHANED_BY_UNLOAD,
    FINDING_UNBALANCED_LOADS,
    FINDING_PRIVATE_HEAP,
};

enum finding_per { FINDING_PER_CALL, FINDING_PER_LOAD, FINDING_PER_NOTHING };

/* A stack that shows the finding, and what happened there. */
struct finding_stack {
    const char *role; /* "initialised", "block freed", "block allocated", "acquired" */
    uint32_t site;    /* index in trace.sites */
    uint64_t count;   /* things of the finding that share it */
};

enum { FINDING_STACKS = 6 };

struct finding {
    enum finding_kind kind;
    uint32_t path;   /* call path; 0 = outside */
    uint32_t module; /* index in trace.modules of the one that is gone; 0 = about none */
    uint64_t count;
    enum finding_per per; /* what the two rates count by; 0 when by nothing */
    double per_call, bytes_per_call;
    char *message;
    struct finding_stack stacks[FINDING_STACKS]; /* most frequent first */
    uint32_t stack_count;
};

struct findings {
    struct finding *finding;
    uint32_t count;
};

/* All findings of an analysis. The caller frees them with findings_free. */
struct findings findings_of(const struct analysis *);
void findings_free(struct findings *);

/* The kind as the report names it: "critical-section-in-freed-memory" ... */
const char *finding_kind_name(enum finding_kind);

/* A module's name for people: its file name without "lib" in front and ".so", ".so.1", ".dll" or
 * ".exe" behind. Writes at most `size` bytes, terminated. */
void finding_module_name(const char *path, char *name, size_t size);

#endif
