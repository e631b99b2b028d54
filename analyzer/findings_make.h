/* How findings come about: shared by the files that look for each kind. */
#ifndef ANALYZER_FINDINGS_MAKE_H
#define ANALYZER_FINDINGS_MAKE_H

#include "analyzer/findings.h"
#include "analyzer/objects.h"

/* Outside of watched calls there are no ordinals to judge by. What is then repeated is a number of
 * equal things that nobody makes on purpose. */
enum { FINDING_OUTSIDE_LEAST = 10 };

/* Appends a finding that tells `format`. The pointer is good until the next one is added. */
struct finding *finding_add(struct findings *, enum finding_kind, uint32_t path, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/* Where `site` is, for a message: a mark that findings_place makes "sync.c:212" of. */
struct finding_place {
    char text[16];
};
struct finding_place finding_place(uint32_t site);

/* A further sentence, after those it has. */
void finding_detail(struct finding *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The name of the call that is innermost on `path`: "IMAPISession::OpenMsgStore"; outside it is
 * "the program". */
const char *finding_call(const struct trace *, uint32_t path);

/* A rate from a verdict; `count` things at the end of the run. */
void finding_rate(struct finding *, const struct verdict *, uint64_t count);

/* One more stack, while there is room. No site: none. */
void finding_stack(struct finding *, const char *role, uint32_t site, uint64_t count);

/* Things of one cause, each by the call that acquired it: what a rate is computed from. Freed by
 * finding_things_free. */
struct finding_things {
    struct trace_survivor *thing; /* of each the ordinal, bytes, and 1 as count */
    size_t count, room;
    bool dead; /* nobody can release them any more: see analysis_dead.h */
};
void finding_thing(struct finding_things *, uint32_t ordinal, uint64_t bytes);
void finding_things_free(struct finding_things *);

/* Whether calls of `path` (0: outside, by number) leave such things again and again. Sorts them. */
bool finding_systematic(const struct trace *, uint32_t path, struct finding_things *,
                        struct verdict *);

/* The rate of things that are a finding. */
void finding_rate_of(struct finding *, const struct verdict *, const struct finding_things *);

/* What was left by the sites of one call path, 0 for outside. */
struct finding_sites {
    uint32_t path;
    const struct analysis_site *site;
    uint32_t count;
};

/* What findings on objects and buffers build upon. */
struct findings_context {
    const struct analysis *analysis;
    const struct trace *trace;
    struct objects objects;
    bool *consequence; /* by index in trace.objects: what its opening call left is told with it */
};

/* Whether call `ordinal` of `path` opened an object that a finding tells of with all it holds. */
bool findings_told(const struct findings_context *, uint32_t path, uint32_t ordinal);

void find_object_leaks(struct findings *, struct findings_context *);
void find_references(struct findings *, const struct findings_context *);
void find_over_released(struct findings *, const struct findings_context *);
void find_misuse(struct findings *, const struct findings_context *);
void find_buffers(struct findings *, const struct findings_context *);
void find_handles(struct findings *, const struct findings_context *);

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
