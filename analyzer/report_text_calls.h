/* The calls of the report, each with what is known of its leaks. */
#ifndef ANALYZER_REPORT_TEXT_CALLS_H
#define ANALYZER_REPORT_TEXT_CALLS_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

/* Calls that leak, and such as ran too few times to tell; then how many others there are. With
 * report.all all of them. */
void text_calls(struct text *, const struct report *);

/* The findings of call path `path`, 0 for outside, that its entry does not show. */
void text_findings(struct text *, const struct report *, uint32_t path);

/* Whether the call left things so often that it may well leak, but ran too few times to tell. */
bool text_suspect(const struct analysis_call *);

#endif
