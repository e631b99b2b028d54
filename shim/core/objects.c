#include "shim/core/objects.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/interfaces.h"
#include "shim/core/intern.h"
#include "shim/core/lock.h"
#include "shim/core/quarantine.h"

/* A pointer that leads to an object. */
struct rs_pointer {
    struct rs_pointer *next;  /* of its bucket; free ones: the next free */
    struct rs_pointer *other; /* of its object */
    uintptr_t address;
    uintptr_t vtable; /* what stood there, for the quarantine */
    uint32_t object;
};

enum {
    BUCKETS = 1 << 15,
    CHUNK = 1024,             /* objects of a chunk, */
    CHUNKS = 16384,           /* and chunks: 16 million objects at a time */
    ENDED_KEPT = 1024,        /* objects that ended last, */
    QUARANTINED_KEPT = 65536, /* also where their memory is kept */
    USED_AFTER_KEPT = 256,    /* those of which there is something to be told */
    INTERFACES = 1024         /* whose names are remembered */
};

static struct {
    struct rs_lock lock;
    uint32_t changes; /* odd while the lock is held */
    struct rs_pointer **bucket;
    struct rs_pointer *free_pointers;
    struct rs_com_object **chunk; /* CHUNKS of them */
    uint32_t slots;               /* ever used; index 0 is none */
    uint32_t free_slots;          /* first of a list by `next` */
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
    rs_object_records_reset();
    rs_tally_reset();
}

