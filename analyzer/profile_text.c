/* The statements of a profile text (the grammar is in include/residue/profile.h). */
#include "analyzer/profile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MOST bounds what is searched name by name; the shim has thunks for far fewer functions. */
enum { WORDS = 16, PARAMETERS = 20, MOST = 16384 };

struct line {
    struct profile *profile;
    const char *label;
    unsigned number;
    char *word[WORDS];
    unsigned count;
};

#define WRONG(line, ...) profile_wrong((line)->profile, (line)->label, (line)->number, __VA_ARGS__)

/* Quotes may stand around a word or a part of one: kind="spin lock". */
static bool split(struct line *line, char *text)
{
    line->count = 0;
    for (char *at = text;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (!*at || *at == '#')
            return true;
        if (line->count == WORDS)
            return WRONG(line, "too many words");
        char *to = line->word[line->count++] = at;
        bool quoted = false;
        for (; *at && (quoted || !isspace((unsigned char)*at)); at++) {
            if (*at == '"')
                quoted = !quoted;
            else
                *to++ = *at;
        }
        if (quoted)
            return WRONG(line, "a quote is not closed");
        if (*at)
            at++;
        *to = 0;
    }
}

/* ---- values of options ---- */

/* The text behind `prefix` and a parameter's number, or NULL. */
static const char *read_number(const char *text, const char *prefix, uint8_t *out)
{
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0 || !isdigit((unsigned char)text[length]))
        return NULL;
    char *end;
    unsigned long value = strtoul(text + length, &end, 10);
    if (value < 1 || value > PARAMETERS)
        return NULL;
    *out = (uint8_t)value;
    return end;
}

static bool number_of(const char *text, const char *prefix, uint8_t *out)
{
    const char *end = read_number(text, prefix, out);
    return end && !*end;
}

/* Where a value may be found, as far as an option allows it. */
enum { FORM_RETURN = 1, FORM_OUT = 2, FORM_NONE = 4, FORM_PRODUCT = 8 };

static bool place_of(struct line *line, const char *text, unsigned forms,
                     struct residue_place *place)
{
    memset(place, 0, sizeof *place);
    if ((forms & FORM_NONE) && !strcmp(text, "none"))
        return true;
    if ((forms & FORM_RETURN) && !strcmp(text, "ret")) {
        place->where = RESIDUE_WHERE_RETURN;
        return true;
    }
    if ((forms & FORM_OUT) && number_of(text, "out", &place->index)) {
        place->where = RESIDUE_WHERE_OUT;
        return true;
    }
    place->where = RESIDUE_WHERE_ARGUMENT;
    const char *end = read_number(text, "arg", &place->index);
    if (end && !*end)
        return true;
    if (end && *end == '*' && (forms & FORM_PRODUCT))
        return number_of(end + 1, "arg", &place->index2) ||
               WRONG(line, "'%s' is no product of arguments (argN*argM)", text);
    return WRONG(line, "'%s' is no place of a value here (argN%s%s%s%s; N from 1 to %d)", text,
                 forms & FORM_RETURN ? ", ret" : "", forms & FORM_OUT ? ", outN" : "",
                 forms & FORM_PRODUCT ? ", argN*argM" : "", forms & FORM_NONE ? ", none" : "",
                 PARAMETERS);
}

static bool success_of(struct line *line, const char *text, uint8_t *success)
{
    static const char *const names[] = {"any", "zero", "nonzero", "nonnegative", "not-minus-one"};
    for (uint8_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i], text)) {
            *success = i;
            return true;
        }
    }
    return WRONG(line, "ok=%s is not known (any, zero, nonzero, nonnegative, not-minus-one)", text);
}

static bool calls_of(struct line *line, const char *text, uint8_t *flags)
{
    if (!strcmp(text, "always"))
        *flags = RESIDUE_WATCH_ALWAYS;
    else if (!strcmp(text, "outermost"))
        *flags = RESIDUE_WATCH_OUTERMOST;
    else if (!strcmp(text, "never"))
        *flags = 0;
    else
        return WRONG(line, "call=%s is not known (always, outermost, never)", text);
    return true;
}

