/*
 * What tells objects that live from those that one call opened and that ended: references that were
 * taken in excess, releases that are missing.
 */
#ifndef ANALYZER_OBJECTS_HISTORY_H
#define ANALYZER_OBJECTS_HISTORY_H

#include "analyzer/findings.h"

struct history_place {
    const char *role; /* as of a finding's stack */
    uint32_t site;
    uint64_t count; /* references */
};

struct history {
    uint32_t opened;         /* the site where most were opened */
    uint32_t opened_sites;   /* at how many */
    uint64_t objects, ended; /* that live; that others like them were there of and ended */
    uint64_t looked;         /* objects that the following are of */
    /* Where it can't be told which, how many references beside the opening, and releases. */
    uint64_t taken, released;
    bool provider;
    struct history_place *place; /* that of the opening first */
    size_t count;
};

/* Of the objects `member` (indices in trace.objects) of one call; `provider`: what the provider did
 * to them. To be freed with history_free. */
struct history history_of(const struct trace *, const size_t *member, size_t members,
                          bool provider);
void history_free(struct history *);

/* Puts it into the finding: stacks, and a sentence on what is missing. */
void history_tell(struct finding *, const struct history *);

#endif
