#include "analyzer/profile_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS = 20 };

bool profile_line_split(struct line *line, char *text)
{
    line->count = 0;
    for (char *at = text;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (!*at || *at == '#')
            return true;
        if (line->count == PROFILE_WORDS)
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

bool profile_read_number(const char *text, const char *prefix, uint8_t *out)
{
    const char *end = read_number(text, prefix, out);
    return end && !*end;
}

/* Where a value may be found, as far as an option allows it. */
enum { FORM_RETURN = 1, FORM_OUT = 2, FORM_NONE = 4, FORM_PRODUCT = 8, FORM_ROWS = 16 };

/* outN or outN[I] */
static bool out_of(const char *text, struct residue_place *place)
{
    const char *end = read_number(text, "out", &place->index);
    if (end && *end == '[' && isdigit((unsigned char)end[1]) && end[2] == ']' && !end[3])
        place->index2 = (uint8_t)(end[1] - '0');
    else if (!end || *end)
        return false;
    place->where = RESIDUE_WHERE_OUT;
    return true;
}

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
    if ((forms & FORM_OUT) && out_of(text, place))
        return true;
    if ((forms & FORM_ROWS) && profile_read_number(text, "rows", &place->index)) {
        place->where = RESIDUE_WHERE_ROWS;
        return true;
    }
    place->where = RESIDUE_WHERE_ARGUMENT;
    const char *end = read_number(text, "arg", &place->index);
    if (end && !*end)
        return true;
    if (end && *end == '*' && (forms & FORM_PRODUCT))
        return profile_read_number(end + 1, "arg", &place->index2) ||
               WRONG(line, "'%s' is no product of arguments (argN*argM)", text);
    return WRONG(line, "'%s' is no place of a value here (argN%s%s%s%s%s; N from 1 to %d)", text,
                 forms & FORM_RETURN ? ", ret" : "", forms & FORM_OUT ? ", outN, outN[I]" : "",
                 forms & FORM_PRODUCT ? ", argN*argM" : "", forms & FORM_ROWS ? ", rowsN" : "",
                 forms & FORM_NONE ? ", none" : "", PARAMETERS);
}

/* argN:VALUE */
static bool condition_of(struct line *line, const char *text, struct residue_plan_action *action)
{
    const char *value = read_number(text, "arg", &action->when.index);
    char *end = NULL;
    long number = value && *value == ':' && value[1] ? strtol(value + 1, &end, 0) : 0;
    if (!end || *end || number != (int32_t)number)
        return WRONG(line, "'%s' is no condition (argN:VALUE, an int)", text);
    action->when.where = RESIDUE_WHERE_ARGUMENT;
    action->equals = (int32_t)number;
    return true;
}

bool profile_read_success(struct line *line, const char *text, uint8_t *success)
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

bool profile_read_counted(struct line *line, const char *value, uint8_t *counted)
{
    *counted = value ? RESIDUE_COUNTED_BY_THREAD : RESIDUE_COUNTED;
    return !value || !strcmp(value, "thread") ||
           WRONG(line, "counted=%s is not known (thread)", value);
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

bool profile_read_class(struct line *line, const char *text, unsigned *class)
{
    static const char *const names[] = {NULL,
                                        "block",
                                        "mapping",
                                        "buffer",
                                        "critical-section",
                                        "private-heap",
                                        "module-reference",
                                        "interface-reference",
                                        "other",
                                        "returned"};
    for (unsigned i = 1; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i], text)) {
            *class = i;
            return true;
        }
    }
    return WRONG(line, "class=%s is not known", text);
}

/* ---- options by name ---- */

static unsigned option_named(const char *name)
{
    static const char *const names[] = {"handle",  "size", "parent",         "from",
                                        "ok",      "call", "release-handle", "kind",
                                        "counted", "if",   "refuses"};
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
        return profile_read_success(line, value, &action->success);
    case OPTION_CALL:
        return calls_of(line, value, &options->flags);
    case OPTION_RELEASE_HANDLE:
        return place_of(line, value, FORM_NONE, &options->release_handle);
    case OPTION_KIND:
        options->kind = value;
        return *value || WRONG(line, "kind= names nothing");
    case OPTION_REFUSES:
        action->flags |= RESIDUE_ACTION_REFUSES;
        return true;
    case OPTION_IF:
        return condition_of(line, value, action);
    default:
        return profile_read_counted(line, value, &options->counted);
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
    if (!value && option != OPTION_COUNTED && option != OPTION_REFUSES)
        return WRONG(line, "'%s' needs a value", word);
    if (value && option == OPTION_REFUSES)
        return WRONG(line, "'%s' has no value", word);
    if (options->seen & option)
        return WRONG(line, "'%s' is given twice", word);
    options->seen |= option;
    return set_option(line, option, value, options);
}

bool profile_read_options(struct line *line, unsigned allowed, struct options *options)
{
    memset(options, 0, sizeof *options);
    options->flags = RESIDUE_WATCH_ALWAYS;
    options->handle_forms =
        allowed == RELEASE_OPTIONS ? FORM_NONE | FORM_ROWS : FORM_RETURN | FORM_OUT | FORM_NONE;
    for (unsigned i = 3; i < line->count; i++)
        if (!read_option(line, line->word[i], allowed, options))
            return false;
    return true;
}
