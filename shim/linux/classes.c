/*
 * Objects that a program has when it is attached to: no watched call hands them out any more. What
 * C++ keeps of its classes leads to their vtables (Itanium C++ ABI, 2.5.2 and 2.9.5): a class whose
 * base is called as one of the plan's interfaces is of that interface. An object of the class is
 * made up of its vtables alone, and treated as if it had been handed out.
 */
#include "shim/linux/classes.h"
#include "shim/core/bytes.h"
#include "shim/core/interfaces.h"
#include "shim/core/state.h"
#include "shim/core/text.h"
#include "shim/linux/loader.h"

enum {
    OBJECT_WORDS = 8192, /* parts of an object are no farther from its beginning */
    PARTS = 64,
    STEPS = 256,  /* bases of a class that are looked at */
    NAME = 64,    /* bytes of a class's name */
    DEEPEST = 24, /* base of a base: the thread that is borrowed may have a small stack */
    KINDS = 16,
    SEGMENTS = 4,
    UNKNOWNS_METHODS = 3, /* any class may be called IUnknown */
};

/* What a class's type begins with, whichever kind of class it is; the type of its base follows if
 * it has but one. */
struct type {
    uintptr_t kind, name;
};

enum kind { NO_TYPE, NO_BASE, ONE_BASE, BASES };

struct base {
    uintptr_t type;
    intptr_t where; /* the offset times 256, and flags */
};
enum { BASE_VIRTUAL = 1, BASE_OFFSET = 8 };

struct type_of_bases {
    struct type type;
    uint32_t flags, count;
};

/* The vtables of one class: one group, in the order of the parts. Made by one thread at a time:
 * whoever attaches. */
static struct {
    uintptr_t type; /* 0: none is being gathered */
    unsigned count, part[PARTS];
    unsigned steps, depth;
    uintptr_t object[OBJECT_WORDS];
} class;

/* The last kinds that were seen: there are few, but thousands of classes. */
static struct {
    unsigned next;
    struct {
        uintptr_t at;
        enum kind is;
    } known[KINDS];
} kinds;

/* ---- reading ---- */

/* Segments that were read from last. No module goes away while the list of them is visited. */
static struct {
    unsigned next;
    struct {
        uintptr_t start, end;
    } known[SEGMENTS];
} segments;

static bool holds(uintptr_t start, uintptr_t end, uintptr_t from, size_t size)
{
    return from >= start && from < end && size <= end - from;
}

static bool find_segment(uintptr_t from, size_t size)
{
    struct dl_phdr_info module;
    if (!rs_loader_module(from, &module))
        return false;
    for (unsigned i = 0; i < module.dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &module.dlpi_phdr[i];
        uintptr_t start = module.dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R) ||
            !holds(start, end, from, size))
            continue;
        unsigned next = segments.next++ % SEGMENTS;
        segments.known[next].start = start;
        segments.known[next].end = end;
        return true;
    }
    return false;
}

/* What C++ keeps of classes is in modules, nowhere else. (Thousands of system calls would hold up
 * the thread that is borrowed: each of them stops it for its tracer.) */
static bool read(uintptr_t from, void *to, size_t size)
{
    bool there = false;
    for (unsigned i = 0; i < SEGMENTS && !there; i++)
        there = holds(segments.known[i].start, segments.known[i].end, from, size);
    if (!there && !find_segment(from, size))
        return false;
    rs_copy(to, (const void *)from, size);
    return true;
}

/* ---- names ---- */

static bool read_name(const struct type *type, char *name)
{
    name[NAME - 1] = '\0';
    return read(type->name, name, NAME - 1) || /* or is it the last one in its memory? */
           read(type->name, name, 24);
}

static bool same(const char *a, const char *b)
{
    size_t length = rs_length(a);
    return length == rs_length(b) && rs_equal(a, b, length);
}

