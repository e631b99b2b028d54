/* Where the ledger has its objects: in chunks, which are never given back. */
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/objects_inside.h"

enum { CHUNKS = 16384 }; /* 16 million objects at a time */

struct rs_com_object **rs_object_chunks; /* CHUNKS of them */

static struct {
    uint32_t used; /* ever; index 0 is none */
    uint32_t free; /* first of a list by `next` */
} slots;

struct rs_com_object *rs_object_slot_take(void)
{
    struct rs_com_object *object = rs_object_slot(slots.free);
    if (object) {
        uint32_t index = object->index;
        slots.free = object->next;
        rs_zero(object, sizeof *object);
        object->index = index;
        return object;
    }
    uint32_t index = slots.used + 1;
    if (index / RS_OBJECT_CHUNK >= CHUNKS)
        return NULL;
    if (!rs_object_chunks && !(rs_object_chunks = rs_arena_take(CHUNKS * sizeof *rs_object_chunks)))
        return NULL;
    struct rs_com_object **chunk = &rs_object_chunks[index / RS_OBJECT_CHUNK];
    if (!*chunk && !(*chunk = rs_arena_take(RS_OBJECT_CHUNK * sizeof **chunk)))
        return NULL;
    slots.used = index;
    object = rs_object_slot(index);
    object->index = index;
    return object;
}

void rs_object_slot_free(struct rs_com_object *object)
{
    object->next = slots.free;
    slots.free = object->index;
}

uint32_t rs_object_slots_used(void)
{
    return slots.used;
}

void rs_object_slots_reset(void)
{
    rs_zero(&slots, sizeof slots);
    rs_object_chunks = NULL;
}

struct rs_com_object *rs_object_at(struct rs_object_ref ref)
{
    struct rs_com_object *object = ref.index ? rs_object_slot(ref.index) : NULL;
    return object && object->record && object->id == ref.id ? object : NULL;
}
