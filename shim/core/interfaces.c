#include "shim/core/interfaces.h"
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"

static const struct residue_plan_interface *interface_at(uint32_t index)
{
    return (const struct residue_plan_interface *)rs_plan_at(rs.plan->interfaces) + index;
}

uint32_t rs_interface_of_iid(const unsigned char *iid)
{
    const struct residue_plan_iid *known = rs_plan_at(rs.plan->iids);
    for (uint32_t i = 0; i < rs.plan->iid_count; i++)
        if (rs_equal(known[i].guid, iid, 16))
            return known[i].interface;
    return RESIDUE_NO_INTERFACE;
}

static uint32_t find_of_type(uint32_t type)
{
    for (uint32_t i = 0; i < rs.plan->interface_count; i++)
        if (interface_at(i)->object_type && interface_at(i)->object_type == type)
            return i;
    return RESIDUE_NO_INTERFACE;
}

enum { TYPES = 16 };

static uint32_t of_type[TYPES]; /* MAPI's types are small numbers */

void rs_interfaces_prepare(void)
{
    for (uint32_t type = 0; type < TYPES; type++)
        of_type[type] = find_of_type(type);
}

uint32_t rs_interface_of_type(uint32_t type)
{
    return type < TYPES ? of_type[type] : find_of_type(type);
}

static bool read_word(uintptr_t at, intptr_t *word)
{
    return rs_os_read((const void *)at, word, sizeof *word);
}

/* The word `words` in front of a vtable, which may be no vtable. */
static bool read_before(intptr_t vtable, unsigned words, intptr_t *word)
{
    return read_word((uintptr_t)vtable - words * sizeof *word, word);
}

/* What stands before a vtable (Itanium C++ ABI, 2.5.2): how far the part that it belongs to is from
 * where the whole object begins, and the type of the whole. */
struct whole {
    intptr_t offset, type;
};

static bool read_whole(uintptr_t part, struct whole *whole)
{
    enum { LARGEST_OBJECT = 1 << 24 };
    intptr_t vtable;
    return read_word(part, &vtable) && vtable &&
           rs_os_read((const void *)((uintptr_t)vtable - sizeof *whole), whole, sizeof *whole) &&
           whole->offset <= 0 && whole->offset > -LARGEST_OBJECT && whole->type;
}

/* A base that a class shares with others lies anywhere in the object: its offset stands `base`
 * words before the vtable. Where the object is laid out otherwise, these words are anything, and it
 * shows by the two parts' not agreeing on the whole. */
static void *part_of(void *object, unsigned base)
{
    intptr_t vtable, offset;
    struct whole whole, same;
    if (base == 1)
        return read_whole((uintptr_t)object, &whole) ? object : NULL;
    if (!read_whole((uintptr_t)object, &whole) || !read_word((uintptr_t)object, &vtable) ||
        !read_before(vtable, base, &offset) || offset % (intptr_t)sizeof offset)
        return NULL;
    uintptr_t part = (uintptr_t)object + (uintptr_t)offset;
    bool agree =
        read_whole(part, &same) && same.offset == whole.offset - offset && same.type == whole.type;
    return agree ? (void *)part : NULL;
}

/* The vtable in which callers look the method up, or NULL. */
static uintptr_t *vtable_of(void *object, const struct residue_plan_function *method)
{
    intptr_t vtable;
    void *part = method->base ? part_of(object, method->base) : object;
    return part && read_word((uintptr_t)part, &vtable) ? (uintptr_t *)vtable : NULL;
}

static const struct residue_plan_function *method_at(const struct residue_plan_interface *plan,
                                                     uint32_t index)
{
    return rs_plan_function(plan->method_first + index);
}

/* Calls `visit` for the slot of each method until it returns false; false also when a method's
 * vtable is not to be found. */
static bool each_slot(void *object, const struct residue_plan_interface *plan, uint32_t interface,
                      bool (*visit)(uintptr_t *, const struct residue_plan_function *, uint32_t))
{
    uintptr_t *vtable = NULL;
    for (uint32_t i = 0; i < plan->method_count; i++) {
        const struct residue_plan_function *method = method_at(plan, i);
        if (!i || method->base != method_at(plan, i - 1)->base)
            vtable = vtable_of(object, method);
        if (!vtable || !visit(&vtable[method->slot], method, interface))
            return false;
    }
    return true;
}

