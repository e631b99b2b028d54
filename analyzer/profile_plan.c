/* The plan that a profile becomes: flat tables, offsets instead of pointers. */
#include "analyzer/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        profile_one_more(tables->functions, tables->function_count, sizeof *tables->functions);
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
        tables->outs = profile_one_more(tables->outs, tables->out_count, sizeof *tables->outs);
        tables->outs[tables->out_count++] = from->outs[i];
    }
    for (unsigned i = 0; i < from->action_count; i++) {
        tables->actions =
            profile_one_more(tables->actions, tables->action_count, sizeof *tables->actions);
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
            tables->interfaces =
                profile_one_more(tables->interfaces, at, sizeof *tables->interfaces);
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
        kinds = profile_one_more(kinds, i, sizeof *kinds);
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
        budgets = profile_one_more(budgets, i, sizeof *budgets);
        budgets[i] =
            (struct residue_plan_budget){add_string(tables, from->interface),
                                         add_string(tables, from->text), from->most, from->per};
    }
    return budgets;
}

/* Those of interfaces that the tables have; the caller's. */
static struct residue_plan_iid *plan_iids(struct profile *profile, uint32_t *count)
{
    struct residue_plan_iid *iids = NULL;
    for (size_t i = 0; i < profile->iid_count; i++) {
        int index = profile_interface_index(profile, profile->iids[i].name, false);
        if (index < 0)
            continue;
        iids = profile_one_more(iids, *count, sizeof *iids);
        memcpy(iids[*count].guid, profile->iids[i].guid, 16);
        iids[(*count)++].interface = (uint16_t)index;
    }
    return iids;
}

static void append_tables(struct image *image, const struct tables *tables,
                          struct residue_plan *head)
{
    head->functions =
        append(image, tables->functions, tables->function_count * sizeof *tables->functions);
    head->function_count = (uint32_t)tables->function_count;
    head->outs = append(image, tables->outs, tables->out_count * sizeof *tables->outs);
    head->out_count = (uint32_t)tables->out_count;
    head->actions = append(image, tables->actions, tables->action_count * sizeof *tables->actions);
    head->action_count = (uint32_t)tables->action_count;
    head->interfaces =
        append(image, tables->interfaces, tables->interface_count * sizeof *tables->interfaces);
    head->interface_count = (uint32_t)tables->interface_count;
    head->strings = append(image, tables->strings, tables->strings_size);
    head->strings_size = (uint32_t)tables->strings_size;
}

static void free_tables(struct tables *tables)
{
    free(tables->functions);
    free(tables->outs);
    free(tables->actions);
    free(tables->strings);
    free(tables->interfaces);
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
    struct residue_plan_iid *iids = plan_iids(profile, &head.iid_count);
    bool fits = tables.out_count < UINT16_MAX && tables.action_count < UINT16_MAX &&
                tables.interface_count < RESIDUE_INTERFACE_BY_TYPE;
    if (!fits)
        snprintf(profile->problem, sizeof profile->problem, "the profiles name too many functions");
    append_tables(&image, &tables, &head);
    head.kinds = append(&image, kinds, profile->kind_count * sizeof *kinds);
    head.iids = append(&image, iids, head.iid_count * sizeof *iids);
    head.budgets = append(&image, budgets, profile->budget_count * sizeof *budgets);
    head.size = (uint32_t)image.size;
    memcpy(image.bytes, &head, sizeof head);
    free_tables(&tables);
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
