/* Lines of source text around the places that stacks name, for renderers that show them. */
#ifndef ANALYZER_REPORT_SOURCES_H
#define ANALYZER_REPORT_SOURCES_H

#include "analyzer/report_json_write.h"

struct report_sources;

/* NULL without memory: then no lines are shown. */
struct report_sources *report_sources_open(void);
void report_sources_close(struct report_sources *);

/* Lines around `line` of `file` will be shown. `file` must stay until the end. */
void report_sources_want(struct report_sources *, const char *file, uint32_t line);

/* Writes {"FILE": {"LINE": "text", ...}, ...} of the files that are there, under `key`. Only files
 * that are named like source text are read: what a program's debug information names may be
 * anything. */
void report_sources_write(struct report_sources *, struct json_out *, const char *key);

#endif
