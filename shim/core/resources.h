/*
 * The ledger of everything that is no heap block: critical sections, private heaps, references,
 * mappings, and what profiles name. Keyed by kind and handle; kinds that have their handles in
 * common are one there. Thread-safe; every change holds its
 * own lock for a moment. `kind` is the index that rs_intern_kind takes, `class` its enum
 * residue_class.
 */
#ifndef SHIM_CORE_RESOURCES_H
#define SHIM_CORE_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

struct rs_acquisition {
    uint32_t kind;
    uint32_t class;
    bool counted; /* may be acquired several times; released last in, first out */
    uint64_t handle;
    uint64_t size;
    uint64_t
        parent; /* handle of the live resource it is released with (same or any kind); 0 = none */
    uint32_t site, ordinal;
    uint32_t thread; /* kinds counted by thread: which; else 0 */
    uintptr_t owner; /* the function it came from; 0 = not known */
    /* Class RETURNED: the heap block that begins at the handle; site 0 = none is known there. */
    uint32_t block_site, block_ordinal;
};

void rs_resource_acquire(const struct rs_acquisition *);

/* Releases the resource, and all it is parent of. False if it is not known. `taken` (may be NULL)
 * receives what it was. */
bool rs_resource_release(uint32_t kind, uint64_t handle, struct rs_acquisition *taken);

/* Live resources of class BUFFER. */
extern uint32_t rs_buffers_live;

/* The same as rs_resource_release, of the buffer of any kind at `handle`; what was linked to it
 * lives on. */
bool rs_buffer_release_alone(uint64_t handle, struct rs_acquisition *taken);

/* What a live resource is, which stays so. False if it is not known. */
bool rs_resource_look(uint32_t kind, uint64_t handle, struct rs_acquisition *out);

/* A moment: what is acquired from now on is not older than it. */
uint64_t rs_resources_now(void);

/* Anonymous mappings: releases [address, address + size), which may cover parts and several, of
 * what is older than `before`. Mappings are released after the system did so, because it may
 * refuse; what another thread was given there meanwhile is younger. False: nothing was released. */
bool rs_mapping_release(uint64_t address, uint64_t size, uint64_t before);

/* Is a part of [address, address + size) such a mapping? */
bool rs_mapping_known(uint64_t address, uint64_t size);

/* The memory [address, address + size), acquired at `block_site`, is being released at `freed_site`
 * while critical sections in it, older than `before`, are still initialised: they can never be
 * deleted any more. Returns their number. With freed_site 0 it only counts them. */
uint32_t rs_sections_lost(uint64_t address, uint64_t size, uint64_t before, uint32_t block_site,
                          uint32_t freed_site, uint32_t freed_ordinal);

/* Calls `visit` for each live resource's site, ordinal and size, under the lock: it must be quick.
 */
void rs_resources_visit(void (*visit)(void *, uint32_t site, uint32_t ordinal, uint64_t size),
                        void *closure);

/* After a fork, in the child: forgets all. */
void rs_resources_reset(void);

#endif