/* A type's own type is one of the runtime's few, which are called so. */
static enum kind read_kind(uintptr_t kind)
{
    uintptr_t type;
    struct type runtimes;
    char name[NAME];
    if (!read(kind - sizeof type, &type, sizeof type) || !read(type, &runtimes, sizeof runtimes) ||
        !read_name(&runtimes, name))
        return NO_TYPE;
    return same(name, "N10__cxxabiv117__class_type_infoE")       ? NO_BASE
           : same(name, "N10__cxxabiv120__si_class_type_infoE")  ? ONE_BASE
           : same(name, "N10__cxxabiv121__vmi_class_type_infoE") ? BASES
                                                                 : NO_TYPE;
}

static enum kind kind_of(const struct type *type)
{
    for (unsigned i = 0; i < KINDS; i++)
        if (kinds.known[i].at == type->kind)
            return kinds.known[i].is;
    unsigned next = kinds.next++ % KINDS;
    kinds.known[next].is = read_kind(type->kind);
    kinds.known[next].at = type->kind;
    return kinds.known[next].is;
}

/* "12IMAPISession" for IMAPISession. */
static bool is_called(const char *mangled, const char *name)
{
    size_t length = 0;
    for (; *mangled >= '0' && *mangled <= '9'; mangled++)
        length = length * 10 + (size_t)(*mangled - '0');
    return length == rs_length(name) && same(mangled, name);
}

/* The plan's interface of that name, in the first layout that is told by types; or none. (Those of
 * COM's layout are another's `other`.) */
static uint32_t interface_called(const char *mangled)
{
    const struct residue_plan_interface *plan = rs_plan_at(rs.plan->interfaces);
    for (uint32_t i = 0; i < rs.plan->interface_count; i++)
        if (plan[i].method_count > UNKNOWNS_METHODS &&
            rs_plan_function(plan[i].method_first)->base &&
            is_called(mangled, rs_plan_text(plan[i].name)))
            return i;
    return RESIDUE_NO_INTERFACE;
}

/* ---- the bases of a class ---- */

static bool visit_bases(uintptr_t type, bool (*visit)(const struct base *, uintptr_t),
                        uintptr_t offset)
{
    struct type is;
    struct type_of_bases several;
    enum kind kind = read(type, &is, sizeof is) ? kind_of(&is) : NO_TYPE;
    struct base base = {0, 0};
    if (kind == ONE_BASE) /* which begins where the class does */
        return read(type + sizeof is, &base.type, sizeof base.type) && visit(&base, offset);
    if (kind != BASES || !read(type, &several, sizeof several))
        return false;
    for (uint32_t i = 0; i < several.count && class.steps < STEPS; i++)
        if (read(type + sizeof several + i * sizeof base, &base, sizeof base) &&
            visit(&base, offset))
            return true;
    return false;
}

/* Calls `visit` for each base of the class of this type until it returns true; returns whether it
 * did. `offset` is handed on. */
static bool each_base(uintptr_t type, bool (*visit)(const struct base *, uintptr_t),
                      uintptr_t offset)
{
    class.depth++;
    bool found = class.depth <= DEEPEST && visit_bases(type, visit, offset);
    class.depth--;
    return found;
}

static bool name_of(uintptr_t type, char *name)
{
    struct type is;
    return class.steps++ < STEPS && read(type, &is, sizeof is) && kind_of(&is) != NO_TYPE &&
           read_name(&is, name);
}

/* Classes that are no interfaces may be called as some are, but are hardly IUnknown's too. */
static bool is_unknown(const struct base *base, uintptr_t unused)
{
    char name[NAME];
    return name_of(base->type, name) &&
           (is_called(name, "IUnknown") || each_base(base->type, is_unknown, unused));
}

