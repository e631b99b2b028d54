/* What several forms of the gate's output say alike. */
#include "analyzer/check_output.h"
#include "analyzer/report_place.h"
#include "analyzer/report_text_words.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check_headline check_headline(const struct check *check)
{
    struct check_headline line;
    size_t calls = check->now->call_count, processes = check->now->process_count;
    struct figure failing = figure_count(check->failing);
    char among[160];
    snprintf(among, sizeof among, "%s call%s%s%s%s", figure_count(calls).text, words_plural(calls),
             processes > 1 ? " in " : "", processes > 1 ? figure_count(processes).text : "",
             processes > 1 ? " processes" : "");
    if (check->failing)
        snprintf(line.text, sizeof line.text, "FAILED: %s problem%s in %s", failing.text,
                 words_plural(check->failing), among);
    else if (!calls)
        snprintf(line.text, sizeof line.text,
                 "passed, but no watched call was executed: nothing was judged (residue run --help "
                 "tells how to watch one)");
    else
        snprintf(line.text, sizeof line.text, "passed: %s in %s",
                 check->before   ? "nothing is new or worse"
                 : check->limits ? "nothing is over its limit"
                                 : "nothing leaks",
                 among);
    return line;
}

const char *check_word_for(const struct check_problem *problem)
{
    static const char *const words[CHECK_RULES] = {
        [CHECK_LEAK] = "leak",        [CHECK_NEW_LEAK] = "new",        [CHECK_WORSE_LEAK] = "worse",
        [CHECK_WORSE_CALL] = "worse", [CHECK_OVER_LIMIT] = "limit",    [CHECK_FINDING] = "finding",
        [CHECK_NEW_FINDING] = "new",  [CHECK_WORSE_FINDING] = "worse",
    };
    return problem->by ? "suppressed" : words[problem->rule];
}

/* ---- paths ---- */

/* Without its steps on the spot and back, in place: "/w/build/../src/./a.c" is "/w/src/a.c". What
 * goes back beyond its beginning stays. */
static void straighten(char *path)
{
    char *to = path;
    for (const char *from = path; *from;) {
        size_t length = strcspn(from, "/");
        size_t next = length + (from[length] == '/');
        char *before = to > path ? to - 1 : to; /* the beginning of the part that ".." undoes */
        while (before > path && before[-1] != '/')
            before--;
        bool back = length == 2 && !strncmp(from, "..", 2) && to - before > 1 &&
                    strncmp(before, "../", 3) != 0;
        if (back)
            to = before;
        else if (length != 1 || *from != '.')
            to = (char *)memmove(to, from, next) + next;
        from += next;
    }
    *to = '\0';
}

static bool strip(const char *folder, const char *file, struct check_path *path)
{
    size_t length = folder ? strlen(folder) : 0;
    while (length && (folder[length - 1] == '/' || folder[length - 1] == '\\'))
        length--;
    if (!length || strncmp(folder, file, length) != 0 ||
        (file[length] != '/' && file[length] != '\\'))
        return false;
    snprintf(path->text, sizeof path->text, "%s", file + length + 1);
    return path->relative = true;
}

struct check_path check_path_of(const char *name)
{
    struct check_path path = {.relative = false};
    char here[4096], file[sizeof path.text];
    snprintf(file, sizeof file, "%s", name);
    for (char *at = file; *at; at++)
        if (*at == '\\')
            *at = '/';
    straighten(file);
    bool absolute = *file == '/' || (*file && file[1] == ':');
    if (absolute && (strip(getenv("GITHUB_WORKSPACE"), file, &path) ||
                     strip(getenv("CI_PROJECT_DIR"), file, &path) ||
                     strip(getcwd(here, sizeof here), file, &path)))
        return path;
    snprintf(path.text, sizeof path.text, "%s", file);
    path.relative = !absolute;
    return path;
}

/* Of the program's own lines the innermost in the repository, if any is: there it can be shown. */
const struct figures_frame *check_place(const struct check_problem *problem)
{
    const struct figures_stack *stack = problem->stack;
    for (size_t i = 0; stack && i < stack->count; i++)
        if (figures_is_own(&stack->frame[i]) && check_path_of(stack->frame[i].file).relative)
            return &stack->frame[i];
    return stack ? figures_place(stack) : NULL;
}