static bool class_of(struct line *line, const char *text, unsigned *class)
{
    static const char *const names[] = {NULL,
                                        "block",
                                        "mapping",
                                        "buffer",
                                        "critical-section",
                                        "private-heap",
                                        "module-reference",
                                        "interface-reference",
                                        "other"};
    for (unsigned i = 1; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i], text)) {
            *class = i;
            return true;
        }
    }
    return WRONG(line, "class=%s is not known", text);
}

/* ---- statements ---- */

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
    ACQUIRE_OPTIONS = OPTION_HANDLE | OPTION_SIZE | OPTION_PARENT | OPTION_OK | OPTION_CALL,
    RELEASE_OPTIONS = OPTION_HANDLE | OPTION_OK | OPTION_CALL,
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
    bool counted;
};

static unsigned option_named(const char *name)
{
    static const char *const names[] = {"handle", "size",           "parent", "from",   "ok",
                                        "call",   "release-handle", "kind",   "counted"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name))
            return 1u << i;
    return 0;
}

static bool set_option(struct line *line, unsigned option, const char *value,
                       struct options *options)
{
    struct residue_plan_action *action = &options->action;
    switch (option) {
    case OPTION_HANDLE:
        return place_of(line, value, options->handle_forms, &action->handle);
    case OPTION_SIZE:
        return place_of(line, value, FORM_PRODUCT | FORM_NONE, &action->size);
    case OPTION_PARENT:
        return place_of(line, value, FORM_NONE, &action->parent);
    case OPTION_FROM:
        return place_of(line, value, 0, &action->from);
    case OPTION_OK:
        return success_of(line, value, &action->success);
    case OPTION_CALL:
        return calls_of(line, value, &options->flags);
    case OPTION_RELEASE_HANDLE:
        return place_of(line, value, FORM_NONE, &options->release_handle);
    case OPTION_KIND:
        options->kind = value;
        return *value || WRONG(line, "kind= names nothing");
    default:
        return options->counted = true;
    }
}

static bool read_option(struct line *line, char *word, unsigned allowed, struct options *options)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = 0;
    unsigned option = option_named(word);
    if (!option)
        return WRONG(line, value ? "option '%s=' is not known" : "'%s' is not understood here",
                     word);
    if (!(option & allowed))
        return WRONG(line, "%s has no option '%s'", line->word[0], word);
    if ((option == OPTION_COUNTED) != !value)
        return WRONG(line, value ? "'%s' has no value" : "'%s' needs a value", word);
    if (options->seen & option)
        return WRONG(line, "'%s' is given twice", word);
    options->seen |= option;
    return set_option(line, option, value, options);
}

static bool read_options(struct line *line, unsigned allowed, struct options *options)
{
    memset(options, 0, sizeof *options);
    options->flags = RESIDUE_WATCH_ALWAYS;
    options->handle_forms =
        allowed == RELEASE_OPTIONS ? FORM_NONE : FORM_RETURN | FORM_OUT | FORM_NONE;
    for (unsigned i = 3; i < line->count; i++)
        if (!read_option(line, line->word[i], allowed, options))
            return false;
    return true;
}

static void acquire_defaults(struct options *options)
{
    struct residue_plan_action *action = &options->action;
    if (!(options->seen & OPTION_HANDLE))
        action->handle.where = RESIDUE_WHERE_RETURN;
    if (!(options->seen & OPTION_OK))
        action->success = action->handle.where == RESIDUE_WHERE_RETURN ? RESIDUE_SUCCESS_NONZERO
                          : action->handle.where == RESIDUE_WHERE_OUT  ? RESIDUE_SUCCESS_ZERO
                                                                       : RESIDUE_SUCCESS_ANY;
}