/* Where a base that others share lies is told by the vtable of the part it is a base of. */
static bool find_base(const struct base *base, uintptr_t *offset)
{
    intptr_t beyond = base->where >> BASE_OFFSET;
    if (base->where & BASE_VIRTUAL) {
        uintptr_t vtable = class.object[*offset / sizeof vtable];
        if (!vtable || !read(vtable + (uintptr_t)beyond, &beyond, sizeof beyond))
            return false;
    }
    *offset += (uintptr_t)beyond;
    return *offset < sizeof class.object && *offset % sizeof(uintptr_t) == 0;
}

/* The part of the object at `offset` is of this class: watches its methods if that is an interface,
 * and those of its bases. */
static bool look_at(const struct base *part, uintptr_t offset)
{
    char name[NAME];
    if (!find_base(part, &offset) || !name_of(part->type, name))
        return false;
    uint32_t interface = interface_called(name);
    uintptr_t *at = &class.object[offset / sizeof *at];
    if (interface != RESIDUE_NO_INTERFACE && *at && each_base(part->type, is_unknown, 0))
        rs_interface_found(at, interface, false);
    return each_base(part->type, look_at, offset);
}

/* ---- vtables ---- */

static void finish_class(void)
{
    const struct base whole = {class.type, 0};
    class.steps = 0;
    if (class.type)
        look_at(&whole, 0);
    class.type = 0;
    while (class.count)
        class.object[class.part[--class.count]] = 0;
}

static bool is_type(uintptr_t address)
{
    struct type type;
    return read(address, &type, sizeof type) && kind_of(&type) != NO_TYPE;
}

/* A vtable has before its functions how far its part is from the object's beginning (not at all for
 * the first one of a class), and the class's type. */
static void look_at_words(const uintptr_t *word)
{
    intptr_t back = (intptr_t)word[0];
    enum { FARTHEST = OBJECT_WORDS * (int)sizeof *word };
    enum { LOWEST = 1 << 16 }; /* below lies nothing */
    if (back > 0 || back <= -FARTHEST || back % (intptr_t)sizeof *word || word[1] < LOWEST ||
        word[1] % sizeof *word || word[2] < LOWEST || rs_loader_is_code(word[2]) != 1 ||
        (back && word[1] != class.type) || !is_type(word[1]))
        return;
    if (!back) {
        finish_class();
        class.type = word[1];
    }
    if (class.count == PARTS)
        return;
    unsigned part = (unsigned)(-back / (intptr_t)sizeof *word);
    class.object[part] = (uintptr_t)(word + 2);
    class.part[class.count++] = part;
}

/* Vtables are where addresses are: in what can be written, or could before it was relocated. Those
 * of a program that has a fixed place need no relocation, and may be beside its code. */
static bool look_at_object(const struct rs_object *object, void *unused)
{
    (void)unused;
    if (rs_loader_is_shim(object->start))
        return false;
    for (unsigned i = 0; i < object->header_count; i++) {
        const ElfW(Phdr) *header = &object->headers[i];
        bool there = header->p_type == PT_LOAD && (header->p_flags & PF_R) &&
                     (!object->base || ((header->p_flags & PF_W) && !(header->p_flags & PF_X)));
        const uintptr_t *word = (const uintptr_t *)((object->base + header->p_vaddr + 7) & ~7ul);
        size_t left = there ? header->p_filesz / sizeof *word : 0;
        for (; left > 3; left--, word++)
            look_at_words(word);
        finish_class();
    }
    return false;
}

static bool has_interfaces(void)
{
    const struct residue_plan_interface *plan = rs_plan_at(rs.plan->interfaces);
    for (uint32_t i = 0; i < rs.plan->interface_count; i++)
        if (plan[i].method_count && rs_plan_function(plan[i].method_first)->base)
            return true;
    return false;
}

void rs_classes_watch(void)
{
    rs_zero(&kinds, sizeof kinds); /* other modules may be there now */
    rs_zero(&segments, sizeof segments);
    if (has_interfaces())
        rs_objects_visit(look_at_object, NULL);
}
