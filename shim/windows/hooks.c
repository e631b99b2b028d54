#include "shim/windows/hooks.h"
#include "shim/core/bytes.h"
#include "shim/windows/text.h"

/* ---- which DLL defines what ---- */

struct library {
    const char *dll;
    const struct rs_hook *const *tables; /* ends with NULL */
    int depth;                           /* how low a layer it is */
};

static const struct rs_hook *const system_tables[] = {
    rs_hooks_heap,    rs_hooks_memory,   rs_hooks_sections, rs_hooks_loader,
    rs_hooks_process, rs_hooks_children, rs_hooks_threads,  NULL};
static const struct rs_hook *const com_tables[] = {rs_hooks_com, NULL};
static const struct rs_hook *const automation_tables[] = {rs_hooks_automation, NULL};

static const struct library libraries[] = {
    {"ntdll.dll", system_tables, 3},    {"kernelbase.dll", system_tables, 2},
    {"kernel32.dll", system_tables, 1}, {"combase.dll", com_tables, 2},
    {"ole32.dll", com_tables, 1},       {"oleaut32.dll", automation_tables, 1},
};

static const char *const runtimes[] = {"msvcrt*", "ucrtbase*", "msvcr*"};

static struct {
    uintptr_t start, end;
} runtime_at[RS_RUNTIMES];

/* ---- real functions ---- */

enum { PLACES = 1024 }; /* a power of two, and twice as many as there are functions */

static struct place {
    uintptr_t address; /* 0 = empty */
    const struct rs_hook *hook;
    int depth;
} places[PLACES];

static struct place *place_of(uintptr_t address)
{
    uint64_t hash = (uint64_t)address * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(hash >> 54) % PLACES;
    while (places[at].address && places[at].address != address)
        at = (at + 1) % PLACES;
    return &places[at];
}

uintptr_t rs_hook_of(uintptr_t address)
{
    const struct place *place = place_of(address);
    return place->address ? (uintptr_t)place->hook->wrapper : 0;
}

/* How low the layer is that the hook's real function is of. */
static int depth_of(const struct rs_hook *hook)
{
    uintptr_t real = (uintptr_t)*hook->real;
    return real ? place_of(real)->depth : -1;
}

static void resolve(const struct rs_image *image, const struct rs_hook *hook, int depth)
{
    for (; hook->name; hook++) {
        uintptr_t address = rs_image_export(image, hook->name);
        if (!address)
            continue;
        struct place *place = place_of(address);
        if (!place->address &&
            hook->wrapper) /* two names of one function: the first one's wrapper stands */
            *place = (struct place){address, hook, depth};
        if (!hook->wrapper || depth_of(hook) < depth)
            __atomic_store_n(hook->real, (void *)address, __ATOMIC_RELEASE);
    }
}

static void resolve_runtime(const struct rs_image *image)
{
    for (unsigned i = 0; i < RS_RUNTIMES; i++) {
        if (runtime_at[i].end)
            continue;
        runtime_at[i].start = image->base;
        runtime_at[i].end = image->base + image->size;
        resolve(image, rs_hooks_runtime[i], 1);
        return;
    }
}

void rs_hooks_resolve(const struct rs_image *image, const UNICODE_STRING *name)
{
    size_t units = name->Length / sizeof(WCHAR);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (!rs_is_named(name->Buffer, units, libraries[i].dll))
            continue;
        for (const struct rs_hook *const *table = libraries[i].tables; *table; table++)
            resolve(image, *table, libraries[i].depth);
        return;
    }
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++) {
        if (rs_is_named(name->Buffer, units, runtimes[i])) {
            resolve_runtime(image);
            return;
        }
    }
}

/* What was behind the empty place must be found again: all are entered anew. */
void rs_hooks_forget(uintptr_t start, uintptr_t end)
{
    static struct place kept[PLACES];
    uint32_t count = 0;
    bool any = false;
    for (uint32_t i = 0; i < PLACES; i++) {
        if (places[i].address >= start && places[i].address < end)
            any = true;
        else if (places[i].address)
            kept[count++] = places[i];
    }
    for (unsigned i = 0; i < RS_RUNTIMES; i++)
        if (runtime_at[i].start == start)
            runtime_at[i].start = runtime_at[i].end = 0;
    if (!any)
        return;
    rs_zero(places, sizeof places);
    for (uint32_t i = 0; i < count; i++)
        *place_of(kept[i].address) = kept[i];
}
