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
};

struct profile_kind {
    char *name;
    struct residue_plan_kind plan; /* its name is filled in with the plan */
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
    /* Of objects: columns of the interface table, the one that is told most surely first. */
    const char *layouts[PROFILE_LAYOUTS];
    unsigned layout_count;
    uint32_t flags;
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

/* The function of that name, made if it is new. NULL only without memory. */
struct profile_function *profile_function(struct profile *, const char *name);
int profile_interface_index(struct profile *, const char *name, bool make); /* -1 = none */
int profile_kind_add(struct profile *, const char *name, unsigned class, bool counted);
bool profile_tables(struct profile *, const char *interfaces, const char *exports,
                    const char *iids);
bool profile_wrong(struct profile *, const char *label, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
