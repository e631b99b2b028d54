#include "shim/linux/search.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/text.h"
#include "shim/linux/loader.h"
#include "shim/linux/start.h"
#include "shim/linux/syscall.h"

#include <fcntl.h>
#include <unistd.h>

struct caller {
    uintptr_t address;
    const char *list; /* its RUNPATH, or RPATH if it has none */
    char origin[RS_SEARCH_PATH];
};

static bool find_caller(const struct rs_object *object, void *closure)
{
    struct caller *caller = closure;
    if (caller->address < object->start || caller->address >= object->end)
        return false;
    caller->list = object->runpath ? object->runpath : object->rpath;
    const char *file = object->path && *object->path ? object->path : rs_program();
    size_t length = rs_length(file) < RS_SEARCH_PATH ? rs_length(file) : 0;
    rs_copy(caller->origin, file, length);
    while (length && caller->origin[length - 1] != '/')
        length--;
    caller->origin[length ? length - 1 : 0] = 0;
    return true;
}

static size_t append(char *path, size_t at, const char *text, size_t length)
{
    if (at + length + 1 > RS_SEARCH_PATH)
        return RS_SEARCH_PATH; /* too long: no such file */
    rs_copy(path + at, text, length);
    path[at + length] = 0;
    return at + length;
}

static bool begins(const char *text, const char *with)
{
    while (*with && *text == *with)
        text++, with++;
    return !*with;
}

/* One directory of the list with $ORIGIN spelled out, and the file in it. */
static bool try_directory(const struct caller *caller, const char *directory, size_t length,
                          const char *file, char *path)
{
    size_t at = 0;
    for (size_t i = 0; i < length && at < RS_SEARCH_PATH;) {
        size_t word = begins(directory + i, "$ORIGIN")     ? 7
                      : begins(directory + i, "${ORIGIN}") ? 9
                                                           : 0;
        if (word)
            at = append(path, at, caller->origin, rs_length(caller->origin));
        else
            at = append(path, at, directory + i, 1);
        i += word ? word : 1;
    }
    if (at < RS_SEARCH_PATH)
        at = append(path, at, "/", 1);
    if (at < RS_SEARCH_PATH)
        at = append(path, at, file, rs_length(file));
    return at < RS_SEARCH_PATH && !rs_failed(RS_SYSCALL2(SYS_access, path, R_OK));
}

static bool has_slash(const char *file)
{
    for (; *file; file++)
        if (*file == '/')
            return true;
    return false;
}

static bool try_list(const struct caller *caller, const char *list, const char *file, char *path)
{
    while (*list) {
        size_t length = 0;
        while (list[length] && list[length] != ':')
            length++;
        if (length && try_directory(caller, list, length, file, path))
            return true;
        list += length + (list[length] == ':');
    }
    return false;
}

/* $ORIGIN in the name itself means the caller's directory too. */
static const char *expand_name(struct caller *caller, const char *file, char *path)
{
    if (!begins(file, "$ORIGIN/") && !begins(file, "${ORIGIN}/"))
        return file;
    if (!rs_objects_visit(find_caller, caller))
        return file;
    const char *rest = file + (file[1] == '{' ? 10 : 8);
    return try_directory(caller, "$ORIGIN", 7, rest, path) ? path : file;
}

/* ---- bare names that are loaded already mean that object, wherever it came from ---- */

static bool same(const char *a, const char *b)
{
    size_t length = rs_length(a);
    return length == rs_length(b) && rs_equal(a, b, length);
}

/* The loader sees this by itself, and only this: the name it was asked for may have been a path. */
static bool has_soname(const struct rs_object *object, void *name)
{
    return object->soname && same(object->soname, name);
}

static bool has_path(const struct rs_object *object, void *path)
{
    return object->path && same(object->path, path);
}

/* Names that were found for their callers: the loader knows those objects by path alone. */
struct found {
    struct found *next;
    char *path;
    char name[];
};
static struct found *founds; /* only ever grows, at its head */

static const char *loaded_before(const char *name)
{
    for (struct found *found = __atomic_load_n(&founds, __ATOMIC_ACQUIRE); found;
         found = found->next)
        if (same(found->name, name) && rs_objects_visit(has_path, found->path))
            return found->path;
    return NULL;
}

static void remember(const char *name, const char *path)
{
    for (struct found *found = __atomic_load_n(&founds, __ATOMIC_ACQUIRE); found;
         found = found->next)
        if (same(found->name, name) && same(found->path, path))
            return;
    size_t name_size = rs_length(name) + 1, path_size = rs_length(path) + 1;
    struct found *found = rs_arena_take(sizeof *found + name_size + path_size);
    if (!found)
        return;
    rs_copy(found->name, name, name_size);
    found->path = found->name + name_size;
    rs_copy(found->path, path, path_size);
    found->next = __atomic_load_n(&founds, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&founds, &found->next, found, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
}

/* ---- the question ---- */

/* The name of an object that is there, or NULL. */
static const char *known(const char *file)
{
    const char *loaded = loaded_before(file);
    return loaded ? loaded : rs_objects_visit(has_soname, (void *)(uintptr_t)file) ? file : NULL;
}

static const char *search(struct caller *caller, const char *file, bool here, char *path)
{
    const char *name = here ? known(file) : NULL;
    if (name)
        return name;
    if (!rs_objects_visit(find_caller, caller) || !caller->list)
        return file;
    /* LD_LIBRARY_PATH goes before a RUNPATH: what is there, the loader finds by itself. */
    const char *before = rs_environment("LD_LIBRARY_PATH");
    if ((before && try_list(caller, before, file, path)) ||
        !try_list(caller, caller->list, file, path))
        return file;
    if (here)
        remember(file, path);
    return path;
}

const char *rs_search_for_caller(const char *file, uintptr_t address, bool here, char *path)
{
    if (!file || !*file)
        return file;
    struct caller caller;
    rs_zero(&caller, sizeof caller);
    caller.address = address;
    return has_slash(file) ? expand_name(&caller, file, path) : search(&caller, file, here, path);
}
