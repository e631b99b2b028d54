/*
 * Objects that are never released. One missing Release is one finding: what lives only because of
 * the object that was not released is told with it.
 */
#include "analyzer/findings_make.h"
#include "analyzer/objects_history.h"
#include "analyzer/report_text_write.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Objects of one interface that one call opened and that live for the same reason. */
struct group {
    uint32_t path, interface;
    bool provider, logged_off;
    size_t *member; /* indices of objects, in order */
    size_t count;
    bool leaks;
    struct verdict verdict;
    struct finding_things things;
};

struct groups {
    struct group *group;
    size_t count;
    size_t *sorted; /* members of all groups */
    size_t *of;     /* by index in trace.objects: its group; OBJECTS_NONE */
    size_t *first;  /* by keeper: where what it keeps begins in `kept` */
    size_t *kept;   /* live objects, by keeper, in order */
    size_t kept_count;
};

static const struct findings_context *sorting; /* qsort has no closure; the analyzer no threads */

/* ---- grouping ---- */

static int by_group(const void *one, const void *other)
{
    size_t a = *(const size_t *)one, b = *(const size_t *)other;
    const struct trace *trace = sorting->trace;
    const struct objects_state *x = &sorting->objects.state[a], *y = &sorting->objects.state[b];
    const struct trace_object *p = &trace->objects[a], *q = &trace->objects[b];
    if (objects_path(trace, p) != objects_path(trace, q))
        return objects_path(trace, p) < objects_path(trace, q) ? -1 : 1;
    if (p->interface != q->interface)
        return p->interface < q->interface ? -1 : 1;
    if (x->provider != y->provider)
        return x->provider ? 1 : -1;
    if (x->logged_off != y->logged_off)
        return x->logged_off ? 1 : -1;
    return (a > b) - (a < b);
}

static bool same_group(const struct findings_context *context, const struct group *group, size_t b)
{
    const struct objects_state *state = &context->objects.state[b];
    const struct trace_object *object = &context->trace->objects[b];
    return group->path == objects_path(context->trace, object) &&
           group->interface == object->interface && group->provider == state->provider &&
           group->logged_off == state->logged_off;
}

static int by_keeper(const void *one, const void *other)
{
    size_t a = *(const size_t *)one, b = *(const size_t *)other;
    size_t x = sorting->objects.state[a].keeper, y = sorting->objects.state[b].keeper;
    if (x != y)
        return x < y ? -1 : 1;
    return (a > b) - (a < b);
}

/* All live objects by the one that keeps them. */
static void list_kept(struct groups *groups, const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    groups->kept_count = 0;
    for (size_t i = 0; i < trace->object_count; i++)
        if (trace->objects[i].live)
            groups->kept[groups->kept_count++] = i;
    qsort(groups->kept, groups->kept_count, sizeof *groups->kept, by_keeper);
    for (size_t i = groups->kept_count; i-- > 0;)
        groups->first[context->objects.state[groups->kept[i]].keeper] = i;
}

static struct groups groups_of(const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    struct groups groups = {0};
    groups.sorted = analysis_take(trace->object_count, sizeof *groups.sorted);
    groups.of = analysis_take(trace->object_count, sizeof *groups.of);
    groups.first = analysis_take(trace->object_count, sizeof *groups.first);
    groups.kept = analysis_take(trace->object_count, sizeof *groups.kept);
    size_t causes = 0;
    for (size_t i = 0; i < trace->object_count; i++) {
        groups.of[i] = OBJECTS_NONE;
        if (trace->objects[i].live && context->objects.state[i].keeper == i)
            groups.sorted[causes++] = i;
    }
    sorting = context;
    qsort(groups.sorted, causes, sizeof *groups.sorted, by_group);
    groups.group = analysis_take(causes, sizeof *groups.group);
    for (size_t i = 0; i < causes; i++) {
        size_t index = groups.sorted[i];
        struct group *group = groups.count ? &groups.group[groups.count - 1] : NULL;
        if (!group || !same_group(context, group, index)) {
            const struct objects_state *state = &context->objects.state[index];
            group = &groups.group[groups.count++];
            group->path = objects_path(trace, &trace->objects[index]);
            group->interface = trace->objects[index].interface;
            group->provider = state->provider;
            group->logged_off = state->logged_off;
            group->member = &groups.sorted[i];
        }
        group->count++;
        groups.of[index] = groups.count - 1;
    }
    list_kept(&groups, context);
    return groups;
}

static void groups_free(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        finding_things_free(&groups->group[i].things);
    free(groups->group);
    free(groups->sorted);
    free(groups->of);
    free(groups->first);
    free(groups->kept);
}

