/* The list of loaded objects, and looking symbols up in it. */
#include "shim/linux/loader.h"
#include "shim/linux/attach.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/core/modules.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <dlfcn.h>
#include <limits.h>

extern void *__libc_stack_end; /* glibc: where the first thread's stack ended when it began */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

bool rs_loader_is_shim(uintptr_t address)
{
    return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
}

uintptr_t rs_loader_stack_end(void)
{
    return ((uintptr_t)__libc_stack_end + 4095) & ~(uintptr_t)4095;
}

/* ---- visiting ---- */

struct visit {
    bool (*visit)(const struct rs_object *, void *);
    void *closure;
};

/* The program itself, which is visited first. */
static struct dl_phdr_info program;

static void keep_program(const struct dl_phdr_info *info)
{
    if (__atomic_load_n(&program.dlpi_phdr, __ATOMIC_ACQUIRE) || *info->dlpi_name)
        return;
    program.dlpi_addr = info->dlpi_addr;
    program.dlpi_name = info->dlpi_name;
    program.dlpi_phnum = info->dlpi_phnum;
    __atomic_store_n(&program.dlpi_phdr, info->dlpi_phdr, __ATOMIC_RELEASE);
}

static int visit_one(struct dl_phdr_info *info, size_t size, void *closure)
{
    (void)size;
    struct visit *visit = closure;
    struct rs_object object;
    keep_program(info);
    rs_object_read(info, &object);
    return visit->visit(&object, visit->closure);
}

bool rs_objects_visit(bool (*visit)(const struct rs_object *, void *), void *closure)
{
    struct visit both = {visit, closure};
    return dl_iterate_phdr(visit_one, &both) != 0;
}

/* ---- looking up ---- */

struct lookup {
    const char *name, *version;
    bool after_shim; /* only objects behind the shim count */
    bool not_shim;
    void *found;
};

static bool is_vdso(const struct rs_object *object)
{
    return object->path && rs_length(object->path) >= 10 &&
           rs_equal(object->path, "linux-vdso", 10);
}

static bool look_in(const struct rs_object *object, void *closure)
{
    struct lookup *lookup = closure;
    bool skip = lookup->after_shim;
    if (rs_loader_is_shim(object->start)) {
        lookup->after_shim = false;
        skip = skip || lookup->not_shim;
    }
    if (skip || !object->symbols || is_vdso(object))
        return false;
    lookup->found = rs_object_define(object, lookup->name, lookup->version);
    return lookup->found != NULL;
}

/* Who preloads stands before the C library. */
bool rs_loader_is_late(void)
{
    static enum { ASK, LATE, FIRST } place;
    if (place == ASK) {
        struct lookup lookup = {.name = "malloc", .after_shim = true};
        rs_objects_visit(look_in, &lookup);
        place = lookup.found ? FIRST : LATE;
    }
    return place == LATE;
}

void *rs_loader_next(const char *name)
{
    struct lookup lookup = {.name = name, .after_shim = !rs_loader_is_late(), .not_shim = true};
    rs_objects_visit(look_in, &lookup);
    return lookup.found;
}

void *rs_loader_lookup(const char *name, const char *version)
{
    struct lookup lookup = {.name = name, .version = version};
    rs_objects_visit(look_in, &lookup);
    return lookup.found;
}

/* ---- the list of modules ---- */

enum { MODULES_MAX = 2048 };

struct listing {
    struct rs_found_module *found;
    uint32_t count;
    char folder[PATH_MAX]; /* the working folder; "": not known */
};

static void find_build_id(const struct rs_object *object, struct rs_found_module *found)
{
    for (unsigned i = 0; i < object->header_count; i++) {
        const ElfW(Phdr) *header = &object->headers[i];
        if (header->p_type != PT_NOTE)
            continue;
        const char *at = (const char *)(object->base + header->p_vaddr);
        const char *end = at + header->p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
            const char *name = at + sizeof *note;
            const char *content = name + ((note->n_namesz + 3u) & ~3u);
            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
                rs_equal(name, "GNU", 4)) {
                found->build_id = content;
                found->build_id_length = note->n_descsz;
                return;
            }
            at = content + ((note->n_descsz + 3u) & ~3u);
        }
    }
}

