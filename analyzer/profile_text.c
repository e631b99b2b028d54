/* The statements of a profile text (the grammar is in include/residue/profile.h). */
#include "analyzer/profile_line.h"

#include <stdlib.h>
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

static int named_kind(struct line *line, const char *name, unsigned class, uint8_t counted)
{
    if (!*name)
        return WRONG(line, "a kind needs a name"), -1;
    if (line->profile->kind_count >= MOST)
        return WRONG(line, "more than %d kinds are named", MOST), -1;
    int index = profile_kind_add(line->profile, name, class, counted);
    if (counted)
        line->profile->kinds[index].plan.counted = counted;
    return index;
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
    if (action.op == RESIDUE_RELEASE)
        profile_kind_released_by(line->profile, index, name);
    return profile_action_add(function, &action) || WRONG(line, "%s has too many actions", name);
}

/* class=, of=, release=, counted and numbers of a kind. */
struct kind_words {
    unsigned class;
    uint8_t counted, numbers;
    const char *of, *release;
};

static bool read_kind_word(struct line *line, char *word, struct kind_words *words)
{
    if (!strcmp(word, "numbers")) {
        words->numbers = true;
        return true;
    }
    if (!strcmp(word, "counted") || !strncmp(word, "counted=", 8))
        return profile_read_counted(line, word[7] ? word + 8 : NULL, &words->counted);
    if (!strncmp(word, "class=", 6))
        return profile_read_class(line, word + 6, &words->class);
    if (!strncmp(word, "of=", 3) && word[3])
        return (words->of = word + 3) != NULL;
    if (!strncmp(word, "release=", 8) && word[8])
        return (words->release = word + 8) != NULL;
    return WRONG(line, "'%s' is not understood here", word);
}

/* Its handles are those of another kind, which stands before it. */
static bool share_space(struct line *line, const char *with, int index)
{
    int of = profile_kind_index(line->profile, with);
    if (of < 0 || of == index)
        return WRONG(line, "no kind '%s' is known", with);
    struct profile_kind *kinds = line->profile->kinds;
    kinds[index].plan.space = kinds[of].plan.space;
    kinds[index].plan.numbers |= kinds[of].plan.numbers;
    if (kinds[of].release)
        profile_kind_released_by(line->profile, index, kinds[of].release);
    return true;
}

static bool read_kind(struct line *line)
{
    struct kind_words words = {0};
    if (line->count < 3)
        return WRONG(line, "kind needs a name and a class");
    for (unsigned i = 2; i < line->count; i++)
        if (!read_kind_word(line, line->word[i], &words))
            return false;
    if (!words.class)
        return WRONG(line, "kind needs class=");
    int index = named_kind(line, line->word[1], words.class, words.counted);
    if (index < 0)
        return false;
    struct residue_plan_kind *kind = &line->profile->kinds[index].plan;
    if (kind->class != words.class && kind->class != RESIDUE_CLASS_OTHER)
        return WRONG(line, "kind '%s' is of another class already", line->word[1]);
    kind->class = (uint8_t)words.class; /* it may have been used before this line */
    kind->numbers |= words.numbers;
    if (words.release)
        profile_kind_released_by(line->profile, index, words.release);
    return !words.of || share_space(line, words.of, index);
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
    if (options.action.handle.where == RESIDUE_WHERE_NONE && !options.counted)
        options.counted = RESIDUE_COUNTED; /* without a handle only the balance counts */
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

/* returns NAME N KIND [ok=...] */
static bool read_returns(struct line *line)
{
    uint8_t parameter, success = RESIDUE_SUCCESS_NONNEGATIVE;
    if (line->count < 4 || line->count > 5 || !*line->word[1] || !*line->word[3])
        return WRONG(line, "returns needs a function, a parameter and a kind");
    if (!profile_read_number(line->word[2], "", &parameter))
        return WRONG(line, "'%s' is no parameter", line->word[2]);
    if (line->count == 5 && strncmp(line->word[4], "ok=", 3) != 0)
        return WRONG(line, "'%s' is not understood here", line->word[4]);
    if (line->count == 5 && !profile_read_success(line, line->word[4] + 3, &success))
        return false;
    profile_returns_add(line->profile, line->word[1], parameter, line->word[3], success);
    return true;
}

/* budget INTERFACE MOST per=session|process TEXT */
static bool read_budget(struct line *line)
{
    if (line->count != 5 || !*line->word[1] || !*line->word[4])
        return WRONG(line, "budget needs an interface, a number, per=session or per=process, "
                           "and a text");
    char *end;
    unsigned long most = strtoul(line->word[2], &end, 10);
    if (*end || line->word[2][0] < '0' || line->word[2][0] > '9' || !most || most > 1000000000)
        return WRONG(line, "'%s' is no number of objects (1 to 1000000000)", line->word[2]);
    bool session = !strcmp(line->word[3], "per=session");
    if (!session && strcmp(line->word[3], "per=process") != 0)
        return WRONG(line, "'%s' is not known (per=session, per=process)", line->word[3]);
    profile_budget_set(line->profile, line->word[1], (uint32_t)most,
                       session ? RESIDUE_BUDGET_SESSION : RESIDUE_BUDGET_PROCESS, line->word[4]);
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
    if (!strcmp(verb, "returns"))
        return read_returns(line);
    if (!strcmp(verb, "budget"))
        return read_budget(line);
    return WRONG(line,
                 "'%s' is no statement (kind, acquire, release, resize, pair, opens, watch, "
                 "returns, budget)",
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