/* NULL: said what is wrong. */
static struct profile_function *named_function(struct line *line, const char *name)
{
    if (!*name || strpbrk(name, "*?"))
        return WRONG(line, "'%s' is no function's name", name), NULL;
    if (line->profile->function_count >= MOST)
        return WRONG(line, "more than %d functions are named", MOST), NULL;
    return profile_function(line->profile, name);
}

static int named_kind(struct line *line, const char *name, unsigned class, bool counted)
{
    if (!*name)
        return WRONG(line, "a kind needs a name"), -1;
    if (line->profile->kind_count >= MOST)
        return WRONG(line, "more than %d kinds are named", MOST), -1;
    int index = profile_kind_add(line->profile, name, class, counted);
    if (counted)
        line->profile->kinds[index].plan.counted = 1;
    return index;
}

/* The same action twice is one: profiles overlap, or are read twice. */
static bool has_action(const struct profile_function *function,
                       const struct residue_plan_action *action)
{
    for (unsigned i = 0; i < function->action_count; i++)
        if (!memcmp(&function->actions[i], action, sizeof *action))
            return true;
    return false;
}

static bool add_action(struct line *line, const char *name, const char *kind,
                       const struct options *options)
{
    struct profile_function *function = named_function(line, name);
    if (!function)
        return false;
    int index = named_kind(line, kind, RESIDUE_CLASS_OTHER, options->counted);
    if (index < 0)
        return false;
    struct residue_plan_action action = options->action;
    action.kind = (uint16_t)index;
    function->flags |= options->flags;
    if (has_action(function, &action))
        return true;
    unsigned most = sizeof function->actions / sizeof *function->actions;
    if (function->action_count == most)
        return WRONG(line, "%s has more than %u actions", name, most);
    function->actions[function->action_count++] = action;
    return true;
}

static bool read_kind(struct line *line)
{
    unsigned class = 0;
    bool counted = false;
    if (line->count < 3)
        return WRONG(line, "kind needs a name and a class");
    for (unsigned i = 2; i < line->count; i++) {
        if (!strcmp(line->word[i], "counted"))
            counted = true;
        else if (strncmp(line->word[i], "class=", 6) != 0)
            return WRONG(line, "'%s' is not understood here", line->word[i]);
        else if (!class_of(line, line->word[i] + 6, &class))
            return false;
    }
    if (!class)
        return WRONG(line, "kind needs class=");
    int index = named_kind(line, line->word[1], class, counted);
    if (index < 0)
        return false;
    struct residue_plan_kind *kind = &line->profile->kinds[index].plan;
    if (kind->class != class && kind->class != RESIDUE_CLASS_OTHER)
        return WRONG(line, "kind '%s' is of another class already", line->word[1]);
    kind->class = (uint8_t) class; /* it may have been used before this line */
    return true;
}

static bool read_action(struct line *line, uint8_t op)
{
    struct options options;
    if (line->count < 3)
        return WRONG(line, "%s needs a function and a kind", line->word[0]);
    if (!read_options(line,
                      op == RESIDUE_ACQUIRE   ? ACQUIRE_OPTIONS
                      : op == RESIDUE_RELEASE ? RELEASE_OPTIONS
                                              : RESIZE_OPTIONS,
                      &options))
        return false;
    options.action.op = op;
    if (op == RESIDUE_RESIZE && !(options.seen & OPTION_FROM))
        return WRONG(line, "resize needs from=argN");
    if (op == RESIDUE_RELEASE) {
        if (!(options.seen & OPTION_HANDLE))
            options.action.handle =
                (struct residue_place){.where = RESIDUE_WHERE_ARGUMENT, .index = 1};
    } else {
        acquire_defaults(&options);
    }
    return add_action(line, line->word[1], line->word[2], &options);
}