/* What an object keeps alive, itself too; the next one after `at`. */
static bool next_kept(const struct groups *groups, const struct findings_context *context,
                      size_t keeper, size_t *at, size_t *index)
{
    if (*at >= groups->kept_count || context->objects.state[groups->kept[*at]].keeper != keeper)
        return false;
    *index = groups->kept[(*at)++];
    return true;
}

static void judge(struct group *group, const struct groups *groups,
                  const struct findings_context *context)
{
    group->things.count = 0;
    for (size_t i = 0; i < group->count; i++) {
        size_t keeper = group->member[i], at = groups->first[keeper], index;
        uint64_t bytes = 0;
        if (context->objects.state[keeper].keeper != keeper)
            continue; /* of another's since */
        while (next_kept(groups, context, keeper, &at, &index))
            bytes += context->objects.state[index].bytes;
        finding_thing(&group->things, context->trace->objects[keeper].ordinal, bytes);
    }
    group->leaks = finding_systematic(context->trace, group->path, &group->things, &group->verdict);
}

/* What a provider keeps, opened from an object that is leaked: it goes with that one. */
static void give_to_leaked(struct groups *groups, struct findings_context *context)
{
    const struct trace *trace = context->trace;
    for (size_t g = 0; g < groups->count; g++) {
        const struct group *group = &groups->group[g];
        for (size_t i = 0; group->provider && i < group->count; i++) {
            const struct trace_object *above = &trace->objects[group->member[i]];
            while ((above = objects_parent(trace, above))) {
                size_t keeper = context->objects.state[above - trace->objects].keeper;
                size_t of = groups->of[keeper];
                if (of == OBJECTS_NONE || groups->group[of].provider || !groups->group[of].leaks)
                    continue;
                context->objects.state[group->member[i]].keeper = keeper;
                break;
            }
        }
    }
    /* And with it what that one kept. */
    for (size_t i = 0; i < trace->object_count; i++) {
        struct objects_state *state = &context->objects.state[i];
        if (trace->objects[i].live)
            state->keeper = context->objects.state[state->keeper].keeper;
    }
    list_kept(groups, context);
}

/* ---- telling ---- */

/* What the objects of a group keep alive beside themselves. */
struct keeps {
    struct finding_kept *kept;
    uint32_t count;
    size_t room;
    uint64_t blocks, bytes; /* with their own */
};

static void keep(struct keeps *keeps, uint32_t path, const char *interface)
{
    for (uint32_t i = 0; i < keeps->count; i++)
        if (keeps->kept[i].path == path && !strcmp(keeps->kept[i].interface, interface)) {
            keeps->kept[i].count++;
            return;
        }
    keeps->kept = analysis_grow(keeps->kept, sizeof *keeps->kept, keeps->count, &keeps->room);
    keeps->kept[keeps->count++] = (struct finding_kept){path, interface, 1};
}

static struct keeps keeps_of(const struct group *group, const struct groups *groups,
                             struct findings_context *context)
{
    const struct trace *trace = context->trace;
    struct keeps keeps = {0};
    for (size_t i = 0; i < group->count; i++) {
        size_t keeper = group->member[i], at = groups->first[keeper], index;
        if (context->objects.state[keeper].keeper != keeper)
            continue;
        while (next_kept(groups, context, keeper, &at, &index)) {
            const struct trace_object *object = &trace->objects[index];
            keeps.blocks += context->objects.state[index].blocks;
            keeps.bytes += context->objects.state[index].bytes;
            context->consequence[index] = true;
            if (index != keeper)
                keep(&keeps, objects_path(trace, object), objects_interface(trace, object));
        }
    }
    return keeps;
}

/* Those opened last first: from the store to the session. */
static int nearest_first(const void *one, const void *other)
{
    const struct finding_kept *a = one, *b = other;
    return (a->path < b->path) - (a->path > b->path);
}

/* "; it keeps the IMsgStore, the IMAPISession and 310 blocks (183,734 B) alive". Of several objects
 * that keep alike, what each does; else all of them together. */
