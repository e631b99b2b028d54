#include "analyzer/report_text_stack.h"
#include "analyzer/report_place.h"
#include "analyzer/report_text_words.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In a line of FRAME_COLUMNS, or some more; a wider or a narrower line has other ones. */
enum { FUNCTION_COLUMNS = 56, FILE_COLUMNS = 36, FRAME_COLUMNS = 90, FRAME_COLUMNS_MORE = 94 };

/* `usual` in a line of `columns`: three fifths of what is more or less go to functions, two to
 * files. */
static unsigned fitted(unsigned usual, unsigned fifths, unsigned columns)
{
    unsigned more = columns > FRAME_COLUMNS_MORE ? columns - FRAME_COLUMNS_MORE : 0;
    unsigned less = columns < FRAME_COLUMNS ? FRAME_COLUMNS - columns : 0;
    unsigned cut = less * fifths / 5;
    return usual + more * fifths / 5 > cut ? usual + more * fifths / 5 - cut : 1;
}

/* ---- one frame ---- */

/* The path without ".", ".." and a first folder that is named twice: what a distribution's builds
 * make of "libio/genops.c" is "./libio/./libio/genops.c". */
static void tidy(const char *from, char *to, size_t size)
{
    size_t used = 0, first = 0;
    while (*from) {
        size_t length = strcspn(from, "/");
        bool up = length == 2 && !strncmp(from, "..", 2) && used;
        if (up) {
            while (used && to[--used] != '/')
                ;
        } else if (length != 1 || *from != '.') {
            bool again = used && used == first && used == length && !strncmp(to, from, length);
            if (!again && used + length + 2 < size) {
                if (used)
                    to[used++] = '/';
                memcpy(to + used, from, length);
                used += length;
                first = first ? first : used;
            }
        }
        from += length + (from[length] == '/');
    }
    to[used] = 0;
}

/* A source file as short as it stays clear: relative to where we are, its name alone when long. */
static struct safe short_file(const char *file, unsigned columns)
{
    static char here[4096];
    char tidied[4096];
    if (!*here && !getcwd(here, sizeof here))
        strcpy(here, "/");
    size_t length = strlen(here);
    if (length > 1 && !strncmp(file, here, length) && file[length] == '/')
        file += length + 1;
    if (*file != '/') {
        tidy(file, tidied, sizeof tidied);
        file = tidied;
    }
    return text_safe(strlen(file) > columns ? report_base_name(file) : file, columns);
}

/* The C library's names for itself say nothing to others. */
static const char *function_name(const char *function)
{
    return !strncmp(function, "__GI_", 5) ? function + 5 : function;
}

/* "function  file.c:12" or "libx.so+0x1234". */
static struct safe frame_text(const struct report_frame *frame, unsigned columns)
{
    char line[3 * TEXT_SIZE], place[32] = "";
    const char *module = frame->module ? report_base_name(frame->module) : "no module";
    if (!frame->function) {
        snprintf(line, sizeof line, "%s+0x%llx", text_safe(module, 60).text,
                 (unsigned long long)frame->offset);
        return text_safe(line, columns);
    }
    unsigned function = fitted(FUNCTION_COLUMNS, 3, columns),
             place_in = fitted(FILE_COLUMNS, 2, columns);
    struct safe file =
        frame->file ? short_file(frame->file, place_in) : text_safe(module, place_in);
    if (frame->file && frame->line)
        snprintf(place, sizeof place, ":%u", frame->line);
    int used =
        snprintf(line, sizeof line, frame->file ? "%s  %s%s" : "%s  (%s)%s",
                 words_function(function_name(frame->function), function).text, file.text, place);
    /* Where there is no room for all, where it is counts for more. */
    if (frame->inlined && text_width(line) + sizeof "  (inlined)" - 1 <= columns)
        snprintf(line + used, sizeof line - (size_t)used, "  (inlined)");
    return text_safe(line, columns);
}

/* ---- what is not worth a line ---- */

static size_t without_start(const struct report_stack *stack)
{
    size_t count = stack->count;
    /* Below libc's start code stands the program's _start, which may have no name. */
    if (count > 2 && !stack->frame[count - 1].function &&
        report_starts_things(&stack->frame[count - 2]))
        count--;
    while (count > 1 && report_starts_things(&stack->frame[count - 1]))
        count--;
    return count;
}

