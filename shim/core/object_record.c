/* Records of objects in the trace: with room for events, which doubles; used again when free. */
#include "shim/core/bytes.h"
#include "shim/core/objects.h"
#include "shim/core/state.h"
#include "shim/core/table.h"

enum {
    LEAST_ROOM = 4,
    SIZES = 18,     /* rooms of LEAST_ROOM << i events: half a million are the most */
    FOLD_ROOM = 64, /* before a history grows beyond this, what matches in it is left out */
    KEEP_LAST = 32  /* but never of the last so many */
};

/* A free record: where the next one is stands in its `address`. */
static struct residue_object *unused[SIZES];

void rs_object_records_reset(void)
{
    rs_zero(unused, sizeof unused);
}

static unsigned size_index(uint32_t room)
{
    return (unsigned)__builtin_ctz(room / LEAST_ROOM);
}

static struct residue_object *take_unused(unsigned index)
{
    struct residue_object *object = unused[index];
    if (object) {
        unused[index] = (struct residue_object *)(uintptr_t)object->address;
        object->parent = object->interface = object->site = object->ordinal = object->flags = 0;
        object->held = object->unlisted = object->count = object->before = 0;
        object->address = 0;
    }
    return object;
}

static struct residue_object *take_new(unsigned index)
{
    uint32_t room = (uint32_t)LEAST_ROOM << index;
    rs_lock(&rs.lock);
    struct residue_object *object =
        rs_record_new(RESIDUE_RECORD_OBJECT, sizeof *object + room * sizeof object->event[0]);
    if (object) {
        object->room = room;
        rs_record_done();
    }
    rs_unlock(&rs.lock);
    return object;
}

static struct residue_object *take(unsigned index)
{
    struct residue_object *object = index < SIZES ? take_unused(index) : NULL;
    return object || index >= SIZES ? object : take_new(index);
}

struct residue_object *rs_object_record_new(void)
{
    return take(0);
}

void rs_object_record_free(struct residue_object *object)
{
    unsigned index = size_index(object->room);
    __atomic_store_n(&object->state, RESIDUE_OBJECT_FREE, __ATOMIC_RELEASE);
    object->address = (uintptr_t)unused[index];
    unused[index] = object;
}

static bool match(const struct residue_event *first, const struct residue_event *second)
{
    if (first->kind == RESIDUE_EVENT_ADVISE)
        return second->kind == RESIDUE_EVENT_UNADVISE && first->value == second->value;
    return first->kind <= RESIDUE_EVENT_ADDREF && second->kind == RESIDUE_EVENT_RELEASE &&
           first->flags == second->flags;
}

/* Leaves out references that were taken and released again, last in first out, and connections,
 * but for the first event and the last ones: what stays of a long life is what it still holds. */
static void fold(struct residue_object *object)
{
    uint32_t kept = 0, old = object->count - KEEP_LAST;
    struct residue_event *event = object->event;
    for (uint32_t i = 0; i < object->count; i++) {
        if (i < old && kept > 1 && match(&event[kept - 1], &event[i])) {
            kept--;
            object->unlisted += 2;
        } else {
            event[kept++] = event[i];
        }
    }
    object->count = kept;
}

struct residue_object *rs_object_record_room(struct residue_object *object)
{
    if (object->count < object->room)
        return object;
    if (object->room >= FOLD_ROOM) {
        fold(object);
        if (object->count <= object->room - object->room / 4)
            return object;
    }
    struct residue_object *larger = take(size_index(object->room) + 1);
    if (!larger)
        return object->count < object->room ? object : NULL;
    uint32_t room = larger->room, size = larger->record.size;
    rs_copy((char *)larger + sizeof larger->record + sizeof larger->state,
            (char *)object + sizeof object->record + sizeof object->state,
            sizeof *object + object->count * sizeof object->event[0] - sizeof object->record -
                sizeof object->state);
    larger->room = room;
    larger->record.size = size;
    __atomic_store_n(&larger->state, object->state, __ATOMIC_RELEASE);
    rs_object_record_free(object);
    return larger;
}