/* A slot leads to code, or nowhere: for a method that the object does not have, or that callers
 * find in another part of it. */
static bool is_slot(uintptr_t *slot, const struct residue_plan_function *method, uint32_t interface)
{
    (void)method, (void)interface;
    intptr_t target;
    return read_word((uintptr_t)slot, &target) &&
           (!target || rs_watched_at((uintptr_t)target) || rs_os_is_code((uintptr_t)target));
}

/* A slot watched under a smaller interface (IUnknown, IMAPIProp) gets the name of the one that is
 * known by now; else the first name stays. */
static bool watch_slot(uintptr_t *slot, const struct residue_plan_function *method,
                       uint32_t interface)
{
    uintptr_t target = *slot;
    if (!target)
        return true;
    const struct rs_watched *before = rs_watched_at(target);
    if (before) {
        if (before->interface == interface || before->interface == RESIDUE_NO_INTERFACE ||
            interface_at(before->interface)->method_count >= interface_at(interface)->method_count)
            return true;
        target = before->target;
    }
    uintptr_t thunk = rs_watch(target, method, interface, NULL);
    if (thunk)
        rs_os_write_slot(slot, thunk);
    return true;
}

/* Every object of a class shows the same vtable, and all of its methods are watched at once, by the
 * largest of the interfaces that it is of. */
static uint32_t watched_as(const void *object, const struct residue_plan_interface *plan)
{
    const uintptr_t *vtable = *(const uintptr_t *const *)object;
    const struct rs_watched *at = rs_watched_at(vtable[plan->probe]);
    return at && at->interface != RESIDUE_NO_INTERFACE && interface_at(at->interface)->method_count >= plan->method_count ? at->interface : RESIDUE_NO_INTERFACE;
}

uint32_t rs_interface_found(void *object, uint32_t interface, bool proven)
{
    if (!interface_at(interface)->method_count)
        return RESIDUE_NO_INTERFACE;
    uint32_t as = proven ? watched_as(object, interface_at(interface)) : RESIDUE_NO_INTERFACE;
    if (as != RESIDUE_NO_INTERFACE)
        return as;
    for (; interface != RESIDUE_NO_INTERFACE; interface = interface_at(interface)->other)
        if (each_slot(object, interface_at(interface), interface, is_slot))
            return each_slot(object, interface_at(interface), interface, watch_slot) ? interface : RESIDUE_NO_INTERFACE;
    return RESIDUE_NO_INTERFACE;
}

bool rs_interface_displaced(uint32_t interface)
{
    const struct residue_plan_interface *plan = interface_at(interface);
    return plan->method_count && method_at(plan, 0)->base;
}

uintptr_t rs_interface_displaced_by(uintptr_t pointer)
{
    const struct whole *whole = *(const struct whole *const *)pointer - 1;
    return pointer + (uintptr_t)whole->offset;
}

unsigned rs_interface_parts(uintptr_t pointer, uint32_t interface, uintptr_t *parts, unsigned room)
{
    const struct residue_plan_interface *plan = interface_at(interface);
    unsigned count = 0;
    for (uint32_t i = 0; i < plan->method_count && count < room; i++) {
        unsigned base = method_at(plan, i)->base;
        void *part = base ? part_of((void *)pointer, base) : (void *)pointer;
        bool known = !part;
        for (unsigned j = 0; j < count; j++)
            known |= parts[j] == (uintptr_t)part;
        if (!known)
            parts[count++] = (uintptr_t)part;
    }
    return count;
}

bool rs_interface_has_logoff(uint32_t interface)
{
    const struct residue_plan_interface *plan = interface_at(interface);
    for (uint32_t i = 0; i < plan->method_count; i++) {
        uint8_t role = method_at(plan, i)->role;
        if (role == RESIDUE_ROLE_LOGOFF || role == RESIDUE_ROLE_SHUTDOWN)
            return true;
    }
    return false;
}
