/* How findings come about: shared by the files that look for each kind. */
#ifndef ANALYZER_FINDINGS_MAKE_H
#define ANALYZER_FINDINGS_MAKE_H

#include "analyzer/findings.h"

/* Outside of watched calls there are no ordinals to judge by. What is then repeated is a number of
 * equal things that nobody makes on purpose. */
enum { FINDING_OUTSIDE_LEAST = 10 };

/* Appends a finding that tells `format`. The pointer is good until the next one is added. */
struct finding *finding_add(struct findings *, enum finding_kind, uint32_t path, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/* A rate from a verdict; `count` things at the end of the run. */
void finding_rate(struct finding *, const struct verdict *, uint64_t count);

/* One more stack, while there is room. No site: none. */
void finding_stack(struct finding *, const char *role, uint32_t site, uint64_t count);

/* What was left by the sites of one call path, 0 for outside. */
struct finding_sites {
    uint32_t path;
    const struct analysis_site *site;
    uint32_t count;
};

/* Critical sections whose memory was freed. */
void find_lost_sections(struct findings *, const struct trace *, const struct finding_sites *);

/* Blocks whose module is gone, of all modules. */
void find_orphans(struct findings *, const struct trace *, const struct finding_sites *);

/* Of calls: what they acquired and never released, of one class; outside: one module held by many
 * references. */
void find_never_released(struct findings *, const struct trace *, const struct finding_sites *,
                         enum residue_class);
void find_held_modules(struct findings *, const struct trace *, const struct finding_sites *);

#endif