/* ---- stacks and processes ---- */

static void append(struct check_trail *trail, const char *between, const char *text)
{
    size_t used = strlen(trail->text);
    if (used + strlen(between) + strlen(text) < sizeof trail->text)
        sprintf(trail->text + used, "%s%s", used ? between : "", text);
}

/* Whether it says who leaks: the language's libraries allocate on behalf of others. */
static bool tells(const struct figures_frame *frame)
{
    const struct report_frame as = {
        .module = frame->module, .function = frame->function, .file = frame->file};
    return frame->function && !report_is_systems(&as) && !report_is_languages(&as) &&
           !report_starts_things(&as);
}

/* The first frame to be told, from `at` on: with a name, and of the language's own only where there
 * is no other. The stack's count when there is none. */
static size_t told(const struct figures_stack *stack, size_t at)
{
    bool any = false;
    for (size_t i = 0; i < stack->count && !any; i++)
        any = tells(&stack->frame[i]);
    while (at < stack->count && (any ? !tells(&stack->frame[at]) : !stack->frame[at].function))
        at++;
    return at;
}

struct check_trail check_trail(const struct check_problem *problem, size_t most)
{
    struct check_trail trail = {""};
    const struct figures_stack none = {0}, *stack = problem->stack ? problem->stack : &none;
    for (size_t i = told(stack, 0); i < stack->count && most; i = told(stack, i + 1)) {
        const struct figures_frame *frame = &stack->frame[i];
        char one[2 * TEXT_SIZE];
        struct safe function = words_function(frame->function, 60);
        if (frame->file && frame->line)
            snprintf(one, sizeof one, "%s (%.200s:%u)", function.text,
                     text_safe(check_path_of(frame->file).text, 100).text, frame->line);
        else
            snprintf(one, sizeof one, "%s", function.text);
        append(&trail, " < ", one);
        most--;
    }
    return trail;
}

void check_write_lines(struct text *text, const struct figures_stack *stack, size_t most,
                       unsigned indent)
{
    enum { LINE_COLUMNS = 11 }; /* ":4294967295" */
    enum text_style style = TEXT_PLAIN;
    unsigned room = text->columns - indent - 2 - LINE_COLUMNS;
    for (size_t i = told(stack, 0); i < stack->count && most; i = told(stack, i + 1)) {
        const struct figures_frame *frame = &stack->frame[i];
        text_begin(text, indent);
        text_item(text, indent, style, "%s", words_function(frame->function, 60).text);
        if (frame->file && frame->line)
            text_item(text, indent + 2, style, "%s:%u",
                      text_safe(check_path_of(frame->file).text, room).text, frame->line);
        text_end(text);
        style = TEXT_DIM;
        most--;
    }
}

enum { PROCESSES_NAMED = 4 };

static void append_process(struct check_trail *trail, const struct figures_process *process)
{
    char one[TEXT_SIZE + 40];
    snprintf(one, sizeof one, "%s (pid %llu)", text_safe(process->command, 40).text,
             (unsigned long long)process->pid);
    append(trail, ", ", one);
}

struct check_trail check_processes(const struct check *check, const struct check_problem *problem)
{
    struct check_trail trail = {""};
    const struct figures_call *call = problem->figures;
    size_t found = 0;
    if (check->now->process_count < 2)
        return trail;
    if (!call) {
        append_process(&trail, &check->now->process[problem->process]);
        return trail;
    }
    for (int leaking = 1; leaking >= 0; leaking--) {
        for (size_t i = 0; i < call->part_count; i++) {
            if (verdict_leaks(call->part[i].verdict) != leaking)
                continue;
            if (found++ < PROCESSES_NAMED)
                append_process(&trail, &check->now->process[call->part[i].process]);
        }
        if (found)
            break; /* where it leaks; if nowhere by itself, all that make the call */
    }
    if (found > PROCESSES_NAMED) {
        char more[40];
        snprintf(more, sizeof more, "%zu more", found - PROCESSES_NAMED);
        append(&trail, " and ", more);
    }
    return trail;
}
