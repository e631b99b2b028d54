#include "analyzer/profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char profile_text_base[], profile_text_win32[], profile_text_mapi[];
extern const char profile_text_exports[], profile_text_interfaces[], profile_text_iids[];

struct profile *profile_new(void)
{
    return calloc(1, sizeof(struct profile));
}

static void free_function(struct profile_function *function)
{
    free(function->name);
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->function_count; i++)
        free_function(&profile->functions[i]);
    for (size_t i = 0; i < profile->kind_count; i++) {
        free(profile->kinds[i].name);
        free(profile->kinds[i].release);
    }
    for (size_t i = 0; i < profile->returns_count; i++) {
        free(profile->returns[i].function);
        free(profile->returns[i].kind);
    }
    for (size_t i = 0; i < profile->budget_count; i++) {
        free(profile->budgets[i].interface);
        free(profile->budgets[i].text);
    }
    for (size_t i = 0; i < profile->interface_count; i++) {
        for (unsigned m = 0; m < profile->interfaces[i].method_count; m++)
            free_function(&profile->interfaces[i].methods[m]);
        free(profile->interfaces[i].methods);
        free(profile->interfaces[i].name);
    }
    for (size_t i = 0; i < profile->iid_count; i++)
        free(profile->iids[i].name);
    free(profile->functions);
    free(profile->kinds);
    free(profile->interfaces);
    free(profile->iids);
    free(profile->returns);
    free(profile->budgets);
    free(profile);
}

bool profile_wrong(struct profile *profile, const char *label, unsigned line, const char *format,
                   ...)
{
    int at = snprintf(profile->problem, sizeof profile->problem, "%s:%u: ", label, line);
    va_list arguments;
    va_start(arguments, format);
    if (at > 0 && (size_t)at < sizeof profile->problem)
        vsnprintf(profile->problem + at, sizeof profile->problem - (size_t)at, format, arguments);
    va_end(arguments);
    return false;
}

void *profile_one_more(void *array, size_t count, size_t size)
{
    void *grown = realloc(array, (count + 1) * size);
    if (!grown) {
        fputs("residue: no memory\n", stderr);
        exit(2);
    }
    memset((char *)grown + count * size, 0, size);
    return grown;
}

static char *own(const char *text)
{
    char *copy = strdup(text);
    if (!copy) {
        fputs("residue: no memory\n", stderr);
        exit(2);
    }
    return copy;
}

struct profile_function *profile_function(struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->function_count; i++)
        if (!strcmp(profile->functions[i].name, name))
            return &profile->functions[i];
    profile->functions =
        profile_one_more(profile->functions, profile->function_count, sizeof *profile->functions);
    struct profile_function *function = &profile->functions[profile->function_count++];
    function->name = own(name);
    function->parameters = -1;
    return function;
}

int profile_kind_index(struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->kind_count; i++)
        if (!strcmp(profile->kinds[i].name, name))
            return (int)i;
    return -1;
}

int profile_kind_add(struct profile *profile, const char *name, unsigned class, bool counted)
{
    int index = profile_kind_index(profile, name);
    if (index >= 0)
        return index;
    profile->kinds = profile_one_more(profile->kinds, profile->kind_count, sizeof *profile->kinds);
    struct profile_kind *kind = &profile->kinds[profile->kind_count];
    kind->name = own(name);
    kind->plan.class = (uint8_t) class;
    kind->plan.counted = counted;
    kind->plan.space = (uint16_t)profile->kind_count;
    return (int)profile->kind_count++;
}

void profile_kind_released_by(struct profile *profile, int kind, const char *function)
{
    if (!profile->kinds[kind].release)
        profile->kinds[kind].release = own(function);
}

/* The same action twice is one: profiles overlap, or are read twice. */
bool profile_action_add(struct profile_function *function, const struct residue_plan_action *action)
{
    for (unsigned i = 0; i < function->action_count; i++)
        if (!memcmp(&function->actions[i], action, sizeof *action))
            return true;
    if (function->action_count == sizeof function->actions / sizeof *function->actions)
        return false;
    function->actions[function->action_count++] = *action;
    return true;
}

void profile_returns_add(struct profile *profile, const char *function, unsigned parameter,
                         const char *kind, uint8_t success)
{
    profile->returns =
        profile_one_more(profile->returns, profile->returns_count, sizeof *profile->returns);
    profile->returns[profile->returns_count++] =
        (struct profile_returns){own(function), own(kind), (uint8_t)parameter, success};
}

void profile_budget_set(struct profile *profile, const char *interface, uint32_t most, uint32_t per,
                        const char *text)
{
    size_t at = 0;
    while (at < profile->budget_count && strcmp(profile->budgets[at].interface, interface) != 0)
        at++;
    if (at == profile->budget_count) {
        profile->budgets = profile_one_more(profile->budgets, at, sizeof *profile->budgets);
        profile->budgets[at].interface = own(interface);
        profile->budget_count++;
    }
    free(profile->budgets[at].text);
    profile->budgets[at].text = own(text);
    profile->budgets[at].most = most;
    profile->budgets[at].per = per;
}

int profile_interface_index(struct profile *profile, const char *name, bool make)
{
    for (size_t i = 0; i < profile->interface_count; i++)
        if (!strcmp(profile->interfaces[i].name, name))
            return (int)i;
    if (!make)
        return -1;
    profile->interfaces = profile_one_more(profile->interfaces, profile->interface_count,
                                           sizeof *profile->interfaces);
    profile->interfaces[profile->interface_count].name = own(name);
    return (int)profile->interface_count++;
}

bool profile_watch(struct profile *profile, const char *glob)
{
    struct profile_function *function = profile_function(profile, glob);
    function->flags |= RESIDUE_WATCH_ALWAYS;
    if (strpbrk(glob, "*?"))
        function->flags |= RESIDUE_FUNCTION_GLOB;
    return true;
}

bool profile_read_file(struct profile *profile, const char *path)
{
    enum { MOST = 4 << 20 };
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(MOST + 1) : NULL;
    size_t size = text ? fread(text, 1, MOST + 1, file) : 0;
    bool fine = false;
    if (!file || (text && ferror(file)))
        snprintf(profile->problem, sizeof profile->problem, "%s: %s", path, strerror(errno));
    else if (!text || size > MOST)
        snprintf(profile->problem, sizeof profile->problem, "%s: is too large for a profile", path);
    else if (memchr(text, 0, size))
        snprintf(profile->problem, sizeof profile->problem, "%s: is no text", path);
    else {
        text[size] = 0;
        fine = profile_read_text(profile, path, text);
    }
    free(text);
    if (file)
        fclose(file);
    return fine;
}

bool profile_read_shipped(struct profile *profile, const char *name)
{
    if (!strcmp(name, "base"))
        return profile_read_text(profile, "base.profile", profile_text_base) &&
               profile_read_text(profile, "win32.profile", profile_text_win32);
    if (!strcmp(name, "none"))
        return true;
    if (strcmp(name, "mapi") && strcmp(name, "mapi4linux"))
        return false;
    profile->layouts[0] = "mapi4linux";
    profile->layouts[1] = "slot";
    profile->layout_count = !strcmp(name, "mapi4linux") ? 1 : 2;
    return profile_tables(profile, profile_text_interfaces, profile_text_exports,
                          profile_text_iids) &&
           profile_read_text(profile, "mapi.profile", profile_text_mapi);
}
