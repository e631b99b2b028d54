/* What a process died of, in words. */
#ifndef ANALYZER_FINDINGS_FAULT_H
#define ANALYZER_FINDINGS_FAULT_H

#include "analyzer/trace.h"

/* "SIGSEGV", "an access violation": of trace->fault, which is there. Writes at most `size` bytes,
 * terminated. */
void finding_fault_name(const struct trace *, char *text, size_t size);

#endif
