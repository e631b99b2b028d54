/* Figures for tests, made of reports in JSON that a test writes down in short. */
#ifndef TESTS_UNIT_FIGURES_MADE_H
#define TESTS_UNIT_FIGURES_MADE_H

#include "analyzer/figures_make.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A site of a report: bytes and things per call with their intervals; the stack is "function:line"
 * words, innermost first. */
struct made_site {
    const char *verdict;
    double bytes[3], things[3];
    const char *stack;
    bool perhaps;
};

static inline json_t *made_stack(const char *words)
{
    json_t *stack = json_array();
    char copy[400];
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        char *colon = strrchr(word, ':');
        int line = colon ? atoi(colon + 1) : 0; /* a number, or part of a name */
        if (line)
            *colon = 0;
        json_array_append_new(stack,
                              json_pack("{sssissssso}", "module", "/lib/libprovider.so", "offset",
                                        64, "function", word, "file", "src/provider.c", "line",
                                        line ? json_integer(line) : json_null()));
    }
    return stack;
}

static inline json_t *made_site_json(const struct made_site *site)
{
    return json_pack("{sssssfs[ff]sfs[ff]sbsisiso}", "verdict", site->verdict, "resource",
                     "heap block", "bytes_per_call", site->bytes[0], "ci95", site->bytes[1],
                     site->bytes[2], "per_call", site->things[0], "per_call_ci95", site->things[1],
                     site->things[2], "perhaps_leak", site->perhaps, "survivors", 1, "bytes", 1,
                     "stack", made_stack(site->stack));
}

/* A call of `count` calls with its sites, the last one without a verdict. The call's own figures
 * are the sums of those that leak. */
static inline json_t *made_call(const char *name, int count, const struct made_site *sites)
{
    json_t *list = json_array();
    double bytes[3] = {0};
    const char *verdict = "clean";
    for (; sites->verdict; sites++) {
        json_array_append_new(list, made_site_json(sites));
        if (strcmp(sites->verdict, "leak") != 0 && strcmp(sites->verdict, "growing") != 0)
            continue;
        verdict = sites->verdict;
        bytes[0] += sites->bytes[0];
        for (int i = 1; i < 3; i++)
            bytes[i] += (sites->bytes[i] - sites->bytes[0]) * (sites->bytes[i] - sites->bytes[0]);
    }
    bytes[1] = bytes[0] - sqrt(bytes[1]);
    bytes[2] = bytes[0] + sqrt(bytes[2]);
    return json_pack("{sss[]sisisssfs[ff]so}", "name", name, "path", "count", count, "finished",
                     count, "verdict", verdict, "bytes_per_call", bytes[0], "ci95", bytes[1],
                     bytes[2], "sites", list);
}

static inline json_t *made_report(const char *program, int pid, json_t *call, json_t *finding)
{
    json_t *report =
        json_pack("{sss{sss[ss]si}s[]s[]}", "schema", "residue-report/1", "program", "path",
                  program, "arguments", program, "-x", "pid", pid, "calls", "findings");
    if (call)
        json_array_append_new(json_object_get(report, "calls"), call);
    if (finding)
        json_array_append_new(json_object_get(report, "findings"), finding);
    return report;
}

static inline json_t *made_finding(const char *kind, const char *call, int count, double per_call)
{
    return json_pack("{sssss[]sisssfsfsss[{sssiso}]}", "kind", kind, "call", call, "path", "count",
                     count, "per", "call", "per_call", per_call, "bytes_per_call", 0.0, "message",
                     "something is wrong", "stacks", "role", "acquired", "count", 1, "stack",
                     made_stack("open:3"));
}

/* The figures of the reports (a list that ends with NULL), which it takes. */
static inline struct figures *made_figures(json_t *report, ...)
{
    struct figures_storage *storage = calloc(1, sizeof *storage);
    struct figures each[8];
    char problem[300];
    size_t count = 0;
    va_list more;
    storage->reports = json_array();
    va_start(more, report);
    for (; report; report = va_arg(more, json_t *)) {
        json_array_append_new(storage->reports, report);
        cr_assert(
            figures_read(storage, report, "made.json", &each[count++], problem, sizeof problem),
            "%s", problem);
    }
    va_end(more);
    struct figures *pooled = figures_take(storage, 1, sizeof *pooled);
    figures_pool(storage, each, count, pooled);
    pooled->storage = storage;
    return pooled;
}

#endif
