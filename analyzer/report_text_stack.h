/* Stacks for people. */
#ifndef ANALYZER_REPORT_TEXT_STACK_H
#define ANALYZER_REPORT_TEXT_STACK_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

/* Writes the stack of `site`, at most `frames` lines, without what starts every program and thread
 * at its bottom. Says so when there is none. */
void text_stack(struct text *, const struct report *, uint32_t site, unsigned indent,
                unsigned frames);

/* Where `site` is, in at most `columns`: the innermost frame that tells something. */
struct safe text_place(const struct report *, uint32_t site, unsigned columns);

#endif
