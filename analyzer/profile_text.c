/* The statements of a profile text (the grammar is in include/residue/profile.h). */
#include "analyzer/profile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 16 };

struct line {
    struct profile *profile;
    const char *label;
    unsigned number;
    char *word[WORDS];
    unsigned count;
};

#define WRONG(line, ...) profile_wrong((line)->profile, (line)->label, (line)->number, __VA_ARGS__)

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
        char end = ' ';
        if (*at == '"')
            end = *at++;
        line->word[line->count++] = at;
        while (*at && (end == '"' ? *at != '"' : !isspace((unsigned char)*at)))
            at++;
        if (end == '"' && !*at)
            return WRONG(line, "a quote is not closed");
        if (*at)
            *at++ = 0;
    }
}

/* ---- values of options ---- */

static bool number_of(const char *text, const char *prefix, uint8_t *out)
{
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0)
        return false;
    char *end;
    unsigned long value = strtoul(text + length, &end, 10);
    if (end == text + length || value < 1 || value > 20)
        return false;
    *out = (uint8_t)value;
    return *end == 0 || *end == '*';
}

static bool place_of(struct line *line, const char *text, bool after, struct residue_place *place)
{
    memset(place, 0, sizeof *place);
    const char *star = strchr(text, '*');
    if (!strcmp(text, "none"))
        return true;
    if (after && !strcmp(text, "ret"))
        place->where = RESIDUE_WHERE_RETURN;
    else if (number_of(text, "arg", &place->index))
        place->where = RESIDUE_WHERE_ARGUMENT;
    else if (after && !star && number_of(text, "out", &place->index))
        place->where = RESIDUE_WHERE_OUT;
    else
        return WRONG(line, "'%s' is no place of a value (%s)", text,
                     after ? "ret, argN, outN or none" : "argN or none");
    if (star && !number_of(star + 1, "arg", &place->index2))
        return WRONG(line, "'%s' is no product of arguments (argN*argM)", text);
    return true;
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

struct options {
    struct residue_plan_action action;
    uint8_t flags;
    bool has_handle, has_success, has_from, has_call;
    struct residue_place release_handle;
    bool has_release_handle;
    const char *kind;
    bool counted;
};

static bool read_option(struct line *line, char *word, struct options *options)
{
    if (!strcmp(word, "counted"))
        return options->counted = true;
    char *value = strchr(word, '=');
    if (!value)
        return WRONG(line, "'%s' is not understood here", word);
    *value++ = 0;
    struct residue_plan_action *action = &options->action;
    if (!strcmp(word, "handle"))
        return options->has_handle = true, place_of(line, value, true, &action->handle);
    if (!strcmp(word, "size"))
        return place_of(line, value, false, &action->size);
    if (!strcmp(word, "parent"))
        return place_of(line, value, false, &action->parent);
    if (!strcmp(word, "from"))
        return options->has_from = true, place_of(line, value, false, &action->from);
    if (!strcmp(word, "ok"))
        return options->has_success = true, success_of(line, value, &action->success);
    if (!strcmp(word, "call"))
        return options->has_call = true, calls_of(line, value, &options->flags);
    if (!strcmp(word, "release-handle"))
        return options->has_release_handle = true,
               place_of(line, value, false, &options->release_handle);
    if (!strcmp(word, "kind"))
        return options->kind = value, true;
    return WRONG(line, "option '%s=' is not known", word);
}

static bool read_options(struct line *line, unsigned first, struct options *options)
{
    memset(options, 0, sizeof *options);
    options->flags = RESIDUE_WATCH_ALWAYS;
    for (unsigned i = first; i < line->count; i++)
        if (!read_option(line, line->word[i], options))
            return false;
    return true;
}

static void acquire_defaults(struct options *options)
{
    struct residue_plan_action *action = &options->action;
    if (!options->has_handle)
        action->handle.where = RESIDUE_WHERE_RETURN;
    if (!options->has_success)
        action->success = action->handle.where == RESIDUE_WHERE_RETURN ? RESIDUE_SUCCESS_NONZERO
                          : action->handle.where == RESIDUE_WHERE_OUT  ? RESIDUE_SUCCESS_ZERO
                                                                       : RESIDUE_SUCCESS_ANY;
}

static bool add_action(struct line *line, const char *name, const char *kind,
                       const struct options *options)
{
    struct profile_function *function = profile_function(line->profile, name);
    unsigned most = sizeof function->actions / sizeof *function->actions;
    if (function->action_count == most)
        return WRONG(line, "%s has more than %u actions", name, most);
    int index = profile_kind_add(line->profile, kind, RESIDUE_CLASS_OTHER, options->counted);
    struct residue_plan_action action = options->action;
    action.kind = (uint16_t)index;
    function->actions[function->action_count++] = action;
    function->flags |= options->flags;
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
    profile_kind_add(line->profile, line->word[1], class, counted);
    return true;
}

static bool read_action(struct line *line, uint8_t op)
{
    struct options options;
    if (line->count < 3)
        return WRONG(line, "%s needs a function and a kind", line->word[0]);
    if (!read_options(line, 3, &options))
        return false;
    options.action.op = op;
    if (op == RESIDUE_RESIZE && !options.has_from)
        return WRONG(line, "resize needs from=argN");
    if (op == RESIDUE_RELEASE) {
        if (!options.has_handle)
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
    if (!read_options(line, 3, &options))
        return false;
    const char *kind = options.kind ? options.kind : line->word[1];
    acquire_defaults(&options);
    options.action.op = RESIDUE_ACQUIRE;
    if (options.action.handle.where == RESIDUE_WHERE_NONE)
        options.counted = true; /* without a handle only the balance counts */
    if (!add_action(line, line->word[1], kind, &options))
        return false;
    struct options release = {.flags = options.flags, .action = {.op = RESIDUE_RELEASE}};
    if (options.has_release_handle)
        release.action.handle = options.release_handle;
    else if (options.action.handle.where != RESIDUE_WHERE_NONE)
        release.action.handle = (struct residue_place){.where = RESIDUE_WHERE_ARGUMENT, .index = 1};
    return add_action(line, line->word[2], kind, &release);
}

/* opens FUNCTION out=N [iid=M] [default=INTERFACE] */
static bool read_opens(struct line *line)
{
    struct residue_plan_out out = {.interface = RESIDUE_NO_INTERFACE};
    if (line->count < 3)
        return WRONG(line, "opens needs a function and out=N");
    for (unsigned i = 2; i < line->count; i++) {
        char *word = line->word[i];
        if (!strncmp(word, "default=", 8))
            out.interface = (uint16_t)profile_interface_index(line->profile, word + 8, true);
        else if (!number_of(word, "out=", &out.parameter) &&
                 !number_of(word, "iid=", &out.iid_parameter))
            return WRONG(line, "'%s' is not understood here", word);
    }
    if (!out.parameter)
        return WRONG(line, "opens needs out=N");
    struct profile_function *function = profile_function(line->profile, line->word[1]);
    if (function->out_count == sizeof function->outs / sizeof *function->outs)
        return WRONG(line, "%s has too many out-parameters", line->word[1]);
    function->outs[function->out_count++] = out;
    function->flags |= RESIDUE_WATCH_ALWAYS;
    function->role = RESIDUE_ROLE_OPEN;
    return true;
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
        return line->count == 2 ? profile_watch(line->profile, line->word[1])
                                : WRONG(line, "watch needs one glob");
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
