/* What functions hand out for their caller to free, in people's words: the tables' buffers and the
 * `returns` lines of the profiles become actions. */
#include "analyzer/profile.h"

#include <stdio.h>
#include <string.h>

/* All of them share their handles, the addresses: this is the first of the kinds. */
#define ANY_BUFFER "buffer"

static bool fits(const struct profile_returns *returns, const char *interface, const char *name,
                 uint8_t parameter)
{
    if (returns->parameter != parameter)
        return false;
    if (!interface)
        return !strcmp(returns->function, name);
    const char *method = strstr(returns->function, "::");
    if (!method || strcmp(method + 2, name) != 0)
        return false;
    size_t length = (size_t)(method - returns->function);
    return (length == 1 && *returns->function == '*') ||
           (length == strlen(interface) && !strncmp(returns->function, interface, length));
}

static const struct profile_returns *words_for(const struct profile *profile, const char *interface,
                                               const char *name, uint8_t parameter)
{
    static char any[] = ANY_BUFFER;
    static const struct profile_returns plain = {.kind = any,
                                                 .success = RESIDUE_SUCCESS_NONNEGATIVE};
    for (size_t i = 0; i < profile->returns_count; i++)
        if (fits(&profile->returns[i], interface, name, parameter))
            return &profile->returns[i];
    return &plain;
}

static bool add_kind(struct profile *profile, const char *name, const char *release, uint16_t *kind)
{
    int any = profile_kind_add(profile, ANY_BUFFER, RESIDUE_CLASS_RETURNED, false);
    int index = profile_kind_add(profile, name, RESIDUE_CLASS_RETURNED, false);
    struct profile_kind *kinds = profile->kinds;
    if (kinds[index].plan.class != RESIDUE_CLASS_RETURNED ||
        (kinds[index].release && strcmp(kinds[index].release, release) != 0)) {
        snprintf(profile->problem, sizeof profile->problem,
                 "the kind '%s' is not one that calls return and %s frees", name, release);
        return false;
    }
    kinds[index].plan.space = kinds[any].plan.space;
    profile_kind_released_by(profile, index, release);
    *kind = (uint16_t)index;
    return true;
}

static bool resolve(struct profile *profile, const char *interface,
                    struct profile_function *function)
{
    for (unsigned i = 0; i < function->buffer_count; i++) {
        const struct profile_buffer *buffer = &function->buffers[i];
        const struct profile_returns *returns =
            words_for(profile, interface, function->name, buffer->parameter);
        struct residue_plan_action action = {
            .op = RESIDUE_ACQUIRE,
            .success = returns->success,
            .handle = {.where = RESIDUE_WHERE_OUT, .index = buffer->parameter},
            .flags = buffer->in_out ? RESIDUE_ACTION_IN_OUT : 0};
        if (!add_kind(profile, returns->kind, buffer->release, &action.kind))
            return false;
        if (!profile_action_add(function, &action)) {
            snprintf(profile->problem, sizeof profile->problem, "%s has too many actions",
                     function->name);
            return false;
        }
    }
    return true;
}

bool profile_returns_resolve(struct profile *profile)
{
    for (size_t i = 0; i < profile->function_count; i++)
        if (!resolve(profile, NULL, &profile->functions[i]))
            return false;
    for (size_t i = 0; i < profile->interface_count; i++)
        for (unsigned m = 0; m < profile->interfaces[i].method_count; m++)
            if (!resolve(profile, profile->interfaces[i].name, &profile->interfaces[i].methods[m]))
                return false;
    return true;
}