/* A folder that can't be reached any more has no path. */
static void read_folder(char *path, size_t room)
{
    if (rs_failed(RS_SYSCALL2(SYS_getcwd, path, room)) || *path != '/')
        *path = 0;
}

/* The vDSO's name is no path at all. */
static bool is_relative(const char *path)
{
    const char *at = path;
    while (*at && *at != '/')
        at++;
    return *at && at != path;
}

static void describe(const struct rs_object *object, struct rs_found_module *found)
{
    rs_zero(found, sizeof *found);
    found->module.start = object->start;
    found->module.end = object->end;
    found->module.base = object->base;
    found->module.skip = rs_loader_is_shim(object->start);
    found->path = object->path;
    for (unsigned i = 0; i < object->header_count; i++) {
        if (object->headers[i].p_type != PT_GNU_EH_FRAME)
            continue;
        found->module.eh_frame_hdr = (const uint8_t *)(object->base + object->headers[i].p_vaddr);
        found->module.eh_frame_hdr_size = object->headers[i].p_memsz;
    }
    find_build_id(object, found);
}

static bool list_one(const struct rs_object *object, void *closure)
{
    struct listing *listing = closure;
    if (listing->count == MODULES_MAX || object->start >= object->end)
        return false;
    struct rs_found_module *found = &listing->found[listing->count++];
    describe(object, found);
    if (listing->count == 1 || !found->path || !*found->path)
        found->path = rs_program();
    found->folder = is_relative(found->path) ? listing->folder : NULL;
    return false;
}

static struct {
    struct rs_lock lock; /* one refresh at a time */
    struct listing *listing;
    struct rs_object *fresh;
    uint32_t fresh_count;
    uintptr_t *patched; /* start addresses of objects whose imports are watched */
    uint32_t patched_count;
    bool unready; /* objects were seen that are just being loaded */
} loader;

static void gone(const struct rs_module *module)
{
    rs_watched_forget(module->start, module->end);
    rs_slots_forget(module->start, module->end);
    for (uint32_t i = 0; i < loader.patched_count; i++)
        if (loader.patched[i] == module->start)
            loader.patched[i] = loader.patched[--loader.patched_count];
}

/* Another thread may be loading the object: it is in the list before its slots are filled in, those
 * of calls last. */
static bool is_ready(const struct rs_object *object)
{
    for (size_t i = object->rela[1] ? object->rela_count[1] : 0; i-- > 0;) {
        const ElfW(Rela) *relocation = &object->rela[1][i];
        if (ELF64_R_TYPE(relocation->r_info) != R_X86_64_JUMP_SLOT)
            continue;
        uintptr_t value =
            __atomic_load_n((uintptr_t *)(object->base + relocation->r_offset), __ATOMIC_ACQUIRE);
        return !object->base || !value || value >= object->end - object->base;
    }
    return true;
}

static bool collect_fresh(const struct rs_object *object, void *closure)
{
    (void)closure;
    for (uint32_t i = 0; i < loader.patched_count; i++)
        if (loader.patched[i] == object->start)
            return false;
    if (loader.patched_count == MODULES_MAX || !object->symbols)
        return false;
    if (!is_ready(object)) {
        loader.unready = true;
        return false;
    }
    loader.patched[loader.patched_count++] = object->start;
    loader.fresh[loader.fresh_count++] = *object;
    return false;
}

bool rs_loader_fresh_defines(const char *name)
{
    for (uint32_t i = 0; i < loader.fresh_count; i++)
        if (rs_object_define(&loader.fresh[i], name, NULL))
            return true;
    return false;
}

/* Under the lock that the loader takes before it lets go of an object: another thread may be about
 * to close one that is looked at here. */
