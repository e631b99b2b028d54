/* What was opened from what: each object's children are a list. */
#include "shim/core/objects_inside.h"

void rs_object_family_leave(struct rs_com_object *object)
{
    struct rs_com_object *parent = rs_object_slot(object->parent),
                         *previous = rs_object_slot(object->previous),
                         *next = rs_object_slot(object->next);
    if (previous)
        previous->next = object->next;
    else if (parent)
        parent->child = object->next;
    if (next)
        next->previous = object->previous;
    for (struct rs_com_object *child = rs_object_slot(object->child), *after; child;
         child = after) {
        after = rs_object_slot(child->next);
        child->parent = object->parent;
        child->record->parent = parent ? parent->id : 0;
        child->previous = 0;
        child->next = parent ? parent->child : 0;
        if (parent && parent->child)
            rs_object_slot(parent->child)->previous = child->index;
        if (parent)
            parent->child = child->index;
    }
    object->parent = object->child = object->previous = object->next = 0;
}

void rs_object_family_join(struct rs_com_object *object, struct rs_com_object *parent)
{
    object->parent = parent->index;
    object->next = parent->child;
    if (parent->child)
        rs_object_slot(parent->child)->previous = object->index;
    parent->child = object->index;
    object->record->parent = parent->id;
}

struct rs_com_object *rs_object_next_below(const struct rs_com_object *root,
                                           const struct rs_com_object *below)
{
    const struct rs_com_object *at = below ? below : root;
    if (at->child)
        return rs_object_slot(at->child);
    while (at != root && !at->next)
        at = rs_object_slot(at->parent);
    return at == root ? NULL : rs_object_slot(at->next);
}
