/* Which modules' functions have no names or lines in the report, and why. */
#include "analyzer/report_symbols.h"

const char *report_symbols_problem(const struct report *report, uint32_t *module)
{
    const struct trace *trace = report->trace;
    while (report->symbols && *module < trace->module_count) {
        const char *problem = symbols_problem(report->symbols, trace->modules[++*module].path);
        bool told = false; /* of another file at the same path */
        for (uint32_t i = 1; problem && i < *module && !told; i++)
            told = symbols_problem(report->symbols, trace->modules[i].path) == problem;
        if (problem && !told)
            return problem;
    }
    return NULL;
}
