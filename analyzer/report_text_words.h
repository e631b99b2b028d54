/* Words of the report: names cut to fit, things counted, verdicts as people say them. */
#ifndef ANALYZER_REPORT_TEXT_WORDS_H
#define ANALYZER_REPORT_TEXT_WORDS_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

/* A call's name, as long as a line can bear. */
struct safe words_name(const char *name);

/* "1 critical section", "2.5 heap blocks", "3 SSL_new": a name that is no word takes no s. */
struct safe words_things(double count, const char *kind);

/* A function's name in at most `columns`: what is too long loses its template arguments first, then
 * those of its parameters, then its middle. */
struct safe words_function(const char *name, unsigned columns);

/* "" for one, else "s". */
const char *words_plural(uint64_t count);

/* A resource's kind by its index in the trace. */
const char *words_kind(const struct report *, uint32_t kind);

/* "leaks", "too few calls", "fills up" ... */
const char *words_verdict(enum verdict_kind);

/* "once", "2,000 calls". */
struct figure words_calls(uint64_t count);

#endif
