/* Any text given as a profile, or as the tables of interfaces, exports and IIDs: it becomes a plan,
 * or is refused with one line. The first byte says which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "analyzer/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_input(struct profile *profile, char which, const char *text)
{
    profile->layouts[profile->layout_count++] = "slot";
    switch (which) {
    case 'i':
        return profile_tables(profile, text, "", "");
    case 'l':
        profile->layouts[profile->layout_count++] = "mapi4linux";
        return profile_tables(profile, text, "", "");
    case 'e':
        return profile_tables(profile, "", text, "");
    case 'g':
        return profile_tables(profile, "", "", text);
    case 'w':
        return profile_watch(profile, text);
    default:
        return profile_read_text(profile, "text", text);
    }
}

/* Every offset of a plan leads into it: the shim believes them. */
static void check(const struct residue_plan *plan, size_t size)
{
    const uint32_t ends[] = {
        plan->functions + plan->function_count * (uint32_t)sizeof(struct residue_plan_function),
        plan->outs + plan->out_count * (uint32_t)sizeof(struct residue_plan_out),
        plan->actions + plan->action_count * (uint32_t)sizeof(struct residue_plan_action),
        plan->kinds + plan->kind_count * (uint32_t)sizeof(struct residue_plan_kind),
        plan->interfaces + plan->interface_count * (uint32_t)sizeof(struct residue_plan_interface),
        plan->iids + plan->iid_count * (uint32_t)sizeof(struct residue_plan_iid),
        plan->strings + plan->strings_size};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i] > size)
            abort();
    const unsigned char *base = (const unsigned char *)plan;
    const struct residue_plan_function *function = (const void *)(base + plan->functions);
    for (uint32_t i = 0; i < plan->function_count; i++, function++)
        if (function->name >= plan->strings_size ||
            function->out_first + function->out_count > plan->out_count ||
            function->action_first + function->action_count > plan->action_count)
            abort();
    const struct residue_plan_action *action = (const void *)(base + plan->actions);
    for (uint32_t i = 0; i < plan->action_count; i++)
        if (action[i].kind >= plan->kind_count)
            abort();
    if (plan->flat_count > plan->function_count || plan->glob_count > plan->flat_count ||
        (plan->strings_size && base[plan->strings + plan->strings_size - 1]))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    struct profile *profile = profile_new();
    struct residue_plan *plan = NULL;
    size_t plan_size;
    if (read_input(profile, (char)data[0], text))
        plan = profile_plan(profile, &plan_size);
    if (plan)
        check(plan, plan_size);
    else if (!profile->problem[0] || strchr(profile->problem, '\n'))
        abort();
    free(plan);
    profile_free(profile);
    free(text);
    return 0;
}
