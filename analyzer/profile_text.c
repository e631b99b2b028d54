/* The statements of a profile text (the grammar is in include/residue/profile.h). */
#include "analyzer/profile_line.h"

#include <string.h>

/* Bounds what is searched name by name; the shim has thunks for far fewer functions. */
enum { MOST = 16384 };

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
        else if (!profile_read_class(line, line->word[i] + 6, &class))
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
    if (!profile_read_options(line,
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
    if (!profile_read_options(line, PAIR_OPTIONS, &options))
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
        } else if (!profile_read_number(word, "out=", &out.parameter) &&
                   !profile_read_number(word, "iid=", &out.iid_parameter)) {
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
        if (!profile_line_split(&line, copy) || (line.count && !read_statement(&line)))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}
