/* Inside the ledger of objects: what its files ask of each other. All under rs_objects_lock. */
#ifndef SHIM_CORE_OBJECTS_INSIDE_H
#define SHIM_CORE_OBJECTS_INSIDE_H

#include "shim/core/objects.h"

/* ---- slots ---- */

enum { RS_OBJECT_CHUNK = 1024 }; /* objects of a chunk */

/* Chunks are never given back: a slot, once there, stays. */
extern struct rs_com_object **rs_object_chunks;

/* NULL for 0, which is none. */
static inline struct rs_com_object *rs_object_slot(uint32_t index)
{
    return index ? &rs_object_chunks[index / RS_OBJECT_CHUNK][index % RS_OBJECT_CHUNK] : NULL;
}

/* Zeroed but for its index; NULL when there is no more room. */
struct rs_com_object *rs_object_slot_take(void);
void rs_object_slot_free(struct rs_com_object *);

/* The highest index ever used. */
uint32_t rs_object_slots_used(void);
void rs_object_slots_reset(void);

/* ---- pointers ---- */

/* The index of the object that a pointer leads to; 0: none. */
uint32_t rs_object_behind(uintptr_t pointer);

/* None leads to it any more. */
void rs_object_pointers_remove(struct rs_com_object *);

/* Puts the vtables back that stood where its pointers lead. */
void rs_object_vtables_restore(const struct rs_com_object *);

/* The lock, too, is nobody's afterwards. */
void rs_object_pointers_reset(void);

/* ---- families ---- */

void rs_object_family_join(struct rs_com_object *, struct rs_com_object *parent);

/* What was opened from it is its parent's from now on. */
void rs_object_family_leave(struct rs_com_object *);

#endif
