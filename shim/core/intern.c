#include "shim/core/text.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/table.h"
#include "shim/core/writer.h"

/* One table for all: the key is the record's own bytes behind its identity, led by the record's
 * kind. */
struct interned {
    UT_hash_handle hh;
    uint32_t id;
    void *record;
    size_t key_length;
    unsigned char key[];
};

/* Identity -> record, in pieces, so that readers need no lock while it grows. */
enum { INDEX_PIECE = 4096, INDEX_PIECES = 1024, NAME_LENGTH = 508 };
struct index {
    void **piece[INDEX_PIECES];
    uint32_t count;
};

static struct interned *table;
static struct index names, paths, stacks, kinds, sites, modules;

void rs_intern_reset(void)
{
    table = NULL;
    struct index *all[] = {&names, &paths, &stacks, &kinds, &sites, &modules};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rs_zero(all[i], sizeof *all[i]);
}

void rs_intern_clear(void)
{
    struct index *all[] = {&names, &paths, &stacks, &kinds, &sites, &modules};
    rs_lock(&rs.lock);
    struct interned *entry = table;
    while (entry) {
        struct interned *next = entry->hh.next;
        HASH_DELETE(hh, table, entry);
        rs_arena_give(entry, sizeof *entry + entry->key_length);
        entry = next;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (uint32_t piece = 0; piece < INDEX_PIECES && all[i]->piece[piece]; piece++)
            rs_arena_give(all[i]->piece[piece], INDEX_PIECE * sizeof(void *));
    rs_intern_reset();
    rs_unlock(&rs.lock);
}

static void *index_get(const struct index *index, uint32_t id)
{
    return index->piece[id / INDEX_PIECE][id % INDEX_PIECE];
}

static bool index_add(struct index *index, void *record)
{
    uint32_t id = index->count + 1;
    if (id / INDEX_PIECE >= INDEX_PIECES)
        return false;
    void ***piece = &index->piece[id / INDEX_PIECE];
    if (!*piece)
        *piece = rs_arena_take(INDEX_PIECE * sizeof(void *));
    if (!*piece)
        return false;
    (*piece)[id % INDEX_PIECE] = record;
    __atomic_store_n(&index->count, id, __ATOMIC_RELEASE);
    return true;
}

static struct interned *find(const void *key, size_t length)
{
    struct interned *found = NULL;
    HASH_FIND(hh, table, key, length, found);
    return found;
}

/* Enters a record just made under `key`. The caller holds the lock. */
static uint32_t enter(struct index *index, const void *key, size_t length, void *record)
{
    struct interned *entry = rs_arena_take(sizeof *entry + length);
    if (!entry || !index_add(index, record)) {
        rs_give_up(index->count + 1 < INDEX_PIECE * INDEX_PIECES
                       ? "no memory left for its tables"
                       : "more than 4,194,303 different stacks, sites or call paths");
        return 0;
    }
    entry->id = index->count;
    entry->record = record;
    entry->key_length = length;
    rs_copy(entry->key, key, length);
    HASH_ADD_KEYPTR(hh, table, entry->key, length, entry);
    return entry->id;
}

struct pair_key {
    uint32_t kind, a, b, c;
};

/* Keys too large for the small stacks that clients run on (coroutines, signal handlers); under the
 * lock. */
static struct large_key {
    uint32_t kind, flags;
    union {
        struct residue_frame frame[RS_STACK_MAX];
        unsigned char text[4096 + 64];
    };
} large_key;
enum { LARGE_KEY_HEAD = offsetof(struct large_key, text) };

uint32_t rs_intern_name(const char *text, uint32_t role)
{
    size_t length = 0;
    while (text[length] && length < NAME_LENGTH)
        length++;
    rs_lock(&rs.lock);
    large_key.kind = RESIDUE_RECORD_NAME;
    large_key.flags = 0;
    rs_copy(large_key.text, text, length);
    struct interned *found = find(&large_key, LARGE_KEY_HEAD + length);
    uint32_t id = found ? found->id : 0;
    if (!id) {
        struct residue_name *name = rs_record_new(RESIDUE_RECORD_NAME, sizeof *name + length);
        if (name && (id = enter(&names, &large_key, LARGE_KEY_HEAD + length, name))) {
            name->id = id;
            name->role = role;
            name->length = (uint32_t)length;
            rs_record_text(name->text, text, length);
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return id;
}

uint32_t rs_intern_path(uint32_t parent, uint32_t name)
{
    struct pair_key key = {RESIDUE_RECORD_PATH, parent, name, 0};
    rs_lock(&rs.lock);
    struct interned *found = find(&key, sizeof key);
    uint32_t id = found ? found->id : 0;
    if (!id) {
        struct residue_path *path = rs_record_new(RESIDUE_RECORD_PATH, sizeof *path);
        if (path && (id = enter(&paths, &key, sizeof key, path))) {
            path->id = id;
            path->parent = parent;
            path->name = name;
            path->depth = parent ? rs_path(parent)->depth + 1 : 1;
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return id;
}

struct residue_path *rs_path(uint32_t id)
{
    return index_get(&paths, id);
}

uint32_t rs_path_count(void)
{
    return __atomic_load_n(&paths.count, __ATOMIC_ACQUIRE);
}

uint32_t rs_intern_stack(const struct residue_frame *frames, uint32_t depth, uint32_t flags)
{
    if (depth > RS_STACK_MAX)
        depth = RS_STACK_MAX;
    size_t length = LARGE_KEY_HEAD + depth * sizeof *frames;
    rs_lock(&rs.lock);
    large_key.kind = RESIDUE_RECORD_STACK;
    large_key.flags = flags;
    rs_copy(large_key.frame, frames, depth * sizeof *frames);
    struct interned *found = find(&large_key, length);
    uint32_t id = found ? found->id : 0;
    if (!id) {
        struct residue_stack *stack =
            rs_record_new(RESIDUE_RECORD_STACK, sizeof *stack + depth * sizeof *frames);
        if (stack && (id = enter(&stacks, &large_key, length, stack))) {
            stack->id = id;
            stack->depth = depth;
            stack->flags = flags;
            rs_copy(stack->frame, frames, depth * sizeof *frames);
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return id;
}

const struct residue_stack *rs_stack_record(uint32_t id)
{
    return index_get(&stacks, id);
}

#ifdef _WIN32
#define RS_MODULE_RELEASE "FreeLibrary"
#else
#define RS_MODULE_RELEASE "dlclose"
#endif

struct kind_texts {
    const char *name, *release;
    uint32_t class;
};

/* Kinds of the core's own. */
static const struct kind_texts core_kinds[] = {
    {"heap block", "free", RESIDUE_CLASS_BLOCK},
    {"anonymous mapping", "munmap", RESIDUE_CLASS_MAPPING},
    {"module reference", RS_MODULE_RELEASE, RESIDUE_CLASS_MODULE_REFERENCE},
    {"critical section", "DeleteCriticalSection", RESIDUE_CLASS_CRITICAL_SECTION},
    {"private heap", "HeapDestroy", RESIDUE_CLASS_PRIVATE_HEAP},
    {"interface reference", "Release", RESIDUE_CLASS_INTERFACE_REFERENCE},
    {"advise connection", "Unadvise", RESIDUE_CLASS_OTHER}};

static struct kind_texts kind_of(uint32_t index)
{
    if (index >= RS_KIND_BLOCK)
        return core_kinds[index - RS_KIND_BLOCK];
    const struct residue_plan_kind *kind =
        (const struct residue_plan_kind *)rs_plan_at(rs.plan->kinds) + index;
    return (struct kind_texts){rs_plan_text(kind->name), rs_plan_text(kind->release), kind->class};
}

uint32_t rs_intern_kind(uint32_t index)
{
    struct pair_key key = {RESIDUE_RECORD_RESOURCE_KIND, index, 0, 0};
    rs_lock(&rs.lock);
    struct interned *found = find(&key, sizeof key);
    uint32_t id = found ? found->id : 0;
    if (!id) {
        struct kind_texts is = kind_of(index);
        size_t length = rs_length(is.name), release = rs_length(is.release);
        struct residue_resource_kind *kind =
            rs_record_new(RESIDUE_RECORD_RESOURCE_KIND, sizeof *kind + length + release);
        if (kind && (id = enter(&kinds, &key, sizeof key, kind))) {
            kind->id = id;
            kind->class = is.class;
            kind->length = (uint32_t)length;
            kind->release_length = (uint32_t)release;
            rs_record_text(kind->text, is.name, length);
            rs_record_text(kind->text + length, is.release, release);
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return id;
}

uint32_t rs_intern_site(uint32_t path, uint32_t stack, uint32_t kind)
{
    struct pair_key key = {RESIDUE_RECORD_SITE, path, stack, kind};
    rs_lock(&rs.lock);
    struct interned *found = find(&key, sizeof key);
    uint32_t id = found ? found->id : 0;
    if (!id && sites.count + 1 < RESIDUE_SITE_LIMIT) {
        struct residue_site *site = rs_record_new(RESIDUE_RECORD_SITE, sizeof *site);
        if (site && (id = enter(&sites, &key, sizeof key, site))) {
            site->id = id;
            site->path = path;
            site->stack = stack;
            site->kind = kind;
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return id;
}

const struct residue_site *rs_site(uint32_t id)
{
    return index_get(&sites, id);
}

uint32_t rs_site_count(void)
{
    return __atomic_load_n(&sites.count, __ATOMIC_ACQUIRE);
}

struct residue_module *rs_intern_module(const char *path, const void *build_id,
                                        size_t build_id_length)
{
    size_t length = rs_length(path);
    if (length > 4096)
        length = 4096;
    if (build_id_length > 64)
        build_id_length = 64;
    size_t total = length + build_id_length;
    rs_lock(&rs.lock);
    large_key.kind = RESIDUE_RECORD_MODULE;
    large_key.flags = (uint32_t)length; /* tells the path from the build-id behind it */
    rs_copy(large_key.text, path, length);
    rs_copy(large_key.text + length, build_id, build_id_length);
    struct interned *found = find(&large_key, LARGE_KEY_HEAD + total);
    struct residue_module *module = found ? found->record : NULL;
    if (!module) {
        module = rs_record_new(RESIDUE_RECORD_MODULE, sizeof *module + total);
        if (module && (module->id = enter(&modules, &large_key, LARGE_KEY_HEAD + total, module))) {
            module->path_length = (uint32_t)length;
            module->build_id_length = (uint32_t)build_id_length;
            rs_record_text(module->text, large_key.text, total);
            rs_record_done();
        }
    }
    rs_unlock(&rs.lock);
    return module;
}