static void say_keeps(char *text, size_t size, const struct keeps *keeps, uint64_t objects)
{
    bool alike = keeps->blocks % objects == 0 && keeps->bytes % objects == 0;
    for (uint32_t i = 0; i < keeps->count; i++)
        alike = alike && keeps->kept[i].count == objects;
    uint64_t of = alike ? objects : 1;
    size_t used = (size_t)snprintf(text, size, "; %s ",
                                   objects == 1 ? "it keeps"
                                   : alike      ? "each keeps"
                                                : "together they keep");
    enum { NAMED = 5 };
    for (uint32_t i = 0; i < keeps->count && i < NAMED && used < size; i++) {
        uint64_t count = keeps->kept[i].count / of;
        const char *between = !i ? "" : i + 1 == keeps->count && !keeps->blocks ? " and " : ", ";
        if (count == 1)
            used += (size_t)snprintf(text + used, size - used, "%sthe %s", between,
                                     keeps->kept[i].interface);
        else
            used += (size_t)snprintf(text + used, size - used, "%s%s %s", between,
                                     figure_count(count).text, keeps->kept[i].interface);
    }
    if (keeps->blocks && used < size)
        used += (size_t)snprintf(text + used, size - used, "%s%s block%s (%s B)",
                                 keeps->count ? " and " : "", figure_count(keeps->blocks / of).text,
                                 keeps->blocks / of == 1 ? "" : "s",
                                 figure_count(keeps->bytes / of).text);
    if (used < size)
        snprintf(text + used, size - used, " alive");
}

static const char *const what_happens[2][2] = {
    {"is never released", "is logged off but never released"},
    {"is released by the client, but lives on: the provider itself holds it",
     "is logged off and released by the client, but lives on: the provider itself holds it"}};

static void tell(struct findings *findings, const struct group *group, const struct groups *groups,
                 struct findings_context *context)
{
    const struct trace *trace = context->trace;
    struct keeps keeps = keeps_of(group, groups, context);
    struct history history = history_of(trace, group->member, group->count, group->provider);
    char place[64] = "", kept[1024] = "";
    if (history.opened_sites == 1)
        snprintf(place, sizeof place, " at %s", finding_place(history.opened).text);
    if (keeps.count > 1)
        qsort(keeps.kept, keeps.count, sizeof *keeps.kept, nearest_first);
    if (keeps.count || keeps.blocks)
        say_keeps(kept, sizeof kept, &keeps, group->things.count);
    struct finding *finding =
        finding_add(findings,
                    group->logged_off && !group->provider ? FINDING_LOGGED_OFF_NOT_RELEASED
                                                          : FINDING_REFERENCE_LEAK,
                    group->path, "the %s opened by %s%s %s%s",
                    objects_interface(trace, &trace->objects[group->member[0]]),
                    finding_call(trace, group->path), place,
                    what_happens[group->provider][group->logged_off], kept);
    finding_rate_of(finding, &group->verdict, &group->things);
    finding->object = &trace->objects[group->member[group->count / 2]];
    finding->kept = keeps.kept;
    finding->kept_count = keeps.count;
    history_tell(finding, &history);
    history_free(&history);
}

/* How many that were opened alike the client still held when what they were opened from was logged
 * off or let go. */
static uint64_t outlived(const struct trace *trace, const struct group *group)
{
    uint64_t logoff = 0, parent = 0;
    for (size_t i = 0; i < trace->misuse_count; i++) {
        const struct residue_misuse *misuse = &trace->misuses[i];
        if (trace->sites[misuse->acquired_site].path != group->path ||
            misuse->interface != group->interface)
            continue;
        logoff += misuse->misuse == RESIDUE_MISUSE_OPEN_AT_LOGOFF ? misuse->count : 0;
        parent += misuse->misuse == RESIDUE_MISUSE_PARENT_FIRST ? misuse->count : 0;
    }
    return logoff > parent ? logoff : parent;
}

/* A logoff says that the client is done with it, or with all that was opened from it: no cache
 * keeps such an object, so that few calls are enough, if each of them leaves one. */
static bool certain(const struct group *group, const struct findings_context *context)
{
    const struct trace *trace = context->trace;
    bool once = true; /* further references on it are their own matter */
    for (size_t i = 0; i < group->count; i++)
        once = once && trace->objects[group->member[i]].held == 1;
    if (group->leaks || group->provider || !group->path ||
        group->things.count != trace->paths[group->path].started)
        return group->leaks;
    return (group->logged_off && once) ||
           (group->things.count > 1 && outlived(trace, group) >= group->things.count);
}

void find_object_leaks(struct findings *findings, struct findings_context *context)
{
    struct groups groups = groups_of(context);
    for (size_t i = 0; i < groups.count; i++)
        judge(&groups.group[i], &groups, context);
    give_to_leaked(&groups, context);
    for (size_t i = 0; i < groups.count; i++)
        judge(&groups.group[i], &groups, context);
    for (size_t i = 0; i < groups.count; i++)
        if (certain(&groups.group[i], context))
            tell(findings, &groups.group[i], &groups, context);
    groups_free(&groups);
}
