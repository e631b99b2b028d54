#include "analyzer/report_text_words.h"
#include <string.h>

enum { NAME_COLUMNS = 60, KIND_COLUMNS = 40 };

struct safe words_name(const char *name)
{
    return text_safe(name, NAME_COLUMNS);
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
