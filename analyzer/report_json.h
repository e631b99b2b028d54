/* The keys of the JSON report, for who puts more beside them. */
#ifndef ANALYZER_REPORT_JSON_H
#define ANALYZER_REPORT_JSON_H

#include "analyzer/report_frames.h"
#include "analyzer/report_json_write.h"

/* Writes them into the object that is open. With report.frames stacks are arrays of numbers. */
void report_json_keys(const struct report *, struct json_out *);

/* Writes the array `frames`, that the numbers are indices of. */
void report_json_frames(const struct report_frames *, struct json_out *);

#endif
