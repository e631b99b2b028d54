#include "analyzer/check_output.h"
#include <string.h>

static const struct {
    const char *name;
    void (*write)(const struct check *, FILE *);
} formats[CHECK_FORMATS] = {
    [CHECK_TEXT] = {"text", NULL},
    [CHECK_GITHUB] = {"github", check_github},
    [CHECK_MARKDOWN] = {"markdown", check_markdown},
    [CHECK_JUNIT] = {"junit", check_junit},
    [CHECK_SARIF] = {"sarif", check_sarif},
    [CHECK_GITLAB] = {"gitlab", check_gitlab},
};

enum check_format check_format_of(const char *name, size_t length)
{
    for (int format = 0; format < CHECK_FORMATS; format++)
        if (strlen(formats[format].name) == length && !strncmp(formats[format].name, name, length))
            return (enum check_format)format;
    return CHECK_FORMATS;
}

void check_write(const struct check *check, enum check_format format, const struct text_look *look,
                 FILE *out)
{
    if (format == CHECK_TEXT)
        check_text(check, look, out);
    else
        formats[format].write(check, out);
}
