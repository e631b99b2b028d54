#include "shim/core/object_calls.h"
#include "shim/core/calls.h"
#include "shim/core/capture.h"
#include "shim/core/client.h"
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/misuse.h"
#include "shim/core/quarantine.h"
#include "shim/core/resources.h"

/* Member by member, and noted so: what is copied as a whole too soon after it was written in parts
 * makes the processor wait. */
static void begin_event(struct residue_event *event, const struct rs_method *method, uint8_t kind,
                        uint32_t value)
{
    struct rs_thread *self = method->self;
    bool takes = kind <= RESIDUE_EVENT_ADDREF;
    event->site = takes ? rs_capture_site(self, method->regs, RS_KIND_INTERFACE_REFERENCE)
                        : rs_capture_release_site(self, method->regs);
    event->kind = kind;
    event->flags = rs_is_inner_code(self, method->regs, self->depth - 1) ? RESIDUE_EVENT_INNER : 0;
    event->value = value;
    event->ordinal = self->ordinal;
    event->thread = self->id;
}

/* ---- misuse ---- */

static void misuse(uint32_t what, const struct rs_com_object *object, uint32_t site,
                   uint32_t released_site)
{
    rs_misuse(&(struct rs_misuse){.misuse = what,
                                  .interface = object->record->interface,
                                  .site = site,
                                  .acquired_site = object->record->site,
                                  .released_site = released_site},
              object->record->ordinal);
}

/* Those that the client still holds though it has let go of what they were opened from. */
static void misuse_below(uint32_t what, const struct rs_com_object *root, uint32_t site)
{
    for (struct rs_com_object *below = NULL; (below = rs_object_next_below(root, below));)
        if (below->record->held)
            misuse(what, below, site, 0);
}

/* Advised on an object that is still there, and not unadvised, when what it was opened from is
 * gone. */
static void misuse_sinks(struct rs_com_object *object, uint32_t site)
{
    if (!object->advised)
        return;
    object->advised = 0;
    const struct residue_object *record = object->record;
    for (uint32_t i = 0; i < record->count; i++) {
        const struct residue_event *advise = &record->event[i];
        bool over = advise->kind != RESIDUE_EVENT_ADVISE;
        for (uint32_t j = i + 1; j < record->count && !over; j++)
            over = record->event[j].kind == RESIDUE_EVENT_UNADVISE &&
                   record->event[j].value == advise->value;
        if (!over)
            rs_misuse(&(struct rs_misuse){.misuse = RESIDUE_MISUSE_SINK_OUTLIVES,
                                          .interface = record->interface,
                                          .site = site,
                                          .acquired_site = advise->site},
                      advise->ordinal);
    }
}

static void session_is_over(struct rs_com_object *session, uint32_t site)
{
    misuse_sinks(session, site);
    for (struct rs_com_object *below = NULL; (below = rs_object_next_below(session, below));)
        misuse_sinks(below, site);
}

/* The client has let go of an object that has a logoff. */
static void let_go(struct rs_com_object *object, uint32_t site)
{
    if (!object->logged_off)
        misuse(RESIDUE_MISUSE_NOT_LOGGED_OFF, object, site, 0);
    if (object->parent || !object->logged_off) /* else its logoff has told */
        misuse_below(RESIDUE_MISUSE_PARENT_FIRST, object, site);
    if (!object->parent)
        session_is_over(object, site);
}

static void log_off(struct rs_com_object *object, const struct residue_event *event)
{
    if (object->logged_off)
        return;
    object->logged_off = true;
    rs_object_note(object, event);
    if (object->parent)
        return; /* a store's does not end what was opened from it */
    misuse_below(RESIDUE_MISUSE_OPEN_AT_LOGOFF, object, event->site);
    session_is_over(object, event->site);
}

/* ---- methods ---- */

static bool is_logoff(uint8_t role)
{
    return role == RESIDUE_ROLE_LOGOFF || role == RESIDUE_ROLE_SHUTDOWN;
}

static uint8_t event_kind(uint8_t role)
{
    static const uint8_t kinds[] = {[RESIDUE_ROLE_ADDREF] = RESIDUE_EVENT_ADDREF,
                                    [RESIDUE_ROLE_RELEASE] = RESIDUE_EVENT_RELEASE,
                                    [RESIDUE_ROLE_ADVISE] = RESIDUE_EVENT_ADVISE,
                                    [RESIDUE_ROLE_UNADVISE] = RESIDUE_EVENT_UNADVISE,
                                    [RESIDUE_ROLE_LOGOFF] = RESIDUE_EVENT_LOGOFF,
                                    [RESIDUE_ROLE_SHUTDOWN] = RESIDUE_EVENT_LOGOFF};
    return role < sizeof kinds ? kinds[role] : 0;
}

void rs_object_used_after_end(const struct rs_method *method, struct rs_object_ref ref)
{
    uint8_t role = method->watched->function->role;
    uint8_t kind = role == RESIDUE_ROLE_ADDREF || role == RESIDUE_ROLE_RELEASE ? event_kind(role)
                                                                               : RESIDUE_EVENT_CALL;
    struct residue_event event;
    begin_event(&event, method, kind, 0);
    event.flags |= RESIDUE_EVENT_AFTER_END;
    rs_objects_lock();
    struct rs_com_object *object = rs_object_at(ref);
    if (object && rs_object_revive(object))
        object = NULL;
    if (object && object->record->state == RESIDUE_OBJECT_LIVE)
        rs_object_ended(object, true);
    if (object) {
        const struct residue_event *end = rs_object_end(object);
        misuse(RESIDUE_MISUSE_USED_AFTER_END, object, event.site, end ? end->site : 0);
        rs_object_note(object, &event);
    }
    rs_objects_unlock();
}