/* How many frames from `at` on belong to the loader and the language's libraries: a module's
 * constructor is a dozen of them away from who loaded it, a container's allocation half a dozen
 * from who put something in. */
static size_t system_frames(const struct report_stack *stack, size_t at, size_t end)
{
    size_t from = at;
    while (at < end &&
           (report_is_systems(&stack->frame[at]) || report_is_languages(&stack->frame[at])))
        at++;
    return at - from;
}

/* ---- stacks beside each other ---- */

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && !strcmp(one, other));
}

static bool same_frame(const struct report_frame *one, const struct report_frame *other)
{
    return one->offset == other->offset && one->line == other->line &&
           one->inlined == other->inlined && same_text(one->module, other->module) &&
           same_text(one->function, other->function);
}

/* How many of the outermost frames of `stack` are those of one shown before. */
static size_t shared_frames(const struct text_stacks *stacks, const struct report_stack *stack)
{
    size_t most = 0;
    for (size_t i = 0; i < stacks->count; i++) {
        const struct report_stack *other = &stacks->shown[i];
        size_t shared = 0;
        while (shared < stack->count && shared < other->count &&
               same_frame(&stack->frame[stack->count - 1 - shared],
                          &other->frame[other->count - 1 - shared]))
            shared++;
        most = shared > most ? shared : most;
    }
    return most;
}

static void remember(struct text_stacks *stacks, struct report_stack stack)
{
    struct report_stack *grown = realloc(stacks->shown, (stacks->count + 1) * sizeof *grown);
    if (!grown)
        analysis_no_memory();
    stacks->shown = grown;
    grown[stacks->count++] = stack;
}

void text_stacks_free(struct text_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++)
        report_stack_free(&stacks->shown[i]);
    free(stacks->shown);
    *stacks = (struct text_stacks){0};
}

/* ---- lines ---- */

enum { SYSTEM_LEAST = 4, SHARED_LEAST = 3 };

static void write_frames(struct text *text, const struct report_stack *stack, unsigned indent,
                         size_t end, unsigned frames)
{
    unsigned lines = 0;
    for (size_t i = 0; i < end; lines++) {
        size_t system = i && frames != UINT32_MAX ? system_frames(stack, i, end) : 0;
        if (system >= SYSTEM_LEAST) {
            text_paragraph(text, indent, TEXT_DIM, "... %zu of the %s's own (--stacks)", system,
                           report_is_systems(&stack->frame[i]) ? "system" : "language");
            i += system;
            continue;
        }
        if (lines + 1 >= frames && i + 1 < end) {
            text_paragraph(text, indent, TEXT_DIM, "... %zu more (--stacks)", end - i);
            return;
        }
        text_begin(text, indent);
        text_item(text, indent, i ? TEXT_DIM : TEXT_PLAIN, "%s",
                  frame_text(&stack->frame[i], text->columns - indent).text);
        text_end(text);
        i++;
    }
}

void text_stack(struct text *text, const struct report *report, uint32_t site, unsigned indent,
                unsigned frames, struct text_stacks *stacks)
{
    struct report_stack stack = report_stack_of(report, site);
    size_t count = without_start(&stack), below = stack.count - count;
    size_t shared = shared_frames(stacks, &stack);
    shared = shared > below ? shared - below : 0;
    /* One shared frame is shown, so that one sees where to go on reading above. */
    bool cut = shared >= SHARED_LEAST && count - shared + 2 < count;
    write_frames(text, &stack, indent, cut ? count - shared + 1 : count, frames);
    if (cut)
        text_paragraph(text, indent, TEXT_DIM, "... from there as above");
    else if (!count)
        text_paragraph(text, indent, TEXT_DIM, "(no stack)");
    else if (stack.cut)
        text_paragraph(text, indent, TEXT_DIM, "... (not recorded further)");
    remember(stacks, stack);
}

struct safe text_place(const struct report *report, uint32_t site, unsigned columns)
{
    struct report_stack stack = report_stack_of(report, site);
    struct safe place = stack.count ? frame_text(&stack.frame[report_place_of(&stack)], columns)
                                    : text_safe("(no stack)", columns);
    report_stack_free(&stack);
    return place;
}
