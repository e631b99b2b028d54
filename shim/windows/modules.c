#include "shim/windows/modules.h"
#include "shim/core/arena.h"
#include "shim/core/bytes.h"
#include "shim/core/lock.h"
#include "shim/core/modules.h"
#include "shim/core/text.h"
#include "shim/core/watched.h"
#include "shim/windows/frames.h"
#include "shim/windows/hooks.h"
#include "shim/windows/imports.h"
#include "shim/windows/nt.h"
#include "shim/windows/pe.h"
#include "shim/windows/text.h"

enum { MODULES_MAX = 2048 };

/* ---- what the loader says ---- */

struct loaded { /* LDR_DLL_NOTIFICATION_DATA, the same for both events */
    ULONG flags;
    const UNICODE_STRING *path, *name;
    PVOID base;
    ULONG size;
};
enum { LOADED = 1, UNLOADED = 2 };
typedef void CALLBACK told(ULONG reason, const struct loaded *, void *);
NTSYSAPI NTSTATUS NTAPI LdrRegisterDllNotification(ULONG flags, told *, void *, void **cookie);
NTSYSAPI NTSTATUS NTAPI LdrUnregisterDllNotification(void *cookie);

extern IMAGE_DOS_HEADER __ImageBase;

static struct {
    struct rs_lock lock; /* one change at a time */
    struct rs_found_module found[MODULES_MAX];
    uint32_t count;
    void *cookie;
    size_t shim_size;
} list;

bool rs_is_shim(uintptr_t address)
{
    return address - (uintptr_t)&__ImageBase < list.shim_size;
}

static void gone(const struct rs_module *module)
{
    rs_watched_forget(module->start, module->end);
    rs_hooks_forget(module->start, module->end);
}

/* Behind the path there is room for the header's identity. Of the size that it has: it is given
 * back when the module goes. */
static size_t own_size(size_t length)
{
    return length + 1 + RS_IMAGE_HEADER_IDENTITY;
}

static const char *own_path(const UNICODE_STRING *path)
{
    static char text[3 * 32768]; /* the longest path there is; under the lock */
    size_t length = rs_utf8(path->Buffer, path->Length / sizeof(WCHAR), text);
    char *copy = length ? rs_arena_take(own_size(length)) : NULL;
    if (copy)
        rs_copy(copy, text, length);
    return copy ? copy : "";
}

static void identify(const struct rs_image *image, struct rs_found_module *found)
{
    found->build_id = rs_image_identity(image);
    found->build_id_length = found->build_id ? 20 : 0;
    if (found->build_id || !*found->path)
        return;
    char *own = (char *)(uintptr_t)found->path + rs_length(found->path) + 1;
    rs_image_header_identity(image, own);
    found->build_id = (const void *)own;
    found->build_id_length = RS_IMAGE_HEADER_IDENTITY;
}

static void describe(const struct rs_image *image, const UNICODE_STRING *path,
                     struct rs_found_module *found)
{
    rs_zero(found, sizeof *found);
    found->path = own_path(path);
    found->module.start = found->module.base = image->base;
    found->module.end = image->base + image->size;
    found->module.skip = image->base == (uintptr_t)&__ImageBase;
    size_t size;
    const void *table = rs_image_table(image, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &size);
    found->module.pdata = table ? table : (const void *)image->base; /* none: all of it is leafs */
    found->module.pdata_size = table ? size : 0;
    identify(image, found);
}

static bool enter(uintptr_t base, const UNICODE_STRING *path, struct rs_image *image)
{
    if (list.count == MODULES_MAX || !rs_image_read(base, image))
        return false;
    describe(image, path, &list.found[list.count++]);
    if (base == (uintptr_t)&__ImageBase)
        list.shim_size = image->size;
    return true;
}

static void leave(uintptr_t base)
{
    for (uint32_t i = 0; i < list.count; i++) {
        if (list.found[i].module.start != base)
            continue;
        char *path = (char *)(uintptr_t)list.found[i].path;
        list.found[i] = list.found[--list.count];
        rs_modules_publish(list.found, list.count, gone);
        if (*path)
            rs_arena_give(path, own_size(rs_length(path)));
        return;
    }
}

/* Comes before the module's own code runs, with its imports bound, or after it ran last. */
static void CALLBACK on_change(ULONG reason, const struct loaded *loaded, void *unused)
{
    (void)unused;
    struct rs_image image;
    rs_lock(&list.lock);
    if (reason == UNLOADED) {
        leave((uintptr_t)loaded->base);
    } else if (reason == LOADED && enter((uintptr_t)loaded->base, loaded->path, &image)) {
        rs_modules_publish(list.found, list.count, gone);
        rs_hooks_resolve(&image, loaded->name);
        rs_frames_register(&image);
        rs_imports_patch(&image);
    }
    rs_unlock(&list.lock);
}

/* ---- the beginning ---- */

static const LDR_DATA_TABLE_ENTRY *entry_of(const LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, LDR_DATA_TABLE_ENTRY, InMemoryOrderLinks);
}

static const UNICODE_STRING *name_of(const LDR_DATA_TABLE_ENTRY *entry)
{
    return &entry->FullDllName + 1; /* BaseDllName, which winternl.h keeps to itself */
}

bool rs_modules_follow(void)
{
    const LIST_ENTRY *head = &RtlGetCurrentPeb()->Ldr->InMemoryOrderModuleList;
    struct rs_image image;
    rs_lock(&list.lock);
    for (const LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        enter((uintptr_t)entry_of(link)->DllBase, &entry_of(link)->FullDllName, &image);
    rs_modules_publish(list.found, list.count, gone);
    for (const LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        if (rs_image_read((uintptr_t)entry_of(link)->DllBase, &image)) {
            rs_hooks_resolve(&image, name_of(entry_of(link)));
            rs_frames_register(&image);
        }
    for (const LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        if (rs_image_read((uintptr_t)entry_of(link)->DllBase, &image))
            rs_imports_patch(&image);
    rs_unlock(&list.lock);
    return NT_SUCCESS(LdrRegisterDllNotification(0, on_change, NULL, &list.cookie));
}

void rs_modules_unfollow(void)
{
    if (list.cookie)
        LdrUnregisterDllNotification(list.cookie);
}
