/* Processes that will be recorded but have not said hello yet: forked or executed just now. */
#ifndef ANALYZER_RUN_NEWCOMERS_H
#define ANALYZER_RUN_NEWCOMERS_H

#include "analyzer/run_server.h"

/* Whether a process runs that was given the server's socket and is none of its images. It may be
 * one that never comes: a static program, say. */
bool run_newcomers(const struct run_server *);

#endif
