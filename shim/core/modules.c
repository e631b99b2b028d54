#include "shim/core/modules.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/core/intern.h"
#include "shim/core/reloads.h"
#include "shim/core/state.h"

enum { BUILD_ID_ROOM = 32 };

/* What is needed to name a module again, in a forked child's trace. */
struct identity {
    struct rs_module module;
    struct residue_module *record;
    char *path; /* absolute */
    size_t path_room;
    unsigned char build_id[BUILD_ID_ROOM];
    uint32_t build_id_length;
};

struct list { /* a published list, or one to be used again */
    struct rs_modules view;
    uint32_t room;
    struct list *next;
    struct rs_module *modules;
};

static struct {
    struct rs_lock lock;
    struct identity **known; /* what is loaded now */
    uint32_t known_count, known_room;
    struct list *lists; /* all that ever were; the first is the current one */
    struct identity *unused[64];
    uint32_t unused_count;
} modules;

uint32_t rs_modules_generation;

static struct list *current(void)
{
    return __atomic_load_n(&modules.lists, __ATOMIC_ACQUIRE);
}

const struct rs_modules *rs_modules_hold(struct rs_thread *self)
{
    const struct rs_modules *view;
    do {
        struct list *list = current();
        view = list ? &list->view : NULL;
        self->reading = view;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    } while (current() && view != &current()->view);
    return view;
}

static bool in_use(const struct list *list)
{
    for (struct rs_thread *thread = rs_threads(); thread; thread = thread->next)
        if (thread->reading == &list->view)
            return true;
    return false;
}

/* A list with room for `count` modules that nobody reads. */
static struct list *blank_list(uint32_t count)
{
    struct list *now = current();
    for (struct list **link = now ? &now->next : &modules.lists; *link; link = &(*link)->next) {
        struct list *list = *link;
        if (list->room >= count && !in_use(list)) {
            *link = list->next;
            return list;
        }
    }
    struct list *list = rs_arena_take(sizeof *list);
    uint32_t room = count + 32;
    struct rs_module *array = rs_arena_take(room * sizeof *array);
    if (!list || !array)
        return NULL;
    list->room = room;
    list->modules = array;
    return list;
}

/* Sorts what is known by address into a list and makes that the current one. */
static void publish(void)
{
    struct list *list = blank_list(modules.known_count);
    if (!list) {
        rs_give_up("no memory left for the list of modules");
        return;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < modules.known_count; i++) {
        struct rs_module module = modules.known[i]->module;
        uint32_t at = count++;
        for (; at && list->modules[at - 1].start > module.start; at--)
            list->modules[at] = list->modules[at - 1];
        list->modules[at] = module;
    }
    uint32_t generation = __atomic_add_fetch(&rs_modules_generation, 1, __ATOMIC_RELAXED);
    list->view = (struct rs_modules){list->modules, count, generation};
    list->next = current();
    __atomic_store_n(&modules.lists, list, __ATOMIC_SEQ_CST);
}

static void enter_in_trace(struct identity *identity)
{
    struct residue_module *record =
        rs_intern_module(identity->path, identity->build_id, identity->build_id_length);
    identity->record = record;
    if (!record)
        return;
    bool again = record->loads && record->unloads == record->loads;
    record->loads++;
    record->came = __atomic_load_n(&rs_modules_generation, __ATOMIC_RELAXED) + 1;
    if (again)
        rs_reload_enter(record);
    record->bias = identity->module.base;
    record->start = identity->module.start;
    record->end = identity->module.end;
    identity->module.id = record->id;
}

/* The client may go to another folder: its relative path would lead nowhere then. */
static bool keep_path(struct identity *identity, const struct rs_found_module *found)
{
    size_t folder = found->folder ? rs_length(found->folder) : 0, length = rs_length(found->path);
    if (identity->path_room < folder + length + 2) {
        identity->path_room = folder + length + 2;
        identity->path = rs_arena_take(identity->path_room);
        if (!identity->path) {
            identity->path_room = 0;
            return false;
        }
    }
    char *at = identity->path;
    if (folder) {
        rs_copy(at, found->folder, folder);
        at += folder;
        *at++ = '/';
    }
    rs_copy(at, found->path, length + 1);
    return true;
}

