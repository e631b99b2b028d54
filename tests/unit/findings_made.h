/* Findings on traces made in memory: what their tests share. */
#ifndef TESTS_UNIT_FINDINGS_MADE_H
#define TESTS_UNIT_FINDINGS_MADE_H

#include "analyzer/findings.h"
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct made *made;
static struct analysis *analysis;
static struct findings findings;
static uint32_t reference, block, client, provider;

static inline void begin(void)
{
    made = made_new();
    client = made_module(made, "/opt/client", 1, 0);
    provider = made_module(made, "/opt/libprovider.so", 1, 0);
    reference = made_kind_released(made, RESIDUE_CLASS_INTERFACE_REFERENCE, "interface reference",
                                   "Release");
    block = made_kind(made, RESIDUE_CLASS_BLOCK, "heap block");
}

static inline void place(const void *closure, uint32_t site, char *text, size_t size)
{
    (void)closure;
    snprintf(text, size, "site %u", site);
}

static inline void find(void)
{
    analysis = analysis_of(made_done(made));
    findings = findings_of(analysis);
    findings_place(&findings, place, NULL);
}

static inline void end(void)
{
    findings_free(&findings);
    analysis_free(analysis);
    free(made);
}

static inline const struct finding *only(enum finding_kind kind)
{
    for (uint32_t i = 1; i < findings.count; i++)
        cr_log_error("%s", findings.finding[i].message);
    cr_assert_eq(findings.count, 1, "%u findings, the first: %s", findings.count,
                 findings.count ? findings.finding[0].message : "");
    cr_assert_eq(findings.finding[0].kind, kind, "%s", findings.finding[0].message);
    return &findings.finding[0];
}

/* A place in the client's code, or the provider's, on a call path; `kind` 0: a release. */
static inline uint32_t at(uint32_t path, uint64_t offset, uint32_t kind)
{
    return made_site(made, path, made_stack(made, client, offset, 2), kind);
}

static inline uint32_t inside(uint32_t path, uint64_t offset, uint32_t kind)
{
    return made_site(made, path, made_stack(made, provider, offset, 2), kind);
}

#endif
