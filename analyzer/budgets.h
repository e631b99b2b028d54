/*
 * Server budgets: how many objects of an interface may be open at a time, and after how many more
 * calls that many are, as things go.
 */
#ifndef ANALYZER_BUDGETS_H
#define ANALYZER_BUDGETS_H

#include "analyzer/analysis.h"

struct budget {
    const struct trace_budget *about;
    uint64_t open;   /* now; of a budget of sessions, in the session that has most */
    double per_call; /* how many more with each call of `path` */
    uint32_t path;
    bool exact;          /* the leak is regular: the very call that will fail is known */
    uint64_t calls_left; /* of `path`, the last of which reaches the budget; 0: it is reached */
};

struct budgets {
    struct budget *budget; /* worst first */
    size_t count;
};

/* Those that will be reached because something leaks; what does not grow is no matter. Without
 * memory the process ends with one line. To be freed with budgets_free. */
struct budgets budgets_of(const struct analysis *);
void budgets_free(struct budgets *);

#endif