/* What Release returned now is what it returned last, less what was given back since. */
static bool counts(const struct residue_object *record, const struct residue_event *release)
{
    uint32_t taken = 0;
    for (uint32_t i = record->count; i-- > 0;) {
        const struct residue_event *before = &record->event[i];
        if (before->kind == RESIDUE_EVENT_ADDREF || before->kind == RESIDUE_EVENT_RELEASE)
            return before->value + taken == release->value + 1;
        taken += before->kind <= RESIDUE_EVENT_QUERY;
    }
    return false;
}

/* Nothing but what was seen tells of an object in no block, whose Release does not count: none of
 * those who were seen to hold it is left. */
static bool is_let_go(const struct rs_com_object *object, const struct residue_event *event)
{
    return !object->block && event->value && object->record->held + object->inner <= 1 &&
           !object->child && !counts(object->record, event);
}

static void referenced(struct rs_com_object *object, struct residue_event *event)
{
    uint32_t held = object->record->held;
    bool releases = event->kind == RESIDUE_EVENT_RELEASE;
    bool freed = releases && !rs_object_stands(object);
    /* What Release returns is said to be for tests alone: it is believed where the memory went too,
     * or where it is what was to be expected. */
    bool last = releases && !event->value && (held + object->inner <= 1 || !object->block);
    bool unsure = releases && is_let_go(object, event);
    if (freed || last || unsure)
        event->flags |= RESIDUE_EVENT_ENDED_IT;
    rs_object_note(object, event);
    if (held && !object->record->held && object->has_logoff)
        let_go(object, event->site);
    if (freed || last || unsure)
        rs_object_ended(object, freed);
    object->unsure = unsure;
}

static void advised(struct rs_com_object *object, const struct residue_event *event)
{
    uint64_t handle = RS_CONNECTION(object->id, event->value);
    if (event->kind == RESIDUE_EVENT_ADVISE) {
        object->advised++;
        rs_resource_acquire(&(struct rs_acquisition){.kind = RS_KIND_CONNECTION,
                                                     .class = RESIDUE_CLASS_OTHER,
                                                     .handle = handle,
                                                     .site = event->site,
                                                     .ordinal = event->ordinal});
    } else if (rs_resource_release(RS_KIND_CONNECTION, handle, NULL) && object->advised) {
        object->advised--;
    }
    rs_object_note(object, event);
}

void rs_object_method_ended(const struct rs_method *method, struct rs_object_ref ref,
                            uint64_t result, uint32_t connection)
{
    uint8_t role = method->watched->function->role, kind = event_kind(role);
    bool references = role == RESIDUE_ROLE_ADDREF || role == RESIDUE_ROLE_RELEASE;
    if (!ref.index || !kind || (!references && (int32_t)result < 0))
        return;
    struct residue_event event;
    begin_event(&event, method, kind, references ? (uint32_t)result : connection);
    if (kind == RESIDUE_EVENT_ADVISE)
        event.site = rs_capture_site(method->self, method->regs, RS_KIND_CONNECTION);
    rs_objects_lock();
    struct rs_com_object *object = rs_object_at(ref);
    if (object && object->record->state == RESIDUE_OBJECT_LIVE && event.site) {
        if (references) {
            referenced(object, &event);
        } else if (is_logoff(role)) {
            log_off(object, &event);
        } else {
            advised(object, &event);
        }
    }
    rs_objects_unlock();
}

/* ---- what calls hand out ---- */

/* One that was known: handed out again, if it is still there. */
static struct rs_com_object *known(struct rs_object_ref ref)
{
    struct rs_com_object *object = rs_object_at(ref);
    return object && object->record->state == RESIDUE_OBJECT_LIVE && rs_object_stands(object)
               ? object
               : NULL;
}

static bool is_smaller(uint32_t interface, uint32_t than)
{
    const struct residue_plan_interface *plan = rs_plan_at(rs.plan->interfaces);
    return plan[interface].method_count < plan[than].method_count;
}

enum { PARTS = 8 }; /* of an object that are remembered */

void rs_object_handed_out(struct rs_thread *self, const struct rs_watched *watched,
                          const struct rs_regs *caller, struct rs_object_ref from, void *pointer,
                          uint32_t interface)
{
    bool query = watched->function->role == RESIDUE_ROLE_QI && from.index;
    struct rs_method method = {self, watched, caller};
    struct residue_event event;
    begin_event(&event, &method, query ? RESIDUE_EVENT_QUERY : RESIDUE_EVENT_OPEN, 0);
    struct rs_block opened = {0, event.site, event.ordinal};
    uintptr_t address =
        rs_interface_identity((uintptr_t)pointer, rs_interface_displaced(interface));
    uintptr_t parts[PARTS];
    unsigned part_count =
        rs_quarantine_is_on() ? rs_interface_parts((uintptr_t)pointer, interface, parts, PARTS) : 0;
    bool ended;
    struct rs_object_ref ref = rs_objects_lookup(address, &ended);
    rs_objects_lock();
    struct rs_com_object *object = known(ref);
    if (!object && query && (object = known(from)))
        rs_object_alias(object, address, 0);
    if (!object && event.site)
        object = rs_object_new(address, from, interface, opened);
    if (object && event.site) {
        if (!(event.flags & RESIDUE_EVENT_INNER) && !object->record->held)
            rs_object_opened_at(object, opened);
        if (is_smaller(object->interface, interface))
            rs_object_is(object, interface);
        rs_object_note(object, &event);
        for (unsigned i = 0; i < part_count; i++)
            rs_object_alias(object, parts[i], *(const uintptr_t *)parts[i]);
    }
    rs_objects_unlock();
}