static bool add(const struct rs_found_module *found)
{
    if (modules.known_count == modules.known_room) {
        uint32_t room = modules.known_room ? 2 * modules.known_room : 128;
        struct identity **known = rs_arena_take(room * sizeof *known);
        if (!known)
            return false;
        rs_copy(known, modules.known, modules.known_count * sizeof *known);
        modules.known = known;
        modules.known_room = room;
    }
    struct identity *identity = modules.unused_count ? modules.unused[--modules.unused_count]
                                                     : rs_arena_take(sizeof *identity);
    if (!identity)
        return false;
    if (!keep_path(identity, found))
        return false;
    identity->module = found->module;
    identity->build_id_length =
        found->build_id_length < BUILD_ID_ROOM ? found->build_id_length : BUILD_ID_ROOM;
    rs_copy(identity->build_id, found->build_id, identity->build_id_length);
    enter_in_trace(identity);
    modules.known[modules.known_count++] = identity;
    return true;
}

static void remove_at(uint32_t index, void (*gone)(const struct rs_module *))
{
    struct identity *identity = modules.known[index];
    modules.known[index] = modules.known[--modules.known_count];
    if (identity->record)
        identity->record->unloads++;
    if (gone)
        gone(&identity->module);
    if (modules.unused_count < sizeof modules.unused / sizeof *modules.unused)
        modules.unused[modules.unused_count++] = identity;
}

static bool same(const struct identity *known, const struct rs_found_module *found)
{
    size_t length = rs_length(known->path), tail = rs_length(found->path);
    return known->module.start == found->module.start && known->module.end == found->module.end &&
           (found->folder ? tail <= length : tail == length) &&
           rs_equal(known->path + length - tail, found->path, tail);
}

void rs_modules_publish(const struct rs_found_module *found, uint32_t count,
                        void (*gone)(const struct rs_module *))
{
    bool changed = false;
    rs_lock(&modules.lock);
    for (uint32_t i = modules.known_count; i-- > 0;) {
        bool there = false;
        for (uint32_t j = 0; j < count && !there; j++)
            there = same(modules.known[i], &found[j]);
        if (!there) {
            remove_at(i, gone);
            changed = true;
        }
    }
    for (uint32_t j = 0; j < count; j++) {
        bool there = false;
        for (uint32_t i = 0; i < modules.known_count && !there; i++)
            there = same(modules.known[i], &found[j]);
        if (!there)
            changed |= add(&found[j]);
    }
    if (changed || !modules.lists)
        publish();
    rs_unlock(&modules.lock);
}

static bool knows(uintptr_t pc)
{
    for (uint32_t i = 0; i < modules.known_count; i++)
        if (modules.known[i]->module.start <= pc && pc < modules.known[i]->module.end)
            return true;
    return false;
}

bool rs_modules_learn(const struct rs_modules *view, uintptr_t pc)
{
    struct rs_found_module found;
    if (rs_modules_find(view, pc) || !rs_os_find_module(pc, &found))
        return false;
    rs_lock(&modules.lock);
    bool known = knows(pc); /* another thread may have been quicker */
    if (!known && add(&found)) {
        known = true;
        publish();
    }
    rs_unlock(&modules.lock);
    return known;
}

void rs_modules_lock(void)
{
    rs_lock(&modules.lock);
}

void rs_modules_unlock(void)
{
    rs_unlock(&modules.lock);
}

void rs_modules_forget(void)
{
    rs_lock(&modules.lock);
    while (modules.known_count) {
        modules.known[modules.known_count - 1]->record = NULL; /* of a trace that is gone */
        remove_at(modules.known_count - 1, NULL);
    }
    rs_unlock(&modules.lock);
}

void rs_modules_reset(void)
{
    for (uint32_t i = 0; i < modules.known_count; i++) {
        modules.known[i]->record = NULL;
        enter_in_trace(modules.known[i]);
    }
    publish();
}
