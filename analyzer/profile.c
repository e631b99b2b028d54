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

/* Memory for one more of `count` things; ends the process where there is none, as nothing of the
 * client's runs yet. */
static void *one_more(void *array, size_t count, size_t size)
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
        one_more(profile->functions, profile->function_count, sizeof *profile->functions);
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
    profile->kinds = one_more(profile->kinds, profile->kind_count, sizeof *profile->kinds);
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
    profile->returns = one_more(profile->returns, profile->returns_count, sizeof *profile->returns);
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
        profile->budgets = one_more(profile->budgets, at, sizeof *profile->budgets);
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
    profile->interfaces =
        one_more(profile->interfaces, profile->interface_count, sizeof *profile->interfaces);
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

/* ---- the plan ---- */

struct image {
    char *bytes;
    size_t size;
};

static uint32_t append(struct image *image, const void *from, size_t size)
{
    size_t at = (image->size + 7) & ~(size_t)7;
    char *grown = realloc(image->bytes, at + size + 8);
    if (!grown) {
        fputs("residue: no memory\n", stderr);
        exit(2);
    }
    memset(grown + image->size, 0, at - image->size);
    if (size)
        memcpy(grown + at, from, size);
    image->bytes = grown;
    image->size = at + size;
    return (uint32_t)at;
}

struct tables {
    struct residue_plan_function *functions;
    size_t function_count;
    struct residue_plan_out *outs;
    size_t out_count;
    struct residue_plan_action *actions;
    size_t action_count;
    struct residue_plan_interface *interfaces;
    size_t interface_count;
    char *strings;
    size_t strings_size;
};

static uint32_t add_string(struct tables *tables, const char *text)
{
    size_t length = strlen(text) + 1;
    char *grown = realloc(tables->strings, tables->strings_size + length);
    if (!grown) {
        fputs("residue: no memory\n", stderr);
        exit(2);
    }
    memcpy(grown + tables->strings_size, text, length);
    tables->strings = grown;
    tables->strings_size += length;
    return (uint32_t)(tables->strings_size - length);
}

static void add_function(struct tables *tables, const struct profile_function *from,
                         const char *name)
{
    tables->functions =
        one_more(tables->functions, tables->function_count, sizeof *tables->functions);
    struct residue_plan_function *to = &tables->functions[tables->function_count++];
    to->name = add_string(tables, name);
    to->parameters = (int16_t)from->parameters;
    to->flags = from->flags;
    to->role = from->role;
    to->out_first = (uint16_t)tables->out_count;
    to->out_count = (uint16_t)from->out_count;
    to->action_first = (uint16_t)tables->action_count;
    to->action_count = (uint16_t)from->action_count;
    for (unsigned i = 0; i < from->out_count; i++) {
        tables->outs = one_more(tables->outs, tables->out_count, sizeof *tables->outs);
        tables->outs[tables->out_count++] = from->outs[i];
    }
    for (unsigned i = 0; i < from->action_count; i++) {
        tables->actions = one_more(tables->actions, tables->action_count, sizeof *tables->actions);
        tables->actions[tables->action_count++] = from->actions[i];
    }
}

/* Globs last, the others by name. */
static int compare_functions(const void *a, const void *b)
{
    const struct profile_function *x = a, *y = b;
    int globs = (x->flags & RESIDUE_FUNCTION_GLOB) - (y->flags & RESIDUE_FUNCTION_GLOB);
    return globs ? globs : strcmp(x->name, y->name);
}

static void add_methods(struct tables *tables, const struct profile_interface *interface,
                        unsigned layout)
{
    for (unsigned m = 0; m < interface->method_count; m++) {
        const struct profile_function *method = &interface->methods[m];
        char name[512];
        snprintf(name, sizeof name, "%s::%s", interface->name,
                 method->name ? method->name : "(unknown)");
        add_function(tables, method, name);
        struct residue_plan_function *added = &tables->functions[tables->function_count - 1];
        added->slot = method->slots[layout].slot;
        added->base = method->slots[layout].base;
    }
}

/* The last slot that the vtable of an object has, whatever its layout. */
static uint16_t probe_of(const struct profile *profile, const struct profile_interface *interface)
{
    uint16_t probe = UINT8_MAX;
    for (unsigned layout = 0; layout < profile->layout_count; layout++) {
        uint8_t last = 0;
        for (unsigned m = 0; m < interface->method_count; m++)
            if (interface->methods[m].slots[layout].slot > last)
                last = interface->methods[m].slots[layout].slot;
        probe = last < probe ? last : probe;
    }
    return probe;
}

/* All interfaces in the first layout, then all in the next. */
static void add_interfaces(struct tables *tables, const struct profile *profile)
{
    size_t each = profile->interface_count;
    for (unsigned layout = 0; layout < (profile->layout_count ? profile->layout_count : 1);
         layout++)
        for (size_t i = 0; i < each; i++) {
            const struct profile_interface *from = &profile->interfaces[i];
            size_t at = tables->interface_count;
            tables->interfaces = one_more(tables->interfaces, at, sizeof *tables->interfaces);
            tables->interfaces[tables->interface_count++] = (struct residue_plan_interface){
                .name = add_string(tables, from->name),
                .method_first = (uint32_t)tables->function_count,
                .method_count = from->method_count,
                .object_type = from->object_type,
                .other = layout + 1 < profile->layout_count ? (uint16_t)(at + each)
                                                            : RESIDUE_NO_INTERFACE,
                .probe = probe_of(profile, from)};
            add_methods(tables, from, layout);
        }
}

