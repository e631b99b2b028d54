/* What reports say of objects, what was done wrong with them and others, and of budgets. */
#ifndef ANALYZER_REPORT_OBJECTS_H
#define ANALYZER_REPORT_OBJECTS_H

#include "analyzer/budgets.h"
#include "analyzer/report.h"
#include "analyzer/report_json_write.h"
#include "analyzer/report_text_write.h"

/* "sync.c:212" for the code that `site` is about, or "client+0x1234" where no line is known. For
 * findings_place; `report` is a struct report. */
void report_place(const void *report, uint32_t site, char *text, size_t size);

/* The finding because of which objects that calls of `path` opened live; NULL when there is none.
 */
const struct finding *report_kept_by(const struct report *, uint32_t path);

/* An event in words: "AddRef", "opened"; of a call the method's name. */
const char *report_event_name(const struct report *, const struct residue_event *);

/* The references after an event, where there were `before`: by counting, for what AddRef and
 * Release return is said to be for tests alone. Never below none. */
uint64_t report_references(uint64_t before, const struct residue_event *);

/* JSON: the stack of a site, under "stack" (report_json.c). */
void report_json_stack(struct json_out *, const struct report *, uint32_t site);

/* More keys of a finding, a call, a program's exit; and "budgets". */
void report_json_finding(struct json_out *, const struct report *, const struct finding *);
void report_json_call(struct json_out *, const struct report *, uint32_t path);
void report_json_fault(struct json_out *, const struct report *);
void report_json_budgets(struct json_out *, const struct report *);

/* Text: what a finding about objects, buffers and handles says, without its stacks; false for one
 * of another kind, of which nothing is written. */
bool text_objects_finding(struct text *, const struct report *, const struct finding *,
                          unsigned indent);
/* The history of a finding's object, if it has one. */
void text_objects_history(struct text *, const struct report *, const struct finding *,
                          unsigned indent);
/* That what a call opened lives because of another's leak; what the process died of; budgets. */
void text_objects_kept(struct text *, const struct report *, uint32_t path);
void text_objects_fault(struct text *, const struct report *);
void text_objects_budgets(struct text *, const struct report *);

#endif
