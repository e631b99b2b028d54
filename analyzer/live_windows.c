/* There a trace is a section that only its runner and its client hold. */
#include "analyzer/live.h"

#include <stdio.h>

bool live_trace(const char *pid, char *path, size_t size, char *problem, size_t problem_size)
{
    (void)pid, (void)path, (void)size;
    snprintf(problem, problem_size,
             "--live is not there on Windows yet: the trace is written when "
             "the process ends");
    return false;
}