/* Does the function that releases a kind take rows? */
static bool takes_rows(const struct profile *profile, const char *release)
{
    for (size_t i = 0; release && i < profile->function_count; i++) {
        const struct profile_function *function = &profile->functions[i];
        if (strcmp(function->name, release) != 0)
            continue;
        for (unsigned a = 0; a < function->action_count; a++)
            if (function->actions[a].handle.where == RESIDUE_WHERE_ROWS)
                return true;
    }
    return false;
}

static struct residue_plan_kind *plan_kinds(const struct profile *profile, struct tables *tables)
{
    struct residue_plan_kind *kinds = NULL;
    for (size_t i = 0; i < profile->kind_count; i++) {
        const struct profile_kind *from = &profile->kinds[i];
        kinds = one_more(kinds, i, sizeof *kinds);
        kinds[i] = from->plan;
        kinds[i].name = add_string(tables, from->name);
        kinds[i].release = add_string(tables, from->release ? from->release : "");
        kinds[i].rows = takes_rows(profile, from->release);
    }
    return kinds;
}

static struct residue_plan_budget *plan_budgets(const struct profile *profile,
                                                struct tables *tables)
{
    struct residue_plan_budget *budgets = NULL;
    for (size_t i = 0; i < profile->budget_count; i++) {
        const struct profile_budget *from = &profile->budgets[i];
        budgets = one_more(budgets, i, sizeof *budgets);
        budgets[i] =
            (struct residue_plan_budget){add_string(tables, from->interface),
                                         add_string(tables, from->text), from->most, from->per};
    }
    return budgets;
}

struct residue_plan *profile_plan(struct profile *profile, size_t *size)
{
    struct tables tables = {0};
    if (!profile_returns_resolve(profile))
        return NULL;
    struct residue_plan head = {.version = RESIDUE_PLAN_VERSION,
                                .flags = profile->flags,
                                .quarantine = profile->quarantine,
                                .flat_count = (uint32_t)profile->function_count,
                                .kind_count = (uint32_t)profile->kind_count,
                                .budget_count = (uint32_t)profile->budget_count};
    memcpy(head.magic, RESIDUE_PLAN_MAGIC, 8);
    add_string(&tables, "");
    if (profile->function_count)
        qsort(profile->functions, profile->function_count, sizeof *profile->functions,
              compare_functions);
    for (size_t i = 0; i < profile->function_count; i++) {
        head.glob_count += (profile->functions[i].flags & RESIDUE_FUNCTION_GLOB) != 0;
        add_function(&tables, &profile->functions[i], profile->functions[i].name);
    }
    struct image image = {0};
    append(&image, &head, sizeof head);
    add_interfaces(&tables, profile);
    struct residue_plan_kind *kinds = plan_kinds(profile, &tables);
    struct residue_plan_budget *budgets = plan_budgets(profile, &tables);
    struct residue_plan_iid *iids = NULL;
    for (size_t i = 0; i < profile->iid_count; i++) {
        int index = profile_interface_index(profile, profile->iids[i].name, false);
        if (index < 0)
            continue;
        iids = one_more(iids, head.iid_count, sizeof *iids);
        memcpy(iids[head.iid_count].guid, profile->iids[i].guid, 16);
        iids[head.iid_count++].interface = (uint16_t)index;
    }
    bool fits = tables.out_count < UINT16_MAX && tables.action_count < UINT16_MAX &&
                tables.interface_count < RESIDUE_INTERFACE_BY_TYPE;
    if (!fits)
        snprintf(profile->problem, sizeof profile->problem, "the profiles name too many functions");
    head.functions =
        append(&image, tables.functions, tables.function_count * sizeof *tables.functions);
    head.function_count = (uint32_t)tables.function_count;
    head.outs = append(&image, tables.outs, tables.out_count * sizeof *tables.outs);
    head.out_count = (uint32_t)tables.out_count;
    head.actions = append(&image, tables.actions, tables.action_count * sizeof *tables.actions);
    head.action_count = (uint32_t)tables.action_count;
    head.kinds = append(&image, kinds, profile->kind_count * sizeof *kinds);
    head.interfaces =
        append(&image, tables.interfaces, tables.interface_count * sizeof *tables.interfaces);
    head.interface_count = (uint32_t)tables.interface_count;
    head.iids = append(&image, iids, head.iid_count * sizeof *iids);
    head.budgets = append(&image, budgets, profile->budget_count * sizeof *budgets);
    head.strings = append(&image, tables.strings, tables.strings_size);
    head.strings_size = (uint32_t)tables.strings_size;
    head.size = (uint32_t)image.size;
    memcpy(image.bytes, &head, sizeof head);
    free(tables.functions);
    free(tables.outs);
    free(tables.actions);
    free(tables.strings);
    free(tables.interfaces);
    free(kinds);
    free(iids);
    free(budgets);
    *size = image.size;
    if (!fits) {
        free(image.bytes);
        return NULL;
    }
    return (void *)image.bytes;
}
