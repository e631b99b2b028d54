#include "analyzer/objects_history.h"
#include "analyzer/array.h"
#include "analyzer/findings_make.h"
#include "analyzer/report_text_write.h"
#include <stdlib.h>
#include <string.h>

static const char opened_role[] = "opened", taken_role[] = "reference taken",
                  missing_role[] = "released in others", released_role[] = "released";

enum { MEMBERS = 10000 }; /* objects alike that are looked at: more tell no more */

/* How often events came from a site: of the objects at hand, and of those that ended. */
struct seen {
    uint32_t site, kind;
    uint64_t lives, ended;
};

struct looked {
    const struct trace *trace;
    struct seen *seen;
    size_t count, room;
    uint64_t *slot; /* a hash table: index + 1 in seen; a power of two */
    size_t slots;
};

static void more_slots(struct looked *looked)
{
    if (looked->slots / 2 > looked->count)
        return;
    looked->slots = looked->slots ? 2 * looked->slots : 64;
    free(looked->slot);
    looked->slot = analysis_take(looked->slots, sizeof *looked->slot);
    for (size_t i = 0; i < looked->count; i++) {
        size_t at = (looked->seen[i].site * 31u + looked->seen[i].kind) * 0x9e3779b1u;
        while (looked->slot[at &= looked->slots - 1])
            at++;
        looked->slot[at] = i + 1;
    }
}

static struct seen *seen_at(struct looked *looked, uint32_t site, uint32_t kind)
{
    more_slots(looked);
    size_t at = (site * 31u + kind) * 0x9e3779b1u;
    for (; looked->slot[at &= looked->slots - 1]; at++) {
        struct seen *seen = &looked->seen[looked->slot[at] - 1];
        if (seen->site == site && seen->kind == kind)
            return seen;
    }
    looked->seen = analysis_grow(looked->seen, sizeof *looked->seen, looked->count, &looked->room);
    looked->seen[looked->count] = (struct seen){.site = site, .kind = kind};
    looked->slot[at] = ++looked->count;
    return &looked->seen[looked->count - 1];
}

static bool takes(uint32_t kind)
{
    return kind == RESIDUE_EVENT_ADDREF || kind == RESIDUE_EVENT_QUERY;
}

static void look_at(struct looked *looked, const struct trace_object *object, bool provider)
{
    for (uint32_t i = 0; i < object->event_count; i++) {
        const struct residue_event *event = &object->event[i];
        bool inner = event->flags & RESIDUE_EVENT_INNER;
        if (event->site && inner == provider &&
            (takes(event->kind) || event->kind == RESIDUE_EVENT_RELEASE))
            seen_at(looked, event->site, event->kind)->lives++;
    }
}

/* Where the tallies of those opened at `site` begin. */
static size_t tallies_of(const struct trace *trace, uint32_t site)
{
    size_t low = 0, high = trace->tally_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trace->tallies[middle].opened < site)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What is done within another call is the provider's, as far as is known. */
static bool is_inner(const struct trace *trace, uint32_t site)
{
    return trace->paths[trace->sites[site].path].depth > 1;
}

/* Returns how many ended. */
static uint64_t look_at_ended(struct looked *looked, uint32_t opened, bool provider)
{
    const struct trace *trace = looked->trace;
    uint64_t ended = 0;
    for (size_t i = tallies_of(trace, opened);
         i < trace->tally_count && trace->tallies[i].opened == opened; i++) {
        const struct residue_tally *tally = &trace->tallies[i];
        if (!tally->site)
            ended += tally->count;
        else if ((takes(tally->kind) || tally->kind == RESIDUE_EVENT_RELEASE) &&
                 is_inner(trace, tally->site) == provider)
            seen_at(looked, tally->site, tally->kind)->ended += tally->count;
    }
    return ended;
}

static void look_at_openings(struct looked *looked, struct history *history, const size_t *member,
                             size_t members)
{
    uint32_t *sites = analysis_take(members, sizeof *sites);
    size_t most = 0;
    for (size_t i = 0; i < members; i++)
        sites[i] = looked->trace->objects[member[i]].site;
    qsort(sites, members, sizeof *sites, array_by_number);
    for (size_t i = 0, end; i < members; i = end) {
        for (end = i; end < members && sites[end] == sites[i];)
            end++;
        history->opened_sites++;
        history->ended += look_at_ended(looked, sites[i], history->provider);
        if (end - i > most) {
            most = end - i;
            history->opened = sites[i];
        }
    }
    free(sites);
}

static void add_place(struct history *history, const char *role, uint32_t site, uint64_t count)
{
    history->place[history->count++] = (struct history_place){role, site, count};
}

