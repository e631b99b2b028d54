/*
 * Findings: what a developer should be told beyond a rate. Only what happens again and again is a
 * finding; a thing left once is not.
 */
#ifndef ANALYZER_FINDINGS_H
#define ANALYZER_FINDINGS_H

#include "analyzer/analysis.h"

enum finding_kind {
    FINDING_SECTION_IN_FREED_MEMORY,
    FINDING_ORPHANED_BY_UNLOAD,
    FINDING_UNBALANCED_LOADS,
    FINDING_PRIVATE_HEAP,
    FINDING_REFERENCE_LEAK,
    FINDING_LOGGED_OFF_NOT_RELEASED,
    FINDING_OVER_RELEASED,
    FINDING_LINKED_BUFFER_FREED,
    FINDING_WRONG_FUNCTION,
    FINDING_WRONG_ALLOCATOR,
    FINDING_DOUBLE_FREE,
    FINDING_UNBALANCED_RELEASE,
    FINDING_SESSION_NOT_LOGGED_OFF,
    FINDING_STORE_NOT_LOGGED_OFF,
    FINDING_LOGGED_OFF_WITH_OBJECTS_OPEN,
    FINDING_WRONG_ORDER,
    FINDING_SINK_OUTLIVES_SESSION,
    FINDING_RETURNED_BUFFER,
    FINDING_LINKED_BUFFERS,
    FINDING_MAPI_BUFFER,
    FINDING_ROWS_LOST,
    FINDING_ADVISE,
    FINDING_UNBALANCED_INITIALIZE,
    FINDING_HANDLE,
    FINDING_KINDS
};

enum finding_per { FINDING_PER_CALL, FINDING_PER_LOAD, FINDING_PER_NOTHING };

/* A stack that shows the finding, and what happened there. */
struct finding_stack {
    const char *role; /* "initialised", "block freed", "acquired", "opened", "released in others" */
    uint32_t site;    /* index in trace.sites */
    uint64_t count;   /* things of the finding that share it */
};

enum { FINDING_STACKS = 6 };

/* Objects that live only because of those that the finding is about. */
struct finding_kept {
    uint32_t path; /* of the call that opened them */
    const char *interface;
    uint64_t count;
};

struct finding {
    enum finding_kind kind;
    bool remark;     /* worth knowing, and nothing to be mended */
    uint32_t path;   /* call path; 0 = outside */
    uint32_t module; /* index in trace.modules of the one that is gone; 0 = about none */
    uint64_t count;
    enum finding_per per; /* what the two rates count by; 0 when by nothing */
    double per_call, bytes_per_call;
    char *message; /* a sentence; places in it are marks until findings_place has been called */
    char *detail;  /* a further one that helps to find the cause; NULL = none */
    const struct trace_object *object; /* whose history shows it; NULL = none */
    uint32_t
        one_too_many; /* of an over-released one: the event that should not be, from 1; 0 = none */
    const struct trace_object *before; /* that was at its address before, and whose Release it may
                                          be; NULL = none */
    const struct trace_object *victim; /* that was at its address by then, and met the Release too
                                          many; NULL = none */
    struct trace_object *made;         /* `object`, if it was put together for the finding */
    uint32_t thread; /* of what is counted by thread: most of it, or the first, is on this one; else
                        0 */
    bool other_threads;        /* and the rest on others */
    struct finding_kept *kept; /* most first */
    uint32_t kept_count;
    struct finding_stack stacks[FINDING_STACKS]; /* most frequent first */
    uint32_t stack_count;
};

struct findings {
    struct finding *finding;
    uint32_t count;
};

/* All findings of an analysis. The caller frees them with findings_free. */
struct findings findings_of(const struct analysis *);
void findings_free(struct findings *);

/* Puts places into the messages: `place` writes where `site` is, at most `size` bytes, terminated.
 * To be called once. */
void findings_place(struct findings *,
                    void (*place)(const void *closure, uint32_t site, char *text, size_t size),
                    const void *closure);

/* "error", or "remark": worth knowing, and nothing to be mended. */
const char *finding_severity(const struct finding *);

/* The kind as the report names it: "critical-section-in-freed-memory" ... */
const char *finding_kind_name(enum finding_kind);

/* A module's name for people: its file name without "lib" in front and ".so", ".so.1", ".dll" or
 * ".exe" behind. Writes at most `size` bytes, terminated. */
void finding_module_name(const char *path, char *name, size_t size);

#endif