static bool read_pair(struct line *line)
{
    struct options options;
    if (line->count < 3)
        return WRONG(line, "pair needs an acquiring and a releasing function");
    if (!read_options(line, PAIR_OPTIONS, &options))
        return false;
    const char *kind = options.kind ? options.kind : line->word[1];
    acquire_defaults(&options);
    options.action.op = RESIDUE_ACQUIRE;
    if (options.action.handle.where == RESIDUE_WHERE_NONE)
        options.counted = true; /* without a handle only the balance counts */
    if (!add_action(line, line->word[1], kind, &options))
        return false;
    struct options release = {.flags = options.flags, .action = {.op = RESIDUE_RELEASE}};
    if (options.seen & OPTION_RELEASE_HANDLE)
        release.action.handle = options.release_handle;
    else if (options.action.handle.where != RESIDUE_WHERE_NONE)
        release.action.handle = (struct residue_place){.where = RESIDUE_WHERE_ARGUMENT, .index = 1};
    return add_action(line, line->word[2], kind, &release);
}

static bool read_interface(struct line *line, const char *name, uint16_t *interface)
{
    int index = profile_interface_index(line->profile, name, false);
    if (index < 0)
        return WRONG(line, "no interface '%s' is known (is --profile mapi named before?)", name);
    *interface = (uint16_t)index;
    return true;
}

/* opens FUNCTION out=N [iid=M] [default=INTERFACE] */
static bool read_opens(struct line *line)
{
    struct residue_plan_out out = {.interface = RESIDUE_NO_INTERFACE};
    if (line->count < 3)
        return WRONG(line, "opens needs a function and out=N");
    for (unsigned i = 2; i < line->count; i++) {
        const char *word = line->word[i];
        if (!strncmp(word, "default=", 8)) {
            if (!read_interface(line, word + 8, &out.interface))
                return false;
        } else if (!number_of(word, "out=", &out.parameter) &&
                   !number_of(word, "iid=", &out.iid_parameter)) {
            return WRONG(line, "'%s' is not understood here", word);
        }
    }
    if (!out.parameter)
        return WRONG(line, "opens needs out=N");
    struct profile_function *function = named_function(line, line->word[1]);
    if (!function)
        return false;
    unsigned at = 0; /* what was said of the same parameter before is replaced */
    while (at < function->out_count && function->outs[at].parameter != out.parameter)
        at++;
    if (at == sizeof function->outs / sizeof *function->outs)
        return WRONG(line, "%s has too many out-parameters", line->word[1]);
    function->outs[at] = out;
    function->out_count += at == function->out_count;
    function->flags |= RESIDUE_WATCH_ALWAYS;
    if (function->role == RESIDUE_ROLE_NONE)
        function->role = RESIDUE_ROLE_OPEN;
    return true;
}

static bool read_watch(struct line *line)
{
    if (line->count != 2 || !*line->word[1])
        return WRONG(line, "watch needs one glob");
    if (line->profile->function_count >= MOST)
        return WRONG(line, "more than %d functions are named", MOST);
    return profile_watch(line->profile, line->word[1]);
}

static bool read_statement(struct line *line)
{
    const char *verb = line->word[0];
    if (!strcmp(verb, "kind"))
        return read_kind(line);
    if (!strcmp(verb, "acquire"))
        return read_action(line, RESIDUE_ACQUIRE);
    if (!strcmp(verb, "release"))
        return read_action(line, RESIDUE_RELEASE);
    if (!strcmp(verb, "resize"))
        return read_action(line, RESIDUE_RESIZE);
    if (!strcmp(verb, "pair"))
        return read_pair(line);
    if (!strcmp(verb, "opens"))
        return read_opens(line);
    if (!strcmp(verb, "watch"))
        return read_watch(line);
    return WRONG(line, "'%s' is no statement (kind, acquire, release, resize, pair, opens, watch)",
                 verb);
}

bool profile_read_text(struct profile *profile, const char *label, const char *text)
{
    struct line line = {.profile = profile, .label = label};
    while (*text) {
        size_t length = strcspn(text, "\n");
        char copy[1024];
        line.number++;
        if (length >= sizeof copy)
            return WRONG(&line, "the line is longer than %zu characters", sizeof copy - 1);
        memcpy(copy, text, length);
        copy[length] = 0;
        if (!split(&line, copy) || (line.count && !read_statement(&line)))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}
