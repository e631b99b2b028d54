#include "analyzer/text_options.h"
#include "analyzer/options.h"
#include "analyzer/report_output.h"

#include <stdlib.h>
#include <string.h>

bool text_when(const char *command, const char *what, const char *value, enum text_when *when)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        *when = (enum text_when)i;
        if (!strcmp(value, words[i]))
            return true;
    }
    return options_wrong(command, what, value, "auto, always and never are known");
}

bool text_option(struct text_options *options, const char *command, int option, const char *value)
{
    if (option == TEXT_OPTION_COLOR)
        return text_when(command, "unknown --color", value, &options->colour);
    return options->no_pager = true;
}

static bool colour_wanted(void)
{
    const char *none = getenv("NO_COLOR");
    return !(none && *none) && report_output_has_colours();
}

/* 0 = nobody tells. */
static unsigned columns_wanted(void)
{
    enum { MOST = 10000 };
    const char *wish = getenv("COLUMNS");
    unsigned long columns = wish ? strtoul(wish, NULL, 10) : 0;
    return columns && columns < MOST ? (unsigned)columns : report_output_columns();
}

struct text_look text_look(const struct text_options *options, const char *file)
{
    struct text_look look = {.people = !file && report_output_is_terminal()};
    look.columns = file ? 0 : columns_wanted();
    look.colour = options->colour == TEXT_ALWAYS ||
                  (options->colour == TEXT_AUTO && look.people && colour_wanted());
    if (!file && !options->no_pager)
        report_output_page();
    return look;
}