static bool refresh_locked(const struct rs_object *first, void *deep)
{
    (void)first;
    struct listing *listing = loader.listing;
    rs_objects_visit(list_one, listing);
    rs_modules_publish(listing->found, listing->count, gone);
    rs_objects_visit(collect_fresh, NULL);
    for (uint32_t i = 0; i < loader.fresh_count; i++)
        if (!rs_loader_is_shim(loader.fresh[i].start) && !is_vdso(&loader.fresh[i]))
            rs_imports_watch(&loader.fresh[i], *(const bool *)deep);
    return true; /* once is enough */
}

static void refresh(bool deep)
{
    struct listing *listing = loader.listing;
    listing->count = loader.fresh_count = 0;
    loader.unready = false;
    read_folder(listing->folder, sizeof listing->folder);
    rs_objects_visit(refresh_locked, &deep);
}

/* Thousands of modules do not fit on the client's stack. */
static bool have_room(void)
{
    if (loader.patched)
        return true;
    size_t bytes =
        sizeof *loader.listing + MODULES_MAX * (sizeof *loader.listing->found +
                                                sizeof *loader.fresh + sizeof *loader.patched);
    loader.listing = rs_os_map(bytes);
    if (!loader.listing)
        return false;
    loader.listing->found = (struct rs_found_module *)(loader.listing + 1);
    loader.fresh = (struct rs_object *)(loader.listing->found + MODULES_MAX);
    loader.patched = (uintptr_t *)(loader.fresh + MODULES_MAX);
    return true;
}

void rs_loader_lock(void)
{
    rs_lock(&loader.lock);
}

void rs_loader_unlock(void)
{
    rs_unlock(&loader.lock);
}

bool rs_loader_refresh(bool deep)
{
    if (!rs_slots_begin())
        return true;
    rs_lock(&loader.lock);
    if (have_room())
        refresh(deep);
    bool ready = !loader.unready;
    rs_unlock(&loader.lock);
    rs_slots_end();
    return ready;
}

void rs_loader_forget(void)
{
    rs_lock(&loader.lock);
    loader.patched_count = 0;
    rs_unlock(&loader.lock);
}

/* ---- single questions ---- */

/* The loader's own table tells the object; its ELF header, which its first segment begins with,
 * leads to what the loader knows of it. (Of a program with gaps between its segments the table has
 * each segment by itself.) */
bool rs_loader_module(uintptr_t address, struct dl_phdr_info *module)
{
    struct dl_find_object at;
    if (_dl_find_object((void *)address, &at) != 0)
        return false;
    if (!*at.dlfo_link_map->l_name && __atomic_load_n(&program.dlpi_phdr, __ATOMIC_ACQUIRE)) {
        *module = program;
        return true;
    }
    const ElfW(Ehdr) *header = at.dlfo_map_start;
    if (!rs_equal(header->e_ident, ELFMAG, SELFMAG))
        return false;
    rs_zero(module, sizeof *module);
    module->dlpi_addr = at.dlfo_link_map->l_addr;
    module->dlpi_name = at.dlfo_link_map->l_name;
    module->dlpi_phdr = (const ElfW(Phdr) *)((uintptr_t)header + header->e_phoff);
    module->dlpi_phnum = header->e_phnum;
    return true;
}

bool rs_loader_find(uintptr_t pc, struct rs_found_module *found)
{
    struct dl_phdr_info module;
    struct rs_object object;
    if (!rs_loader_module(pc, &module) || !*module.dlpi_name)
        return false;
    rs_object_read(&module, &object);
    if (pc < object.start || pc >= object.end)
        return false;
    describe(&object, found);
    return true;
}

int rs_loader_is_code(uintptr_t address)
{
    struct dl_phdr_info module;
    if (!rs_loader_module(address, &module))
        return -1;
    const ElfW(Phdr) *segment = module.dlpi_phdr;
    for (unsigned i = 0; i < module.dlpi_phnum; i++)
        if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_X) &&
            address - (module.dlpi_addr + segment[i].p_vaddr) < segment[i].p_memsz)
            return 1;
    return 0;
}
