/*
 * Profiles: from text and tables to the plan that the shim follows (include/residue/profile.h). A
 * profile is built up statement by statement; any mistake is one line that names the file and the
 * line.
 */
#ifndef ANALYZER_PROFILE_H
#define ANALYZER_PROFILE_H

#include <residue/profile.h>
#include <residue/trace.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a method stands in an object: see struct residue_plan_function. */
struct profile_slot {
    uint8_t slot, base;
};

/* Layouts of objects that one plan can tell apart. */
enum { PROFILE_LAYOUTS = 2 };

/* A parameter that hands out a buffer for the caller to free. */
struct profile_buffer {
    uint8_t parameter;
    bool in_out;         /* the caller may have put something there itself */
    const char *release; /* the function that frees it */
};

/* One function or method, growing while statements name it. */
struct profile_function {
    char *name;
    int parameters; /* -1 = not known */
    uint8_t flags, role;
    struct profile_slot slots[PROFILE_LAYOUTS]; /* of a method, in each layout */
    struct residue_plan_out outs[8];
    unsigned out_count;
    struct residue_plan_action actions[8];
    unsigned action_count;
    struct profile_buffer buffers[4];
    unsigned buffer_count;
};

struct profile_kind {
    char *name;
    char *release;                 /* NULL = nothing known */
    struct residue_plan_kind plan; /* its texts are filled in with the plan */
};

/* What the buffers are in people's words: a `returns` line. */
struct profile_returns {
    char *function; /* a name, or "*::METHOD" */
    char *kind;
    uint8_t parameter, success;
};

struct profile_budget {
    char *interface, *text;
    uint32_t most, per;
};

struct profile_interface {
    char *name;
    struct profile_function *methods; /* in the headers' order */
    unsigned method_count;
    uint32_t object_type;
};

struct profile_iid {
    char *name; /* of the interface */
    uint8_t guid[16];
};

struct profile {
    struct profile_function *functions;
    size_t function_count;
    struct profile_kind *kinds;
    size_t kind_count;
    struct profile_interface *interfaces;
    size_t interface_count;
    struct profile_iid *iids;
    size_t iid_count;
    struct profile_returns *returns;
    size_t returns_count;
    struct profile_budget *budgets;
    size_t budget_count;
    /* Of objects: columns of the interface table, the one that is told most surely first. */
    const char *layouts[PROFILE_LAYOUTS];
    unsigned layout_count;
    uint32_t flags;
    uint64_t quarantine;
    char problem[512]; /* what is wrong, one line; empty = nothing */
};

struct profile *profile_new(void);
void profile_free(struct profile *);

/* Adds the statements of a profile text. `label` is named in problems. False: see problem. */
bool profile_read_text(struct profile *, const char *label, const char *text);

/* The same from a file. */
bool profile_read_file(struct profile *, const char *path);

/* Adds what is shipped: the base ("base") or a profile by name ("mapi", "mapi4linux", "none").
 * False: no such name. */
bool profile_read_shipped(struct profile *, const char *name);

/* Adds a glob of functions to watch. */
bool profile_watch(struct profile *, const char *glob);

/* The plan, to be freed by the caller; NULL: see problem. */
struct residue_plan *profile_plan(struct profile *, size_t *size);

/* ---- for the readers ---- */

/* Memory for one more of `count` things, zeroed; ends the process where there is none, as nothing
 * of the client's runs yet. */
void *profile_one_more(void *array, size_t count, size_t size);

/* The function of that name, made if it is new. NULL only without memory. */
struct profile_function *profile_function(struct profile *, const char *name);
int profile_interface_index(struct profile *, const char *name, bool make); /* -1 = none */
int profile_kind_index(struct profile *, const char *name);                 /* -1 = none */
int profile_kind_add(struct profile *, const char *name, unsigned class, bool counted);

/* Names the function that releases a kind, where none is named yet. */
void profile_kind_released_by(struct profile *, int kind, const char *function);

void profile_returns_add(struct profile *, const char *function, unsigned parameter,
                         const char *kind, uint8_t success);
void profile_budget_set(struct profile *, const char *interface, uint32_t most, uint32_t per,
                        const char *text);

/* The buffers that functions hand out become actions. False: see problem. */
bool profile_returns_resolve(struct profile *);

/* Adds an action, once. False: the function has too many. */
bool profile_action_add(struct profile_function *, const struct residue_plan_action *);
bool profile_tables(struct profile *, const char *interfaces, const char *exports,
                    const char *iids);
bool profile_wrong(struct profile *, const char *label, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
