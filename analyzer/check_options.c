#include "analyzer/check_options.h"
#include "analyzer/options.h"
#include <stdlib.h>
#include <string.h>

struct check_options check_options_new(const char *command)
{
    return (struct check_options){.command = command, .chance = 0.0001};
}

static bool wrong(const struct check_options *options, const char *what, const char *value)
{
    fprintf(stderr, "%s: %s '%s' (see %s --help)\n", options->command, what, value,
            options->command);
    return false;
}

static bool unknown_format(const struct check_options *options, const char *value)
{
    return options_wrong(options->command, "unknown format", value,
                         "text, github, markdown, junit, sarif and gitlab are known");
}

bool check_is_output(const char *value)
{
    const char *equals = strchr(value, '=');
    return equals && check_format_of(value, (size_t)(equals - value)) != CHECK_FORMATS;
}

static bool add_output(struct check_options *options, const char *value)
{
    const char *equals = strchr(value, '=');
    if (!equals || !equals[1])
        return wrong(options, "not FORMAT=FILE:", value);
    enum check_format format = check_format_of(value, (size_t)(equals - value));
    if (format == CHECK_FORMATS)
        return unknown_format(options, value);
    if (options->output_count == CHECK_FILES)
        return wrong(options, "too many outputs:", value);
    options->output[options->output_count].format = format;
    options->output[options->output_count++].file = equals + 1;
    return true;
}

static bool add_baseline(struct check_options *options, const char *value)
{
    if (options->baseline_count == CHECK_FILES)
        return wrong(options, "too many baselines:", value);
    options->baseline[options->baseline_count++] = value;
    return true;
}

static bool set_chance(struct check_options *options, const char *value)
{
    char *end;
    options->chance = strtod(value, &end);
    return (*value && !*end && options->chance > 0 && options->chance <= 0.5) ||
           wrong(options, "not a chance between 0 and 0.5:", value);
}

bool check_option(struct check_options *options, int option, const char *value)
{
    switch (option) {
    case CHECK_OPTION_LIMITS:
        options->limits = value;
        return true;
    case CHECK_OPTION_BASELINE:
        return add_baseline(options, value);
    case CHECK_OPTION_UPDATE:
        return options->update_baseline = true;
    case CHECK_OPTION_SUPPRESSIONS:
        options->suppressions = value;
        return true;
    case CHECK_OPTION_FORMAT:
        options->format = check_format_of(value, strlen(value));
        return options->format != CHECK_FORMATS || unknown_format(options, value);
    case CHECK_OPTION_OUTPUT:
        return add_output(options, value);
    default:
        return set_chance(options, value);
    }
}

bool check_options_fit(const struct check_options *options)
{
    if (!options->update_baseline || options->baseline_count == 1)
        return true;
    fprintf(stderr, "%s: --update-baseline needs one --baseline FILE to put in place\n",
            options->command);
    return false;
}
