/* Where a stopped thread is, and whether it may be borrowed there: a thread that is inside malloc,
 * the loader or what else dlopen needs holds their locks, and must be let run on. */
#ifndef ANALYZER_ATTACH_PLACE_H
#define ANALYZER_ATTACH_PLACE_H

#include "analyzer/attach_process.h"

struct attach_place;

/* What is loaded in the process now; NULL when that can't be told. The calling thread is the one
 * that traces. */
struct attach_place *attach_place_open(const struct attach_process *);
void attach_place_close(struct attach_place *);

/* Is the stopped thread `tid` at a safe place, all the way up its stack? */
bool attach_place_is_safe(struct attach_place *, pid_t tid);

#endif
