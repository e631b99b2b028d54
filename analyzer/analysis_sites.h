/* The sites of call paths and the verdict on each: what analysis.c and findings.c sum up. */
#ifndef ANALYZER_ANALYSIS_SITES_H
#define ANALYZER_ANALYSIS_SITES_H

#include "analyzer/analysis.h"

/* Survivors, checkpoint summaries and sites of a trace, indexed. Owned by the caller. */
struct analysis_evidence *analysis_gather(const struct trace *);
void analysis_scatter(struct analysis_evidence *);

/* The sites of `path` (0 = outside) that left something, at the end or at a checkpoint, each with
 * its verdict. The array is the caller's to free. */
struct analysis_site *analysis_sites_of(const struct analysis_evidence *, uint32_t path,
                                        uint32_t *count);

/* The verdict on what several sites of `path` left, as if one had, from the end of the run
 * alone. Sorts `sites`. */
struct verdict analysis_judge_together(const struct trace *, uint32_t path,
                                       const struct analysis_site **sites, uint32_t count);

/* The verdict on `survivors` (sorted by ordinal) as if one site of `path` had left them, from the
 * end of the run alone. `dead`: nobody can release them any more. */
struct verdict analysis_judge(const struct trace *, uint32_t path,
                              const struct trace_survivor *survivors, size_t count, bool dead);

/* Sets `survivors` and `bytes` of the site from its entries. */
void analysis_count(struct analysis_site *);

/* Did the dynamic loader acquire it for itself? */
bool analysis_is_loaders(const struct trace *, uint32_t site);

#endif
