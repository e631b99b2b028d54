#include "analyzer/report_place.h"
#include "analyzer/module_names.h"
#include <string.h>

bool report_starts_things(const struct report_frame *frame)
{
    static const char *const names[] = {"_start", "start_thread", "clone", "clone3", "__clone"};
    if (frame->function) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (!strcmp(frame->function, names[i]))
                return true;
        return !strncmp(frame->function, "__libc_start_", 13) ||
               !strncmp(frame->function, "__clone", 7);
    }
    return frame->module && (!strncmp(report_base_name(frame->module), "libc.so", 7) ||
                             !strncmp(report_base_name(frame->module), "libc-2.", 7));
}

bool report_is_systems(const struct report_frame *frame)
{
    return frame->module && (module_is_loader(frame->module) || module_is_runtime(frame->module));
}

bool report_is_languages(const struct report_frame *frame)
{
    static const char *const names[] = {"std::", "__gnu_cxx::", "operator new"};
    for (size_t i = 0; frame->function && i < sizeof names / sizeof *names; i++)
        if (!strncmp(frame->function, names[i], strlen(names[i])))
            return true;
    return frame->file && strstr(frame->file, "/include/c++/");
}

size_t report_place_of(const struct report_stack *stack)
{
    size_t best = 0;
    while (best < stack->count &&
           (!stack->frame[best].function || report_is_systems(&stack->frame[best]) ||
            report_is_languages(&stack->frame[best])))
        best++;
    return best == stack->count || report_starts_things(&stack->frame[best]) ? 0 : best;
}
