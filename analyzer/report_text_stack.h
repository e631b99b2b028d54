/* Stacks for people. */
#ifndef ANALYZER_REPORT_TEXT_STACK_H
#define ANALYZER_REPORT_TEXT_STACK_H

#include "analyzer/report.h"
#include "analyzer/report_text_write.h"

/* The stacks that one entry of the report has shown so far: what a stack shares with one of them is
 * not shown again. Begin with zeros, end with text_stacks_free. */
struct text_stacks {
    struct report_stack *shown;
    size_t count;
};
void text_stacks_free(struct text_stacks *);

/* Writes the stack of `site`, at most `frames` lines, without what starts every program and thread
 * at its bottom. Says so when there is none. */
void text_stack(struct text *, const struct report *, uint32_t site, unsigned indent,
                unsigned frames, struct text_stacks *);

/* Where `site` is, in at most `columns`: the innermost frame that is neither in the language's own
 * libraries nor without a name. */
struct safe text_place(const struct report *, uint32_t site, unsigned columns);

#endif
