/*
 * Interface pointers: an object's methods are watched in its vtable, once for all objects of its
 * class. Where a method stands is the plan's to say, so that objects of any layout are alike here.
 */
#ifndef SHIM_CORE_INTERFACES_H
#define SHIM_CORE_INTERFACES_H

#include <stdbool.h>
#include <stdint.h>

/* An interface pointer was handed out, as the plan has it: watches its methods. `interface` is the
 * plan's. Returns the interface that it is of, which may be the same in another layout, or one that
 * it was seen to have before; RESIDUE_NO_INTERFACE: what it leads to can't be such an object, and
 * nothing is watched. Unless `proven`, `object` may be anything. Thread-safe. */
uint32_t rs_interface_found(void *object, uint32_t interface, bool proven);

/* Where the object begins that the interface pointer is of: in C++, where each interface has an
 * address of its own, its vtable tells; in COM, it is the pointer itself. */
bool rs_interface_displaced(uint32_t interface);        /* does the vtable tell? */
uintptr_t rs_interface_displaced_by(uintptr_t pointer); /* then: where */
static inline uintptr_t rs_interface_identity(uintptr_t pointer, bool displaced)
{
    return displaced ? rs_interface_displaced_by(pointer) : pointer;
}

/* The parts of an object in which callers look up the methods of this interface: their addresses,
 * at most `room`. Returns how many. */
unsigned rs_interface_parts(uintptr_t pointer, uint32_t interface, uintptr_t *parts, unsigned room);

/* Has it a method of role logoff or shutdown? */
bool rs_interface_has_logoff(uint32_t interface);

/* The interface that `iid` (16 bytes as in memory) names, or RESIDUE_NO_INTERFACE. */
uint32_t rs_interface_of_iid(const unsigned char *iid);

/* Makes the next quick, for the plan that holds from now on. */
void rs_interfaces_prepare(void);

/* The interface of the objects of a MAPI type, or RESIDUE_NO_INTERFACE. */
uint32_t rs_interface_of_type(uint32_t type);

#endif
