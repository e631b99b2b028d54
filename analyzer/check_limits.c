#include "analyzer/check_limits.h"
#include "analyzer/check_lines.h"
#include "analyzer/glob.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char *text, double *value)
{
    static const char units[] = "KMG";
    char *end;
    if (!isdigit((unsigned char)*text) && *text != '.')
        return false;
    *value = strtod(text, &end);
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit) {
        *value *= pow(1024, (double)(unit - units + 1));
        end++;
    }
    return !*end && isfinite(*value);
}

static bool verdict_called(const char *name, size_t length, unsigned *bits)
{
    for (int kind = 0; kind < VERDICT_KINDS; kind++) {
        const char *known = verdict_name((enum verdict_kind)kind);
        if (strlen(known) == length && !strncmp(known, name, length)) {
            *bits |= 1u << kind;
            return true;
        }
    }
    return false;
}

static bool verdicts(const struct check_line *line, const char *names, unsigned *bits)
{
    *bits = 1u << VERDICT_CLEAN;
    for (const char *at = strcmp(names, "none") ? names : ""; *at;) {
        size_t length = strcspn(at, ",");
        if (!verdict_called(at, length, bits))
            return check_wrong(line,
                               "'%.*s' is no verdict: clean, leak, growing, too-few-calls, "
                               "warming, in-flight, bounded and one-off are",
                               (int)length, at);
        at += length + (at[length] == ',');
    }
    return true;
}

static bool take_setting(const struct check_line *line, struct check_limit *limit, char *word)
{
    char *value = strchr(word, '=');
    if (!value || !value[1])
        return check_wrong(line, "'%s' is not bytes=, things=, verdicts= or findings=", word);
    *value++ = 0;
    if (!strcmp(word, "bytes"))
        return (limit->has_bytes = number(value, &limit->bytes)) ||
               check_wrong(line, "bytes=%s: not a number of bytes", value);
    if (!strcmp(word, "things"))
        return (limit->has_things = number(value, &limit->things)) ||
               check_wrong(line, "things=%s: not a number", value);
    if (!strcmp(word, "verdicts"))
        return limit->has_verdicts = verdicts(line, value, &limit->verdicts);
    if (strcmp(word, "findings") != 0)
        return check_wrong(line, "'%s=' is not bytes=, things=, verdicts= or findings=", word);
    if (limit->findings)
        return check_wrong(line, "findings= twice");
    limit->findings = check_copy(value);
    return true;
}

static bool take(void *closure, const struct check_line *line, char *text)
{
    struct check_limits *limits = closure;
    struct check_limit *grown = realloc(limits->limit, (limits->count + 1) * sizeof *grown);
    if (!grown)
        analysis_no_memory();
    limits->limit = grown;
    struct check_limit *limit = &grown[limits->count++];
    *limit = (struct check_limit){.line = line->number};
    char *word = check_word(&text);
    if (!word || !*word)
        return check_wrong(line, "which calls? a line begins with a glob or with default");
    if (strcmp(word, "default") != 0)
        limit->glob = check_copy(word);
    for (size_t i = 0; i + 1 < limits->count; i++) {
        const char *other = grown[i].glob;
        if (limit->glob ? other && !strcmp(other, limit->glob) : !other)
            return check_wrong(line, "%s has a line already: %u",
                               limit->glob ? limit->glob : "default", grown[i].line);
    }
    while ((word = check_word(&text)))
        if (!take_setting(line, limit, word))
            return false;
    return true;
}

bool check_limits_read(struct check_limits *limits, const char *file, char *problem,
                       size_t problem_size)
{
    return check_lines(file, problem, problem_size, limits, take);
}

void check_limits_free(struct check_limits *limits)
{
    for (size_t i = 0; i < limits->count; i++) {
        free(limits->limit[i].glob);
        free(limits->limit[i].findings);
    }
    free(limits->limit);
    *limits = (struct check_limits){0};
}

const struct check_limit *check_limit_of(const struct check_limits *limits, const char *name,
                                         const char *key)
{
    static const struct check_limit nothing;
    const struct check_limit *standard = &nothing;
    for (size_t i = 0; i < limits->count; i++) {
        const struct check_limit *limit = &limits->limit[i];
        if (!limit->glob)
            standard = limit;
        else if (glob_matches(limit->glob, name ? name : "outside") ||
                 (key && strstr(limit->glob, " > ") && glob_matches(limit->glob, key)))
            return limit;
    }
    return standard;
}

bool check_limit_allows_verdict(const struct check_limit *limit, enum verdict_kind kind)
{
    if (limit->has_verdicts)
        return limit->verdicts >> kind & 1;
    return limit->has_bytes || limit->has_things || !verdict_leaks(kind);
}

bool check_limit_allows_finding(const struct check_limit *limit, const char *kind)
{
    char glob[256];
    for (const char *at = limit->findings ? limit->findings : ""; *at;) {
        size_t length = strcspn(at, ",");
        snprintf(glob, sizeof glob, "%.*s", (int)length, at);
        if (glob_matches(glob, kind))
            return true;
        at += length + (at[length] == ',');
    }
    return false;
}
