/*
 * A trace in the analyzer's memory: everything of a trace file (include/residue/trace.h), checked,
 * with identities turned into indices. Index 0 of each array is unused: identities count from 1.
 */
#ifndef ANALYZER_TRACE_H
#define ANALYZER_TRACE_H

#include "analyzer/trace_summary.h"
#include <residue/trace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_module {
    const char *path; /* terminated, owned by the trace */
    const uint8_t *build_id;
    uint32_t build_id_length;
    uint32_t loads, unloads;
    uint32_t came; /* generation of modules at the last load: outside, what has a lower one as its
                      ordinal is older */
    const uint32_t *finished; /* came again: calls of path i + 1 that had come back by then, each of
                                 finished_count; NULL = it did not */
    uint32_t finished_count;
    uint64_t bias;
    bool gone; /* no longer loaded at the end */
};

struct trace_name {
    const char *text;
    enum residue_role role;
};

struct trace_path {
    uint32_t parent, name, depth;
    uint32_t started, finished;
};

struct trace_stack {
    uint32_t depth, flags;
    const uint32_t *frame; /* indices in trace.frames, innermost first */
};

struct trace_kind {
    enum residue_class class;
    const char *name;
    const char *release; /* the function that releases one; NULL = not known */
};

struct trace_site {
    uint32_t path, stack, kind;
};

/* A survivor, a block or any other live resource; or several that are alike. There may be millions:
 * it is kept small. */
struct trace_survivor {
    uint32_t site, ordinal;
    uint64_t size : 48; /* of each */
    uint64_t count : 16;
};
#define TRACE_SIZE_MOST  (((uint64_t)1 << 48) - 1)
#define TRACE_COUNT_MOST UINT16_MAX

/* For qsort: by site, then ordinal. */
int trace_survivors_order(const void *one, const void *other);

/* What else is known of survivors that are not just bytes: critical sections, private heaps,
 * references to modules and interfaces, MAPI buffers and what calls returned for their caller to
 * free, things counted by thread. Each is a survivor too. */
struct trace_resource {
    uint32_t site, ordinal;
    uint64_t size;
    uint64_t handle;
    uint32_t freed_site, freed_block_site,
        freed_ordinal; /* critical sections in freed memory, else 0 */
    uint64_t parent;   /* handle of the resource it is released with; 0 = none */
    uint32_t thread;   /* which acquired it, of kinds counted by thread; else 0 */
};

/* For qsort: by site, then ordinal, then handle. */
int trace_resources_order(const void *one, const void *other);

/* An object that lives, or that ended and was told of all the same. Its opening, while it lives, is
 * a survivor too, and so is each further reference of the client's that no Release answers: at the
 * site of the event that took it, or rather at one like it whose kind is that of the object's. */
struct trace_object {
    uint32_t id;
    bool live;
    uint32_t parent;    /* id of the object it was opened from, lower than its own; 0 = not known */
    uint32_t before;    /* id of the one that ended last at its address, lower; 0 = not known */
    uint32_t interface; /* index in trace.names */
    uint32_t site, ordinal;
    uint32_t flags, held; /* as in the record */
    uint32_t unlisted;
    uint64_t address;
    const struct residue_event *event; /* whose sites are valid; in order */
    uint32_t event_count;
};

struct trace_budget {
    uint32_t most;
    enum residue_budget_per per;
    const char *interface, *text; /* "IMAPIFolder", "open folders per session" */
};

struct trace_checkpoint {
    uint32_t reason, path;
    uint64_t time_ns, private_bytes, tracked_bytes, tracked_count;
    const struct trace_summary *const *summaries;
    uint32_t summary_count;
};

struct trace {
    struct residue_header header; /* texts in it are terminated */
    bool truncated;               /* the file ends before header.end: what there is was read */
    char **arguments;
    uint32_t argument_count;
    struct trace_module *modules;
    uint32_t module_count; /* highest id: modules[1 .. module_count] */
    struct trace_name *names;
    uint32_t name_count;
    struct trace_path *paths;
    uint32_t path_count;
    struct trace_stack *stacks;
    uint32_t stack_count;
    struct residue_frame *frames; /* each once, however many stacks it is in; no index is unused */
    uint32_t frame_count;         /* module ids in them are valid or 0 */
    struct trace_kind *kinds;
    uint32_t kind_count;
    struct trace_site *sites;
    uint32_t site_count;
    struct trace_survivor *survivors; /* sorted by site, then ordinal */
    size_t survivor_count;
    struct trace_resource *resources; /* sorted by site, then ordinal */
    size_t resource_count;
    struct trace_object *objects; /* sorted by id; from 0 on */
    size_t object_count;
    struct residue_tally
        *tallies;       /* sorted by opened, site, kind; all indices in these three are */
    size_t tally_count; /* valid or 0 */
    struct residue_misuse *misuses;
    size_t misuse_count;
    struct residue_fault *fault; /* that the process died of; NULL = none was seen */
    struct trace_budget *budgets;
    size_t budget_count;
    uint32_t own_site_count; /* sites beyond are not the file's: see struct trace_object */
    struct trace_survivor *references; /* the survivors that objects stand for, sorted as those */
    size_t reference_count;
    struct trace_checkpoint *checkpoints; /* in order of time; checkpoints[0 .. checkpoint_count) */
    uint32_t checkpoint_count;
    void *storage; /* private to the reader */
};

/* Reads the trace at `path`, a compact file or a live mapping. Returns NULL when it can't be used,
 * with one line (no newline) in `problem`. A reader of a live trace gets a consistent copy. The
 * caller frees it with trace_close. Not thread-safe per trace. */
struct trace *trace_open(const char *path, char *problem, size_t problem_size);

/* The same for an open descriptor, which stays the caller's; `label` is named in problems. */
struct trace *trace_open_fd(int fd, const char *label, char *problem, size_t problem_size);

void trace_close(struct trace *);

/* The object of that identity; NULL when it is not in the trace. */
const struct trace_object *trace_object_of(const struct trace *, uint32_t id);

/* What live objects are survivors of. `sites` are those to be added to the trace's, with the
 * identities that follow its own; `survivors` are sorted by site and ordinal. Both are the caller's
 * to free. False: memory is short. */
struct trace_references {
    struct trace_site *sites;
    uint32_t site_count;
    struct trace_survivor *survivors;
    size_t survivor_count;
};
bool trace_references_of(const struct trace *, struct trace_references *);

/* The resources of `site`; sets `*count`. NULL when there are none. */
const struct trace_resource *trace_resources_of(const struct trace *, uint32_t site, size_t *count);

/* Writes `trace` as a compact file at `path`, through a temporary file and rename, so that a full
 * disk leaves no half a file. Returns false with one line in `problem`. */
bool trace_write_compact(const struct trace *, const char *path, char *problem,
                         size_t problem_size);

/* Puts the compact file in place of one that is a mapping's contents, holes and all. It stays as it
 * is, and is a trace all the same, where that fails. */
void trace_compact(const char *path);

#endif
