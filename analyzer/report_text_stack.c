#include "analyzer/report_text_stack.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUNCTION_COLUMNS = 56, FILE_COLUMNS = 36 };

static const char *base_name(const char *path)
{
    const char *base = path;
    for (const char *at = path; *at; at++)
        if ((*at == '/' || *at == '\\') && at[1])
            base = at + 1;
    return base;
}

/* A source file as short as it stays clear: relative to where we are, its name alone when long. */
static const char *short_file(const char *file)
{
    static char here[4096];
    if (!*here && !getcwd(here, sizeof here))
        strcpy(here, "/");
    size_t length = strlen(here);
    if (length > 1 && !strncmp(file, here, length) && file[length] == '/')
        file += length + 1;
    return strlen(file) > FILE_COLUMNS ? base_name(file) : file;
}

/* "function  file.c:12" or "libx.so+0x1234". */
static struct safe frame_text(const struct report_frame *frame, unsigned columns)
{
    char line[3 * TEXT_SIZE], place[32] = "";
    const char *module = frame->module ? base_name(frame->module) : "no module";
    if (!frame->function) {
        snprintf(line, sizeof line, "%s+0x%llx", text_safe(module, 60).text,
                 (unsigned long long)frame->offset);
        return text_safe(line, columns);
    }
    struct safe file = text_safe(frame->file ? short_file(frame->file) : module, FILE_COLUMNS);
    if (frame->file && frame->line)
        snprintf(place, sizeof place, ":%u", frame->line);
    snprintf(line, sizeof line, frame->file ? "%s  %s%s%s" : "%s  (%s)%s%s",
             text_safe(frame->function, FUNCTION_COLUMNS).text, file.text, place,
             frame->inlined ? "  (inlined)" : "");
    return text_safe(line, columns);
}

/* What libc runs before main and before a thread's function. */
static bool starts_things(const struct report_frame *frame)
{
    static const char *const names[] = {"_start", "start_thread", "clone", "clone3", "__clone"};
    if (frame->function) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (!strcmp(frame->function, names[i]))
                return true;
        return !strncmp(frame->function, "__libc_start_", 13) ||
               !strncmp(frame->function, "__clone", 7);
    }
    return frame->module && (!strncmp(base_name(frame->module), "libc.so", 7) ||
                             !strncmp(base_name(frame->module), "libc-2.", 7));
}

void text_stack(struct text *text, const struct report *report, uint32_t site, unsigned indent,
                unsigned frames)
{
    struct report_stack stack = report_stack_of(report, site);
    size_t count = stack.count;
    /* Below libc's start code stands the program's _start, which may have no name. */
    if (count > 2 && !stack.frame[count - 1].function && starts_things(&stack.frame[count - 2]))
        count--;
    while (count > 1 && starts_things(&stack.frame[count - 1]))
        count--;
    size_t shown = count > frames && frames ? frames - 1 : count;
    for (size_t i = 0; i < shown; i++) {
        text_begin(text, indent);
        text_item(text, indent, i ? TEXT_DIM : TEXT_PLAIN, "%s",
                  frame_text(&stack.frame[i], TEXT_COLUMNS - indent).text);
        text_end(text);
    }
    if (shown < count)
        text_paragraph(text, indent, TEXT_DIM, "... %zu more (--all)", count - shown);
    else if (!count)
        text_paragraph(text, indent, TEXT_DIM, "(no stack)");
    else if (stack.cut)
        text_paragraph(text, indent, TEXT_DIM, "... (not recorded further)");
    report_stack_free(&stack);
}

struct safe text_place(const struct report *report, uint32_t site, unsigned columns)
{
    struct report_stack stack = report_stack_of(report, site);
    size_t best = 0;
    while (best < stack.count && !stack.frame[best].function)
        best++;
    if (best == stack.count)
        best = 0;
    struct safe place =
        stack.count ? frame_text(&stack.frame[best], columns) : text_safe("(no stack)", columns);
    report_stack_free(&stack);
    return place;
}
