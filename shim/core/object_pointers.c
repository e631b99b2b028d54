/* What leads to objects: the pointers of each, found by address; and the lock of the ledger,
 * without which one may be looked up. */
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"
#include "shim/core/objects_inside.h"

/* A pointer that leads to an object. */
struct rs_pointer {
    struct rs_pointer *next;  /* of its bucket; free ones: the next free */
    struct rs_pointer *other; /* of its object */
    uintptr_t address;
    uintptr_t vtable; /* what stood there, for the quarantine */
    uint32_t object;
};

enum { BUCKETS = 1 << 15 };

static struct {
    struct rs_lock lock;
    uint32_t changes; /* odd while the lock is held */
    struct rs_pointer **bucket;
    struct rs_pointer *free;
} ledger;

void rs_object_pointers_reset(void)
{
    rs_zero(&ledger, sizeof ledger);
}

/* ---- the lock ---- */

/* Whoever only looks reads without the lock, and sees by the count whether anything changed. */
static void changing(void)
{
    __atomic_store_n(&ledger.changes, ledger.changes + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void rs_objects_lock(void)
{
    rs_lock(&ledger.lock);
    changing();
}

bool rs_objects_try_lock(void)
{
    bool locked = rs_try_lock(&ledger.lock);
    if (locked)
        changing();
    return locked;
}

void rs_objects_unlock(void)
{
    __atomic_store_n(&ledger.changes, ledger.changes + 1, __ATOMIC_RELEASE);
    rs_unlock(&ledger.lock);
}

/* ---- pointers ---- */

static struct rs_pointer **bucket_of(uintptr_t address)
{
    return &ledger.bucket[(address >> 4) * 0x9e3779b1u / (UINT32_MAX / BUCKETS + 1) % BUCKETS];
}

static struct rs_pointer *find(uintptr_t address)
{
    struct rs_pointer *pointer = ledger.bucket ? *bucket_of(address) : NULL;
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
    pointer->next = ledger.free;
    ledger.free = pointer;
}

void rs_object_pointers_remove(struct rs_com_object *object)
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
    pointer = ledger.free;
    if (!ledger.bucket && !(ledger.bucket = rs_arena_take(BUCKETS * sizeof *ledger.bucket)))
        return;
    if (pointer)
        ledger.free = pointer->next;
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

uint32_t rs_object_behind(uintptr_t address)
{
    const struct rs_pointer *pointer = find(address);
    return pointer ? pointer->object : 0;
}

bool rs_object_has_pointer(const struct rs_com_object *object, uintptr_t address)
{
    const struct rs_pointer *pointer = object->pointers;
    while (pointer && pointer->address != address)
        pointer = pointer->other;
    return pointer;
}

void rs_object_vtables_restore(const struct rs_com_object *object)
{
    for (const struct rs_pointer *at = object->pointers; at; at = at->other)
        if (at->vtable)
            *(uintptr_t *)at->address = at->vtable;
}

/* ---- looking up ---- */

static struct rs_object_ref look_up(uintptr_t address, bool *ended)
{
    const struct rs_pointer *pointer = find(address);
    const struct rs_com_object *object = pointer ? rs_object_slot(pointer->object) : NULL;
    const struct residue_object *record = object ? object->record : NULL;
    *ended = record && (object->gone || record->state == RESIDUE_OBJECT_ENDED);
    return record ? (struct rs_object_ref){object->index, object->id}
                  : (struct rs_object_ref){0, 0};
}

/* Nothing that is looked at is ever unmapped, and a chain that changes meanwhile ends all the same:
 * a pointer that moves to another leads to the end of that one. */
struct rs_object_ref rs_objects_lookup(uintptr_t address, bool *ended)
{
    uint32_t before = __atomic_load_n(&ledger.changes, __ATOMIC_ACQUIRE);
    struct rs_object_ref ref = look_up(address, ended);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__builtin_expect(
            !(before & 1) && __atomic_load_n(&ledger.changes, __ATOMIC_RELAXED) == before, 1))
        return ref;
    rs_lock(&ledger.lock);
    ref = look_up(address, ended);
    rs_unlock(&ledger.lock);
    return ref;
}
