#include "shim/windows/imports.h"
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/text.h"
#include "shim/core/watched.h"
#include "shim/windows/hooks.h"
#include "shim/windows/modules.h"

enum { NAME_ROOM = 512 };

/* The name without what a stdcall function may be decorated with: HrGetOneProp@12, _f@4. */
static const char *undecorated(const char *name, char *room)
{
    size_t length = rs_length(name), end = length;
    while (end && name[end - 1] >= '0' && name[end - 1] <= '9')
        end--;
    if (end == length || end < 2 || name[end - 1] != '@' || end > NAME_ROOM)
        return name;
    size_t first = *name == '_';
    rs_copy(room, name + first, end - 1 - first);
    room[end - 1 - first] = 0;
    return room;
}

static const struct residue_plan_function *planned(const char **name, char *room)
{
    const struct residue_plan_function *function = rs_plan_find(*name);
    if (function)
        return function;
    *name = undecorated(*name, room);
    return *name == room ? rs_plan_find(room) : NULL;
}

/* The name that the module of the function itself has for it. */
static const char *own_name(uintptr_t target)
{
    MEMORY_BASIC_INFORMATION about;
    struct rs_image image;
    if (!NT_SUCCESS(NtQueryVirtualMemory(RS_THIS_PROCESS, (const void *)target, 0, &about,
                                         sizeof about, NULL)) ||
        about.Type != MEM_IMAGE || !rs_image_read((uintptr_t)about.AllocationBase, &image))
        return NULL;
    return rs_image_export_name(&image, target);
}

uintptr_t rs_imports_lead(uintptr_t target, const char *name)
{
    if (!target || rs_is_shim(target))
        return target;
    uintptr_t wrapper = rs_hook_of(target);
    if (wrapper)
        return wrapper;
    char room[NAME_ROOM];
    if (!name && !(name = own_name(target)))
        return target;
    const struct residue_plan_function *function = planned(&name, room);
    if (!function || !rs_os_is_code(target)) /* data: who imports it does not say what it is */
        return target;
    uintptr_t thunk = rs_watch(target, function, RESIDUE_NO_INTERFACE, name);
    return thunk ? thunk : target;
}

static void visit(void *closure, uintptr_t *slot, const char *name)
{
    const struct rs_image *image = closure;
    uintptr_t target = *slot;
    if (target - image->base < image->size)
        return; /* not bound yet: the module's own stub asks for it by GetProcAddress */
    uintptr_t leads = rs_imports_lead(target, name);
    if (leads != target)
        rs_os_write_slot(slot, leads);
}

void rs_imports_patch(const struct rs_image *image)
{
    if (!rs_is_shim(image->base))
        rs_image_imports(image, visit, (void *)(uintptr_t)image);
}
