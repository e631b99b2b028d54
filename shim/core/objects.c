/* The lives of objects: where they begin, what happens to them and how they end. */
#include "shim/core/objects.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/objects_inside.h"
#include "shim/core/quarantine.h"

enum {
    ENDED_KEPT = 1024,        /* objects that ended last, */
    QUARANTINED_KEPT = 65536, /* also where their memory is kept */
    USED_AFTER_KEPT = 256,    /* those of which there is something to be told */
    INTERFACES = 1024         /* whose names are remembered */
};

static struct {
    uint32_t last_id;
    uint32_t sequence;
    uint32_t oldest, newest; /* of those that ended */
    uint32_t ended;
    uint32_t used_after;
    struct interface *interfaces; /* INTERFACES of them */
} objects;

void rs_objects_reset(void)
{
    rs_zero(&objects, sizeof objects);
    rs_object_slots_reset();
    rs_object_pointers_reset();
    rs_object_records_reset();
    rs_tally_reset();
}

/* ---- the memory it lies in ---- */

/* The block that holds `address`: the one that begins there, nearly always, or a little before. */
static void find_block(struct rs_com_object *object, uintptr_t address)
{
    enum { BACK = 512 / RESIDUE_GRANULE };
    uintptr_t granule = address & ~(uintptr_t)(RESIDUE_GRANULE - 1);
    for (int i = 0; i < BACK; i++, granule -= RESIDUE_GRANULE)
        for (int half = 1; half >= 0; half--) {
            struct rs_block block;
            uintptr_t at = granule + (uintptr_t)half * (RESIDUE_GRANULE / 2);
            if (at > address || !rs_ledger_look(at, &block))
                continue;
            if (address - at < block.size) {
                object->block = at;
                object->block_size = block.size;
                object->block_site = block.site;
                object->block_ordinal = block.ordinal;
                if (at != address && rs_quarantine_is_on())
                    rs_object_alias(object, at, 0);
            }
            return;
        }
}

struct rs_object_ref rs_object_goes(uintptr_t block)
{
    struct rs_object_ref ref = {0, 0};
    rs_objects_lock();
    struct rs_com_object *object = rs_object_slot(rs_object_behind(block));
    if (object && object->block == block && !object->gone) {
        object->gone = true;
        ref = (struct rs_object_ref){object->index, object->id};
        rs_object_vtables_restore(object);
    }
    rs_objects_unlock();
    return ref;
}

bool rs_object_stands(const struct rs_com_object *object)
{
    struct rs_block block;
    return !object->block ||
           (rs_ledger_look(object->block, &block) && block.site == object->block_site &&
            block.ordinal == object->block_ordinal);
}

/* ---- beginning and end ---- */

/* What the tables say of an interface, looked up once. */
struct interface {
    uint32_t name; /* 0: not looked up yet */
    bool has_logoff;
};

static const struct interface *interface_of(uint32_t index)
{
    static const struct interface unknown;
    if (index >= INTERFACES ||
        (!objects.interfaces &&
         !(objects.interfaces = rs_arena_take(INTERFACES * sizeof(struct interface)))))
        return &unknown;
    struct interface *interface = &objects.interfaces[index];
    if (!interface->name) {
        const struct residue_plan_interface *plan =
            (const struct residue_plan_interface *)rs_plan_at(rs.plan->interfaces) + index;
        interface->name = rs_intern_name(rs_plan_text(plan->name), RESIDUE_ROLE_NONE);
        interface->has_logoff = rs_interface_has_logoff(index);
    }
    return interface;
}

void rs_object_is(struct rs_com_object *object, uint32_t index)
{
    const struct interface *interface = interface_of(index);
    object->interface = index;
    object->has_logoff = interface->has_logoff;
    object->record->interface = interface->name;
}

static void leave_ended(struct rs_com_object *object)
{
    if (object->older)
        rs_object_slot(object->older)->newer = object->newer;
    else
        objects.oldest = object->newer;
    if (object->newer)
        rs_object_slot(object->newer)->older = object->older;
    else
        objects.newest = object->older;
    object->older = object->newer = 0;
    objects.ended--;
}

static bool is_told(const struct residue_object *record)
{
    return record->flags & RESIDUE_OBJECT_USED_AFTER_END;
}

/* Its slot is free afterwards. Returns its record; that of the one before it stays in the trace if
 * there is something to be told of it, or of this one. */
static struct residue_object *leave(struct rs_com_object *object)
{
    struct residue_object *record = object->record;
    rs_object_pointers_remove(object);
    leave_ended(object);
    if (object->before && !is_told(object->before) && !is_told(record))
        rs_object_record_free(object->before);
    object->record = object->before = NULL;
    rs_object_slot_free(object);
    return record;
}

static void forget_record(struct residue_object *record)
{
    if (record && !is_told(record))
        rs_object_record_free(record);
}

static void forget(struct rs_com_object *object)
{
    forget_record(leave(object));
}

/* Another is at its address now. */
static struct residue_object *make_way(struct rs_com_object *old)
{
    if (old->record->state == RESIDUE_OBJECT_LIVE)
        rs_object_ended(old, true);
    return leave(old);
}

