#include "analyzer/check_lines.h"
#include "analyzer/analysis.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { LINE_MOST = 4096 };

bool check_wrong(const struct check_line *line, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(line->problem, line->problem_size, "%s:%u: ", line->file, line->number);
    va_start(arguments, format);
    if (used > 0 && (size_t)used < line->problem_size)
        vsnprintf(line->problem + used, line->problem_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static char *without_comment(char *line)
{
    bool quoted = false;
    for (char *at = line; *at; at++) {
        quoted ^= *at == '"';
        if (*at == '#' && !quoted && (at == line || is_blank(at[-1]))) {
            *at = 0;
            break;
        }
    }
    while (is_blank(*line))
        line++;
    size_t length = strlen(line);
    while (length && is_blank(line[length - 1]))
        line[--length] = 0;
    return line;
}

bool check_lines(const char *file, char *problem, size_t problem_size, void *closure,
                 bool (*take)(void *, const struct check_line *, char *))
{
    FILE *in = fopen(file, "r");
    char text[LINE_MOST];
    struct check_line line = {file, 0, problem, problem_size};
    bool good = in;
    while (good && fgets(text, sizeof text, in)) {
        line.number++;
        if (strlen(text) == sizeof text - 1)
            good = check_wrong(&line, "a line of more than %d bytes", LINE_MOST - 2);
        char *rest = without_comment(text);
        if (good && *rest)
            good = take(closure, &line, rest);
    }
    if (!in || (good && ferror(in))) {
        snprintf(problem, problem_size, "%s: %s", file, strerror(errno));
        good = false;
    }
    if (in)
        fclose(in);
    return good;
}

char *check_word(char **at)
{
    while (is_blank(**at))
        ++*at;
    if (!**at)
        return NULL;
    char *word = *at, *to = word;
    bool quoted = false;
    for (; **at && (quoted || !is_blank(**at)); ++*at) {
        if (**at == '"')
            quoted = !quoted;
        else
            *to++ = **at;
    }
    if (**at)
        ++*at;
    *to = 0;
    return word;
}

char *check_copy(const char *text)
{
    char *copied = strdup(text);
    if (!copied)
        analysis_no_memory();
    return copied;
}
