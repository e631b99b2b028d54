#include "analyzer/check_suppressions.h"
#include "analyzer/check_lines.h"
#include "analyzer/glob.h"
#include <stdlib.h>
#include <string.h>

/* A day of the calendar as 20271231; 0 for none. */
static int day(const char *text)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, date, length = 0;
    if (strspn(text, "0123456789-") != 10 || text[10] ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &date, &length) != 3 || length != 10)
        return 0;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || date < 1 || date > days[month - 1] ||
        (month == 2 && date == 29 && !leap))
        return 0;
    return year * 10000 + month * 100 + date;
}

static bool take_setting(const struct check_line *line, struct check_suppression *suppression,
                         const char *word)
{
    const struct {
        const char *name;
        char **glob;
    } globs[] = {{"call=", &suppression->call},
                 {"module=", &suppression->module},
                 {"function=", &suppression->function},
                 {"finding=", &suppression->finding}};
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
        size_t length = strlen(globs[i].name);
        if (strncmp(word, globs[i].name, length) != 0)
            continue;
        if (*globs[i].glob || !word[length])
            return check_wrong(line, "%s %s", globs[i].name,
                               word[length] ? "is there twice" : "needs a glob");
        *globs[i].glob = check_copy(word + length);
        return true;
    }
    if (strncmp(word, "until=", 6) != 0)
        return check_wrong(
            line, "'%s' is not call=, module=, function=, finding=, until= or reason=", word);
    suppression->until = day(word + 6);
    return suppression->until || check_wrong(line, "%s: not a day, as in until=2027-12-31", word);
}

/* The reason is a quoted word, or all that is left. */
static void take_reason(struct check_suppression *suppression, char *rest)
{
    char *reason = *rest == '"' ? check_word(&rest) : rest;
    if (reason && *reason)
        suppression->reason = check_copy(reason);
}

static bool take(void *closure, const struct check_line *line, char *text)
{
    struct check_suppressions *all = closure;
    struct check_suppression *grown = realloc(all->line, (all->count + 1) * sizeof *grown);
    if (!grown)
        analysis_no_memory();
    all->line = grown;
    struct check_suppression *suppression = &grown[all->count++];
    *suppression = (struct check_suppression){.line = line->number};
    while (*(text += strspn(text, " \t"))) {
        if (!strncmp(text, "reason=", 7)) {
            take_reason(suppression, text + 7);
            break;
        }
        if (!take_setting(line, suppression, check_word(&text)))
            return false;
    }
    if (!suppression->call && !suppression->module && !suppression->function &&
        !suppression->finding)
        return check_wrong(line, "what is suppressed? give call=, module=, function= or finding=");
    if (!suppression->until)
        return check_wrong(line, "until when? give the last day, as in until=2027-12-31");
    return suppression->reason || check_wrong(line, "why? give reason=... at the end of the line");
}

static int today(time_t now)
{
    const struct tm *local = localtime(&now);
    return local ? (local->tm_year + 1900) * 10000 + (local->tm_mon + 1) * 100 + local->tm_mday : 0;
}

bool check_suppressions_read(struct check_suppressions *all, const char *file, time_t now,
                             char *problem, size_t problem_size)
{
    all->file = file;
    if (!check_lines(file, problem, problem_size, all, take))
        return false;
    for (size_t i = 0; i < all->count; i++)
        all->line[i].expired = all->line[i].until < today(now);
    return true;
}

void check_suppressions_free(struct check_suppressions *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct check_suppression *line = &all->line[i];
        free(line->call);
        free(line->module);
        free(line->function);
        free(line->finding);
        free(line->reason);
    }
    free(all->line);
    *all = (struct check_suppressions){0};
}

static bool has_frame(const struct check_suppression *line, const struct figures_stack *stacks,
                      size_t count)
{
    bool module = !line->module, function = !line->function;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < stacks[i].count; k++) {
            const struct figures_frame *frame = &stacks[i].frame[k];
            module = module ||
                     (frame->module && glob_matches(line->module, figures_base(frame->module)));
            function =
                function || (frame->function && glob_matches(line->function, frame->function));
        }
    }
    return module && function;
}

struct check_suppression *check_suppression_of(struct check_suppressions *all, const char *call,
                                               const char *finding,
                                               const struct figures_stack *stacks, size_t count)
{
    for (size_t i = 0; i < all->count; i++) {
        struct check_suppression *line = &all->line[i];
        if (line->expired || (line->call && !glob_matches(line->call, call ? call : "outside")) ||
            (line->finding && !(finding && glob_matches(line->finding, finding))) ||
            !has_frame(line, stacks, count))
            continue;
        return line;
    }
    return NULL;
}
