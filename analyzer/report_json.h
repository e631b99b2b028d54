/* The keys of the JSON report, for who puts more beside them. */
#ifndef ANALYZER_REPORT_JSON_H
#define ANALYZER_REPORT_JSON_H

#include "analyzer/report.h"
#include "analyzer/report_json_write.h"

/* Writes them into the object that is open. */
void report_json_keys(const struct report *, struct json_out *);

#endif
