#include "analyzer/report_text_words.h"
#include <string.h>

enum { NAME_COLUMNS = 60, KIND_COLUMNS = 40 };

struct safe words_name(const char *name)
{
    return text_safe(name, NAME_COLUMNS);
}

/* How many bytes of an operator's name at `at`, as "operator<<" or "operator()", look like brackets
 * and are none. */
static size_t operator_at(const char *name, const char *at)
{
    static const char *const names[] = {"<=>", "<<=", ">>=", "->*", "<<", ">>",
                                        "<=",  ">=",  "->",  "()",  "<",  ">"};
    const char word[] = "operator";
    size_t length = sizeof word - 1;
    if ((size_t)(at - name) < length || strncmp(at - length, word, length) != 0)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(at, names[i], strlen(names[i])))
            return strlen(names[i]);
    return 0;
}

/* Copies `name` with what stands between outermost brackets left out: "<...>" or "(...)". */
static void empty_brackets(const char *name, char open, char close, char *to, size_t size)
{
    static const char unnamed[] = "(anonymous namespace)";
    size_t used = 0, depth = 0;
    for (const char *at = name; *at;) {
        bool is_unnamed = !strncmp(at, unnamed, sizeof unnamed - 1);
        size_t plain = is_unnamed ? sizeof unnamed - 1 : operator_at(name, at), length = 1;
        const char *add = at;
        if (plain) {
            length = plain;
            add = depth ? "" : at;
        } else if (*at == open) {
            add = depth++ ? "" : open == '<' ? "<..." : "(...";
            plain = *add ? 4 : 0;
        } else if (*at == close && depth) {
            add = --depth ? "" : at;
            plain = 1;
        } else {
            add = depth ? "" : at;
            plain = 1;
        }
        if (*add && used + plain < size) {
            memcpy(to + used, add, plain);
            used += plain;
        }
        at += length;
    }
    to[used] = 0;
}

struct safe words_function(const char *name, unsigned columns)
{
    char without_types[4096], without_parameters[4096];
    if (text_width(name) <= columns)
        return text_safe(name, columns);
    empty_brackets(name, '<', '>', without_types, sizeof without_types);
    if (text_width(without_types) <= columns)
        return text_safe(without_types, columns);
    empty_brackets(without_types, '(', ')', without_parameters, sizeof without_parameters);
    return text_safe(without_parameters, columns);
}

/* Whether `kind` is English, and not the name of a function. */
static bool is_word(const char *kind)
{
    size_t length = strlen(kind);
    return length && kind[length - 1] >= 'a' && kind[length - 1] <= 'z' &&
           (strchr(kind, ' ') || !strpbrk(kind, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

struct safe words_things(double count, const char *kind)
{
    char line[TEXT_SIZE + 80];
    size_t length = strlen(kind);
    struct figure figure = figure_rate(count);
    bool plural = is_word(kind) && strcmp(figure.text, "1") != 0;
    const char *end = !plural                                              ? ""
                      : kind[length - 1] == 'x' || kind[length - 1] == 's' ? "es"
                                                                           : "s";
    snprintf(line, sizeof line, "%s %s%s", figure.text, text_safe(kind, KIND_COLUMNS).text, end);
    return text_safe(line, KIND_COLUMNS + 24);
}

const char *words_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

const char *words_kind(const struct report *report, uint32_t kind)
{
    return report->trace->kinds[kind].name;
}

const char *words_verdict(enum verdict_kind kind)
{
    static const char *const words[VERDICT_KINDS] = {
        [VERDICT_CLEAN] = "clean",        [VERDICT_LEAK] = "leak",
        [VERDICT_WARMING] = "warming up", [VERDICT_IN_FLIGHT] = "in flight",
        [VERDICT_ONE_OFF] = "one-off",    [VERDICT_BOUNDED] = "bounded",
        [VERDICT_GROWING] = "growing",    [VERDICT_TOO_FEW_CALLS] = "too few calls",
    };
    return words[kind];
}

struct figure words_calls(uint64_t count)
{
    struct figure figure = figure_count(count);
    size_t used = strlen(figure.text);
    if (count == 1)
        strcpy(figure.text, "once");
    else
        snprintf(figure.text + used, sizeof figure.text - used, " calls");
    return figure;
}