/* Without any that ended it takes more references from one place than there are releases at all to
 * say that these are the ones. */
static uint64_t certain(const struct looked *looked, const struct seen *seen)
{
    uint64_t released = 0;
    for (size_t i = 0; i < looked->count; i++)
        released += takes(looked->seen[i].kind) ? 0 : looked->seen[i].lives;
    return takes(seen->kind) && seen->lives > released ? seen->lives - released : 0;
}

/* Of `looked` objects: how many make the difference between two shares, if it is one. */
static uint64_t excess(double share, double over, uint64_t looked)
{
    return share > over + 0.001 ? (uint64_t)((share - over) * (double)looked + 0.5) : 0;
}

static int most_first(const void *one, const void *other)
{
    const struct history_place *a = one, *b = other;
    if (a->role != b->role)
        return a->role == taken_role || b->role == released_role ? -1 : 1;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return (a->site > b->site) - (a->site < b->site);
}

/* References taken that objects which ended do not see, and releases that those do. */
static void compare(struct history *history, const struct looked *looked, uint64_t objects)
{
    for (size_t i = 0; i < looked->count; i++) {
        const struct seen *seen = &looked->seen[i];
        double here = (double)seen->lives / (double)objects,
               there = (double)seen->ended / (double)history->ended;
        uint64_t count =
            takes(seen->kind) ? excess(here, there, objects) : excess(there, here, objects);
        if (count)
            add_place(history, takes(seen->kind) ? taken_role : missing_role, seen->site, count);
    }
}

/* There is nothing to compare with: what is certain, else all that there is to choose from. */
static void list(struct history *history, const struct looked *looked)
{
    for (size_t i = 0; i < looked->count; i++)
        if (certain(looked, &looked->seen[i]))
            add_place(history, taken_role, looked->seen[i].site, certain(looked, &looked->seen[i]));
    if (history->count > 1)
        return;
    for (size_t i = 0; i < looked->count; i++) {
        const struct seen *seen = &looked->seen[i];
        add_place(history, takes(seen->kind) ? taken_role : released_role, seen->site, seen->lives);
        *(takes(seen->kind) ? &history->taken : &history->released) += seen->lives;
    }
}

struct history history_of(const struct trace *trace, const size_t *member, size_t members,
                          bool provider)
{
    struct history history = {.objects = members, .provider = provider};
    struct looked looked = {.trace = trace};
    size_t some = members < MEMBERS ? members : MEMBERS;
    history.looked = some;
    look_at_openings(&looked, &history, member, members);
    for (size_t i = 0; i < some; i++)
        look_at(&looked, &trace->objects[member[i * (members / some)]], provider);
    history.place = analysis_take(looked.count + 1, sizeof *history.place);
    add_place(&history, opened_role, history.opened, members);
    if (history.ended)
        compare(&history, &looked, some);
    else
        list(&history, &looked);
    qsort(history.place + 1, history.count - 1, sizeof *history.place, most_first);
    free(looked.seen);
    free(looked.slot);
    return history;
}

void history_free(struct history *history)
{
    free(history->place);
    *history = (struct history){0};
}

/* ---- telling ---- */

static uint32_t places_of(const struct history *history, const char *role, size_t *first)
{
    uint32_t count = 0;
    for (size_t i = history->count; i-- > 0;)
        if (history->place[i].role == role) {
            *first = i;
            count++;
        }
    return count;
}

void history_tell(struct finding *finding, const struct history *history)
{
    enum { OF_A_ROLE = 2 };
    size_t first = 0;
    uint32_t taken = places_of(history, taken_role, &first);
    if (history->taken && !history->provider && history->taken % history->looked == 0)
        finding_detail(finding, "%s references are taken on each, %s released.",
                       figure_count(1 + history->taken / history->looked).text,
                       figure_count(history->released / history->looked).text);
    else if (taken == 1)
        finding_detail(finding, "The %sAddRef at %s has no Release.",
                       history->provider ? "provider's " : "",
                       finding_place(history->place[first].site).text);
    uint32_t released = places_of(history, missing_role, &first);
    if (released && !taken)
        finding_detail(
            finding, "Never released here: the Release at %s is missing in these %s of %s.",
            finding_place(history->place[first].site).text, figure_count(history->objects).text,
            figure_count(history->objects + history->ended).text);
    const char *before = NULL;
    for (size_t i = 0, of_role = 0; i < history->count; i++) {
        const struct history_place *place = &history->place[i];
        of_role = place->role == before ? of_role + 1 : 0;
        before = place->role;
        if (of_role < OF_A_ROLE)
            finding_stack(finding, place->role, place->site, place->count);
    }
}
