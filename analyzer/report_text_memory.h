/* What the report says beyond calls: what is live outside them, and the process's memory. */
#ifndef ANALYZER_REPORT_TEXT_MEMORY_H
#define ANALYZER_REPORT_TEXT_MEMORY_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

void text_outside(struct text *, const struct report *);
void text_memory(struct text *, const struct report *);

#endif
