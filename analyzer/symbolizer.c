#include "analyzer/symbolizer.h"
#include "analyzer/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Debian's package of one version has that in the program's name. */
static char *ask_any(const char *object, enum symbolizer_names kind, const char *input, size_t size)
{
    static const char *const names[] = {
        "llvm-symbolizer",    "llvm-symbolizer-19", "llvm-symbolizer-18", "llvm-symbolizer-17",
        "llvm-symbolizer-16", "llvm-symbolizer-15", "llvm-symbolizer-14",
    };
    const char *wanted = getenv("RESIDUE_SYMBOLIZER");
    size_t count = wanted ? 1 : sizeof names / sizeof *names;
    for (size_t i = 0; i < count; i++) {
        const char *argv[] = {wanted ? wanted : names[i],
                              "--relative-address",
                              "--no-demangle",
                              kind == SYMBOLIZER_SHORT ? "--functions=short"
                                                       : "--functions=linkage",
                              object,
                              NULL};
        char *answer = *argv[0] ? ask(argv, input, size) : NULL;
        if (answer)
            return answer;
    }
    return NULL;
}

static char *ask_about(const char *path, const uint64_t *addresses, size_t count,
                       enum symbolizer_names kind)
{
    enum { LINE = 20 }; /* "0x", 16 digits, a line's end */
    size_t length = strlen(path) + 8, size = 0;
    char *object = malloc(length), *input = malloc(count * LINE + 1), *answer = NULL;
    if (object && input) {
        snprintf(object, length, "--obj=%s", path);
        for (size_t i = 0; i < count; i++)
            size += (size_t)snprintf(input + size, LINE + 1, "0x%" PRIx64 "\n", addresses[i]);
        answer = ask_any(object, kind, input, size);
    }
    free(object);
    free(input);
    return answer;
}

/* ---- the answer: for each address lines of function and FILE:LINE:COLUMN, then an empty one ----
 */

/* Takes one line off the text; NULL at its end. */
static char *line_of(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *text = end + 1;
    *end = 0;
    if (end > line && end[-1] == '\r')
        end[-1] = 0;
    return line;
}

static uint32_t last_number(char *place)
{
    char *colon = strrchr(place, ':');
    if (!colon)
        return 0;
    *colon = 0;
    return (uint32_t)strtoul(colon + 1, NULL, 10);
}

static struct symbol_frame frame_of(const char *function, char *place)
{
    last_number(place); /* the column */
    uint32_t line = last_number(place);
    bool named = *function && strcmp(function, "??") != 0;
    bool placed = *place && strcmp(place, "??") != 0;
    return (struct symbol_frame){.function = named ? function : NULL,
                                 .file = placed ? place : NULL,
                                 .line = placed ? line : 0};
}

/* Of one address: up to the empty line. False when the text ends before. */
static bool read_answer(char **text, struct symbol_frame **next, struct symbolizer_answer *answer)
{
    answer->frames = *next;
    for (bool first = true;; first = false) {
        char *function = line_of(text);
        if (!function)
            return false;
        if (!*function && !first)
            return true;
        char *place = line_of(text);
        if (!place)
            return false;
        struct symbol_frame frame = frame_of(function, place);
        if (!frame.function && !frame.file)
            continue;
        if (answer->count)
            (*next)[-1].inlined = true;
        *(*next)++ = frame;
        answer->count++;
    }
}

static size_t lines_in(const char *text)
{
    size_t lines = 0;
    while ((text = strchr(text, '\n')))
        lines++, text++;
    return lines;
}

bool symbolizer_ask(const char *path, const uint64_t *addresses, size_t count,
                    enum symbolizer_names kind, struct symbolizer_answers *answers,
                    const char **problem)
{
    *answers = (struct symbolizer_answers){.text = ask_about(path, addresses, count, kind)};
    if (!answers->text) {
        *problem = "no lines and inlined functions without llvm-symbolizer";
        return false;
    }
    answers->of = calloc(count + 1, sizeof *answers->of);
    answers->frames = calloc(lines_in(answers->text) / 2 + 1, sizeof *answers->frames);
    char *text = answers->text;
    struct symbol_frame *next = answers->frames;
    for (size_t i = 0; answers->of && next && i < count; i++) {
        if (read_answer(&text, &next, &answers->of[i]))
            continue;
        *problem = "llvm-symbolizer ended before it had answered";
        answers->of[i].count = 0;
        break;
    }
    return answers->of && next;
}

void symbolizer_answers_free(struct symbolizer_answers *answers)
{
    free(answers->of);
    free(answers->frames);
    free(answers->text);
    *answers = (struct symbolizer_answers){0};
}