/* Whoever only looks reads without the lock, and sees by the count whether anything changed. */
static void changing(void)
{
    __atomic_store_n(&objects.changes, objects.changes + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void rs_objects_lock(void)
{
    rs_lock(&objects.lock);
    changing();
}

bool rs_objects_try_lock(void)
{
    bool locked = rs_try_lock(&objects.lock);
    if (locked)
        changing();
    return locked;
}

void rs_objects_unlock(void)
{
    __atomic_store_n(&objects.changes, objects.changes + 1, __ATOMIC_RELEASE);
    rs_unlock(&objects.lock);
}

/* ---- slots ---- */

static struct rs_com_object *slot(uint32_t index)
{
    return index ? &objects.chunk[index / CHUNK][index % CHUNK] : NULL;
}

static struct rs_com_object *take_slot(void)
{
    struct rs_com_object *object = slot(objects.free_slots);
    if (object) {
        uint32_t index = object->index;
        objects.free_slots = object->next;
        rs_zero(object, sizeof *object);
        object->index = index;
        return object;
    }
    uint32_t index = objects.slots + 1;
    if (index / CHUNK >= CHUNKS)
        return NULL;
    if (!objects.chunk && !(objects.chunk = rs_arena_take(CHUNKS * sizeof *objects.chunk)))
        return NULL;
    struct rs_com_object **chunk = &objects.chunk[index / CHUNK];
    if (!*chunk && !(*chunk = rs_arena_take(CHUNK * sizeof **chunk)))
        return NULL;
    objects.slots = index;
    object = slot(index);
    object->index = index;
    return object;
}

struct rs_com_object *rs_object_at(struct rs_object_ref ref)
{
    struct rs_com_object *object = ref.index ? slot(ref.index) : NULL;
    return object && object->record && object->id == ref.id ? object : NULL;
}

/* ---- pointers ---- */

static struct rs_pointer **bucket_of(uintptr_t address)
{
    return &objects.bucket[(address >> 4) * 0x9e3779b1u / (UINT32_MAX / BUCKETS + 1) % BUCKETS];
}

static struct rs_pointer *find(uintptr_t address)
{
    struct rs_pointer *pointer = objects.bucket ? *bucket_of(address) : NULL;
    while (pointer && pointer->address != address)
        pointer = pointer->next;
    return pointer;
}

static void remove_pointer(struct rs_pointer *pointer)
{
    struct rs_pointer **link = bucket_of(pointer->address);
    while (*link != pointer)
        link = &(*link)->next;
    *link = pointer->next;
    pointer->next = objects.free_pointers;
    objects.free_pointers = pointer;
}

static void remove_pointers(struct rs_com_object *object)
{
    while (object->pointers) {
        struct rs_pointer *pointer = object->pointers;
        object->pointers = pointer->other;
        remove_pointer(pointer);
    }
}

void rs_object_alias(struct rs_com_object *object, uintptr_t address, uintptr_t vtable)
{
    struct rs_pointer *pointer = find(address);
    if (pointer && pointer->object == object->index) {
        pointer->vtable = vtable;
        return;
    }
    pointer = objects.free_pointers;
    if (!objects.bucket && !(objects.bucket = rs_arena_take(BUCKETS * sizeof *objects.bucket)))
        return;
    if (pointer)
        objects.free_pointers = pointer->next;
    else if (!(pointer = rs_arena_take(sizeof *pointer)))
        return;
    struct rs_pointer **bucket = bucket_of(address);
    *pointer = (struct rs_pointer){.next = *bucket,
                                   .other = object->pointers,
                                   .address = address,
                                   .vtable = vtable,
                                   .object = object->index};
    *bucket = pointer;
    object->pointers = pointer;
}

static struct rs_object_ref look_up(uintptr_t address, bool *ended)
{
    const struct rs_pointer *pointer = find(address);
    const struct rs_com_object *object = pointer ? slot(pointer->object) : NULL;
    const struct residue_object *record = object ? object->record : NULL;
    *ended = record && (object->gone || record->state == RESIDUE_OBJECT_ENDED);
    return record ? (struct rs_object_ref){object->index, object->id}
                  : (struct rs_object_ref){0, 0};
}

/* Nothing that is looked at is ever unmapped, and a chain that changes meanwhile ends all the same:
 * a pointer that moves to another leads to the end of that one. */
struct rs_object_ref rs_objects_lookup(uintptr_t address, bool *ended)
{
    uint32_t before = __atomic_load_n(&objects.changes, __ATOMIC_ACQUIRE);
    struct rs_object_ref ref = look_up(address, ended);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__builtin_expect(
            !(before & 1) && __atomic_load_n(&objects.changes, __ATOMIC_RELAXED) == before, 1))
        return ref;
    rs_lock(&objects.lock);
    ref = look_up(address, ended);
    rs_unlock(&objects.lock);
    return ref;
}

/* ---- families ---- */

static void leave_family(struct rs_com_object *object)
{
    struct rs_com_object *parent = slot(object->parent), *previous = slot(object->previous),
                         *next = slot(object->next);
    if (previous)
        previous->next = object->next;
    else if (parent)
        parent->child = object->next;
    if (next)
        next->previous = object->previous;
    /* What was opened from it is its parent's from now on. */
    for (struct rs_com_object *child = slot(object->child), *after; child; child = after) {
        after = slot(child->next);
        child->parent = object->parent;
        child->record->parent = parent ? parent->id : 0;
        child->previous = 0;
        child->next = parent ? parent->child : 0;
        if (parent && parent->child)
            slot(parent->child)->previous = child->index;
        if (parent)
            parent->child = child->index;
    }
    object->parent = object->child = object->previous = object->next = 0;
}

static void join_family(struct rs_com_object *object, struct rs_com_object *parent)
{
    object->parent = parent->index;
    object->next = parent->child;
    if (parent->child)
        slot(parent->child)->previous = object->index;
    parent->child = object->index;
    object->record->parent = parent->id;
}

struct rs_com_object *rs_object_next_below(const struct rs_com_object *root,
                                           const struct rs_com_object *below)
{
    const struct rs_com_object *at = below ? below : root;
    if (at->child)
        return slot(at->child);
    while (at != root && !at->next)
        at = slot(at->parent);
    return at == root ? NULL : slot(at->next);
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
    const struct rs_pointer *first = find(block);
    struct rs_com_object *object = first ? slot(first->object) : NULL;
    if (object && object->block == block && !object->gone) {
        object->gone = true;
        ref = (struct rs_object_ref){object->index, object->id};
        for (const struct rs_pointer *at = object->pointers; at; at = at->other)
            if (at->vtable)
                *(uintptr_t *)at->address = at->vtable;
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
        slot(object->older)->newer = object->newer;
    else
        objects.oldest = object->newer;
    if (object->newer)
        slot(object->newer)->older = object->older;
    else
        objects.newest = object->older;
    object->older = object->newer = 0;
    objects.ended--;
}

/* Its slot is free afterwards; its record stays in the trace if there is something to be told. */
static void forget(struct rs_com_object *object)
{
    remove_pointers(object);
    leave_ended(object);
    if (!(object->record->flags & RESIDUE_OBJECT_USED_AFTER_END))
        rs_object_record_free(object->record);
    object->record = NULL;
    object->next = objects.free_slots;
    objects.free_slots = object->index;
}

static struct rs_com_object *enter(uintptr_t pointer, struct residue_object *record)
{
    struct rs_com_object *object = take_slot();
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
    const struct rs_pointer *before = find(pointer);
    if (before) {
        struct rs_com_object *old = slot(before->object);
        if (old->record->state == RESIDUE_OBJECT_LIVE)
            rs_object_ended(old, true);
        forget(old);
    }
    struct residue_object *record = rs_object_record_new();
    struct rs_com_object *object = record ? enter(pointer, record) : NULL;
    if (!object)
        return NULL;
    rs_object_is(object, interface);
    record->site = opened.site;
    record->ordinal = opened.ordinal;
    record->address = pointer;
    struct rs_com_object *from = rs_object_at(parent);
    if (from && from->record->state == RESIDUE_OBJECT_LIVE)
        join_family(object, from);
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
    leave_family(object);
    __atomic_store_n(&record->state, RESIDUE_OBJECT_ENDED, __ATOMIC_RELEASE);
    object->older = objects.newest;
    if (objects.newest)
        slot(objects.newest)->newer = object->index;
    else
        objects.oldest = object->index;
    objects.newest = object->index;
    if (++objects.ended > (rs_quarantine_is_on() ? QUARANTINED_KEPT : ENDED_KEPT))
        forget(slot(objects.oldest));
}

bool rs_object_has_pointer(const struct rs_com_object *object, uintptr_t address)
{
    const struct rs_pointer *pointer = object->pointers;
    while (pointer && pointer->address != address)
        pointer = pointer->other;
    return pointer;
}

struct rs_com_object *rs_objects_newest_ended(void)
{
    return slot(objects.newest);
}

struct rs_com_object *rs_objects_older_ended(const struct rs_com_object *object)
{
    return slot(object->older);
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

void rs_object_note(struct rs_com_object *object, struct residue_event event)
{
    struct residue_object *record = rs_object_record_room(object->record);
    event.sequence = ++objects.sequence;
    if (record) {
        object->record = record;
        record->event[record->count] = event;
        __atomic_store_n(&record->count, record->count + 1, __ATOMIC_RELEASE);
    } else {
        record = object->record;
        record->unlisted++;
    }
    if (!(event.flags & RESIDUE_EVENT_AFTER_END)) {
        count_reference(object, &event);
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
    for (uint32_t i = 1; i <= objects.slots; i++) {
        struct rs_com_object *object = slot(i);
        if (!object->record || object->record->state != RESIDUE_OBJECT_LIVE)
            continue;
        if (rs_object_stands(object))
            visit(closure, object->record->site, object->record->ordinal, 0);
        else
            rs_object_ended(object, true);
    }
    rs_objects_unlock();
}
