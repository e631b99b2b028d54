/*
 * The ledger of objects: what interface pointers lead to, from the call that hands one out to its
 * last Release. Several pointers may lead to one object; an address is used again at once, so it is
 * a number, never used twice, that tells an object. What happens to one is written to its record in
 * the trace (residue_object), which is used again when the object has ended and there is nothing to
 * be told of it: memory follows what lives.
 *
 * These are the steps; object_calls.h says when they are taken. All but rs_objects_lookup are under
 * rs_objects_lock, which is held for a moment: never while unwinding or calling the client.
 */
#ifndef SHIM_CORE_OBJECTS_H
#define SHIM_CORE_OBJECTS_H

#include <residue/trace.h>
#include <stdbool.h>
#include <stdint.h>
#include "shim/core/ledger.h"

struct rs_pointer;

/* An interface pointer's object: where it is in the ledger, and its number. {0, 0}: none. */
struct rs_object_ref {
    uint32_t index, id;
};

struct rs_com_object {
    struct residue_object *record; /* NULL: the slot is free */
    struct residue_object *before; /* of the one that ended last at its address: who still holds
                                      that one meets this one */
    struct rs_pointer *pointers;   /* all that lead to it */
    uint32_t index;
    uint32_t id;
    uint32_t parent, child, previous, next; /* indices, of those that live; children are a list */
    uint32_t older, newer;                  /* those that ended, in order */
    uint32_t interface;                     /* the plan's */
    uint32_t inner;                         /* references held by others than the client */
    uint32_t advised;                       /* connections that were not unadvised */
    bool has_logoff, logged_off;
    bool unsure; /* it ended as far as is known: whoever uses it shows that it did not */
    uint64_t block_size;
    bool gone;                          /* the block was freed, and the quarantine keeps it */
    uintptr_t block;                    /* the heap block it lies in, 0 = not known */
    uint32_t block_site, block_ordinal; /* as the ledger has it while it is that block */
};

void rs_objects_lock(void);
void rs_objects_unlock(void);
bool rs_objects_try_lock(void);

/* The object that a pointer leads to; sets `ended`. Takes the lock. */
struct rs_object_ref rs_objects_lookup(uintptr_t pointer, bool *ended);

/* The object itself; NULL when it is forgotten. */
struct rs_com_object *rs_object_at(struct rs_object_ref);

/* A new object behind `pointer`, whatever was there before; NULL when recording stopped. `opened`:
 * site and ordinal of the call that handed it out. */
struct rs_com_object *rs_object_new(uintptr_t pointer, struct rs_object_ref parent,
                                    uint32_t interface, struct rs_block opened);

/* One more pointer leads to it. `vtable`: what stands there while it lives; 0 = nothing that would
 * have to be put back. */
void rs_object_alias(struct rs_com_object *, uintptr_t pointer, uintptr_t vtable);

/* The block is freed, and may be kept. The object that lies in it, if any: its vtables are put
 * back, and whoever uses it from now on uses what has ended. Takes the lock. */
struct rs_object_ref rs_object_goes(uintptr_t block);

/* Is the block it lies in still the one it was? True where no block is known. */
bool rs_object_stands(const struct rs_com_object *);

/* It has ended, `freed`: with its memory. It is remembered for a while, for those who use it all
 * the same. */
void rs_object_ended(struct rs_com_object *, bool freed);

/* It is used though it seemed to have ended: it had not. False where that was certain. */
bool rs_object_revive(struct rs_com_object *);

/* Does the pointer lead to it? */
bool rs_object_has_pointer(const struct rs_com_object *, uintptr_t pointer);

/* Those that ended and are remembered, the last first; NULL ends. */
struct rs_com_object *rs_objects_newest_ended(void);
struct rs_com_object *rs_objects_older_ended(const struct rs_com_object *);

/* What happens to it: appends the event, with the next sequence. */
void rs_object_note(struct rs_com_object *, const struct residue_event *);

/* It has this interface too, a larger one. */
void rs_object_is(struct rs_com_object *, uint32_t interface);

/* It came from a call of the client's, after code of others had it. */
void rs_object_opened_at(struct rs_com_object *, struct rs_block opened);

/* The event that ended it; NULL when it has not ended, or by none. */
const struct residue_event *rs_object_end(const struct rs_com_object *);

/* What lives of those opened from it, at any remove; `below` NULL begins. */
struct rs_com_object *rs_object_next_below(const struct rs_com_object *root,
                                           const struct rs_com_object *below);

/* Calls `visit` for each live object's site and ordinal; those whose memory went meanwhile are no
 * more. Takes the lock. */
void rs_objects_live(void (*visit)(void *, uint32_t site, uint32_t ordinal, uint64_t size),
                     void *closure);

/* After a fork, in the child: forgets all. */
void rs_objects_reset(void);

/* What ended well is added up by where it was opened (residue_tally). Under the lock. */
void rs_tally(const struct residue_object *);
void rs_tally_reset(void);

/* Records in the trace (under the lock): a new one, with an identity; room for one more event,
 * which may move it; and back when it is not needed. NULL when recording stopped. */
struct residue_object *rs_object_record_new(void);
struct residue_object *rs_object_record_room(struct residue_object *);
void rs_object_record_free(struct residue_object *);
void rs_object_records_reset(void);

#endif
