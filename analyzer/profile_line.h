/* One line of a profile text, its words and options: what profile_options.c reads and
 * profile_text.c makes statements of. */
#ifndef ANALYZER_PROFILE_LINE_H
#define ANALYZER_PROFILE_LINE_H

#include "analyzer/profile.h"

enum { PROFILE_WORDS = 16 };

struct line {
    struct profile *profile;
    const char *label;
    unsigned number;
    char *word[PROFILE_WORDS];
    unsigned count;
};

#define WRONG(line, ...) profile_wrong((line)->profile, (line)->label, (line)->number, __VA_ARGS__)

/* The options, and which of them a statement has. */
enum {
    OPTION_HANDLE = 1,
    OPTION_SIZE = 2,
    OPTION_PARENT = 4,
    OPTION_FROM = 8,
    OPTION_OK = 16,
    OPTION_CALL = 32,
    OPTION_RELEASE_HANDLE = 64,
    OPTION_KIND = 128,
    OPTION_COUNTED = 256,
    OPTION_IF = 512,
    OPTION_REFUSES = 1024,
    ACQUIRE_OPTIONS =
        OPTION_HANDLE | OPTION_SIZE | OPTION_PARENT | OPTION_OK | OPTION_CALL | OPTION_IF,
    RELEASE_OPTIONS = OPTION_HANDLE | OPTION_OK | OPTION_CALL | OPTION_IF | OPTION_REFUSES,
    RESIZE_OPTIONS = ACQUIRE_OPTIONS | OPTION_FROM,
    PAIR_OPTIONS = ACQUIRE_OPTIONS | OPTION_RELEASE_HANDLE | OPTION_KIND | OPTION_COUNTED
};

struct options {
    struct residue_plan_action action;
    uint8_t flags;
    unsigned seen; /* OPTION_* */
    unsigned handle_forms;
    struct residue_place release_handle;
    const char *kind;
    uint8_t counted; /* enum residue_counting */
};

/* The functions below return false, with the profile's problem set, when the line is wrong. */

/* The text in words; changes it. Quotes may stand around a word or a part of one: kind="spin lock".
 */
bool profile_line_split(struct line *, char *text);

/* The words from the fourth on, as options of those that are `allowed` (OPTION_*). Ones that are
 * not given have their defaults, or are all zero. */
bool profile_read_options(struct line *, unsigned allowed, struct options *);

bool profile_read_success(struct line *, const char *text, uint8_t *success);

/* The value behind "counted", NULL for none. */
bool profile_read_counted(struct line *, const char *value, uint8_t *counted);

bool profile_read_class(struct line *, const char *text, unsigned *class);

/* `text` is `prefix` and a parameter's number from 1. Leaves the profile's problem alone. */
bool profile_read_number(const char *text, const char *prefix, uint8_t *out);

#endif