static struct rs_com_object *enter(uintptr_t pointer, struct residue_object *record)
{
    struct rs_com_object *object = rs_object_slot_take();
    if (!object) {
        rs_object_record_free(record);
        return NULL;
    }
    object->record = record;
    object->id = record->id = ++objects.last_id;
    rs_object_alias(object, pointer, 0);
    find_block(object, pointer);
    return object;
}

struct rs_com_object *rs_object_new(uintptr_t pointer, struct rs_object_ref parent,
                                    uint32_t interface, struct rs_block opened)
{
    struct rs_com_object *old = rs_object_slot(rs_object_behind(pointer));
    struct residue_object *before = old ? make_way(old) : NULL;
    struct residue_object *record = rs_object_record_new();
    struct rs_com_object *object = record ? enter(pointer, record) : NULL;
    if (!object) {
        forget_record(before);
        return NULL;
    }
    object->before = before;
    record->before = before ? before->id : 0;
    rs_object_is(object, interface);
    record->site = opened.site;
    record->ordinal = opened.ordinal;
    record->address = pointer;
    struct rs_com_object *from = rs_object_at(parent);
    if (from && from->record->state == RESIDUE_OBJECT_LIVE)
        rs_object_family_join(object, from);
    __atomic_store_n(&record->state, RESIDUE_OBJECT_LIVE, __ATOMIC_RELEASE);
    return object;
}

void rs_object_opened_at(struct rs_com_object *object, struct rs_block opened)
{
    object->record->site = opened.site;
    object->record->ordinal = opened.ordinal;
}

void rs_object_ended(struct rs_com_object *object, bool freed)
{
    struct residue_object *record = object->record;
    if (freed)
        record->flags |= RESIDUE_OBJECT_FREED;
    if (rs_object_end(object))
        rs_tally(record);
    rs_object_family_leave(object);
    __atomic_store_n(&record->state, RESIDUE_OBJECT_ENDED, __ATOMIC_RELEASE);
    object->older = objects.newest;
    if (objects.newest)
        rs_object_slot(objects.newest)->newer = object->index;
    else
        objects.oldest = object->index;
    objects.newest = object->index;
    if (++objects.ended > (rs_quarantine_is_on() ? QUARANTINED_KEPT : ENDED_KEPT))
        forget(rs_object_slot(objects.oldest));
}

bool rs_object_revive(struct rs_com_object *object)
{
    struct residue_object *record = object->record;
    if (!object->unsure || record->state != RESIDUE_OBJECT_ENDED)
        return false;
    for (uint32_t i = 0; i < record->count; i++)
        record->event[i].flags &= (uint8_t)~RESIDUE_EVENT_ENDED_IT;
    object->unsure = false;
    leave_ended(object);
    __atomic_store_n(&record->state, RESIDUE_OBJECT_LIVE, __ATOMIC_RELEASE);
    return true;
}

struct rs_com_object *rs_objects_newest_ended(void)
{
    return rs_object_slot(objects.newest);
}

struct rs_com_object *rs_objects_older_ended(const struct rs_com_object *object)
{
    return rs_object_slot(object->older);
}

/* ---- events ---- */

static void count_reference(struct rs_com_object *object, const struct residue_event *event)
{
    uint32_t *held = event->flags & RESIDUE_EVENT_INNER ? &object->inner : &object->record->held;
    if (event->kind <= RESIDUE_EVENT_ADDREF)
        ++*held;
    else if (event->kind == RESIDUE_EVENT_RELEASE && *held)
        --*held;
}

void rs_object_note(struct rs_com_object *object, const struct residue_event *event)
{
    struct residue_object *record = rs_object_record_room(object->record);
    uint32_t sequence = ++objects.sequence;
    if (record) {
        object->record = record;
        struct residue_event *noted = &record->event[record->count];
        noted->site = event->site;
        noted->kind = event->kind;
        noted->flags = event->flags;
        noted->reserved = 0;
        noted->value = event->value;
        noted->ordinal = event->ordinal;
        noted->thread = event->thread;
        noted->sequence = sequence;
        __atomic_store_n(&record->count, record->count + 1, __ATOMIC_RELEASE);
    } else {
        record = object->record;
        record->unlisted++;
    }
    if (!(event->flags & RESIDUE_EVENT_AFTER_END)) {
        count_reference(object, event);
        return;
    }
    if (!(record->flags & RESIDUE_OBJECT_USED_AFTER_END) && objects.used_after < USED_AFTER_KEPT) {
        objects.used_after++;
        record->flags |= RESIDUE_OBJECT_USED_AFTER_END;
    }
}

const struct residue_event *rs_object_end(const struct rs_com_object *object)
{
    for (uint32_t i = object->record->count; i-- > 0;)
        if (object->record->event[i].flags & RESIDUE_EVENT_ENDED_IT)
            return &object->record->event[i];
    return NULL;
}

void rs_objects_live(void (*visit)(void *, uint32_t site, uint32_t ordinal, uint64_t size),
                     void *closure)
{
    rs_objects_lock();
    for (uint32_t i = 1; i <= rs_object_slots_used(); i++) {
        struct rs_com_object *object = rs_object_slot(i);
        if (!object->record || object->record->state != RESIDUE_OBJECT_LIVE)
            continue;
        if (rs_object_stands(object))
            visit(closure, object->record->site, object->record->ordinal, 0);
        else
            rs_object_ended(object, true);
    }
    rs_objects_unlock();
}
