/* dlopen, dlmopen, dlclose, and the question behind dlsym and dlvsym (thunks.S). */
#include "shim/core/os.h"
#include "shim/core/bytes.h"
#include "shim/core/capture.h"
#include "shim/core/intern.h"
#include "shim/core/state.h"
#include "shim/core/watched.h"
#include "shim/core/wrapped.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"
#include "shim/linux/search.h"
#include "shim/linux/start.h"

#include <dlfcn.h>

#define EXPORT __attribute__((visibility("default")))

void *(*rs_real_dlsym)(void *, const char *);
void *(*rs_real_dlvsym)(void *, const char *, const char *);

static struct {
    void *(*dlopen)(const char *, int);
    void *(*dlmopen)(Lmid_t, const char *, int);
    int (*dlclose)(void *);
} real;

static bool ready(void)
{
    if (real.dlopen)
        return true;
    rs_real_dlsym = (void *(*)(void *, const char *))rs_loader_next("dlsym");
    rs_real_dlvsym = (void *(*)(void *, const char *, const char *))rs_loader_next("dlvsym");
    real.dlclose = (int (*)(void *))rs_loader_next("dlclose");
    real.dlmopen = (void *(*)(Lmid_t, const char *, int))rs_loader_next("dlmopen");
    real.dlopen = (void *(*)(const char *, int))rs_loader_next("dlopen");
    return real.dlopen != NULL;
}

/* ---- dlsym ---- */

struct next {
    const char *name, *version;
    uintptr_t caller;
    bool passed;
    void *found;
};

static bool look_behind_caller(const struct rs_object *object, void *closure)
{
    struct next *next = closure;
    if (next->passed && object->symbols)
        next->found = rs_object_define(object, next->name, next->version);
    if (next->caller >= object->start && next->caller < object->end)
        next->passed = true;
    return next->found != NULL;
}

static uintptr_t look_up(void *handle, const char *name, const char *version, uintptr_t caller)
{
    if (handle == RTLD_NEXT) {
        struct next next = {.name = name, .version = version, .caller = caller};
        rs_objects_visit(look_behind_caller, &next);
        return (uintptr_t)next.found;
    }
    return (uintptr_t)(version ? rs_real_dlvsym(handle, name, version)
                               : rs_real_dlsym(handle, name));
}

/* What dlsym would answer, if the name is watched; NULL: let the real one answer, whatever it is.
 */
void *rs_symbol_watched(void *handle, const char *name, const char *version, uintptr_t caller);
void *rs_symbol_watched(void *handle, const char *name, const char *version, uintptr_t caller)
{
    if (!ready() || !name || !rs_recording())
        return NULL;
    uintptr_t ours = rs_loader_is_late() ? rs_preload_address(name) : 0;
    const struct residue_plan_function *function = ours ? NULL : rs_plan_find(name);
    if (!ours && !function)
        return NULL;
    uintptr_t target = look_up(handle, name, version, caller);
    if (ours)
        return target == (uintptr_t)rs_loader_next(name) ? (void *)ours : NULL;
    if (!target || rs_loader_is_shim(target) || rs_imports_canonical_plt(target) ||
        !rs_os_is_code(target))
        return NULL;
    return (void *)rs_watch(target, function, RESIDUE_NO_INTERFACE, name);
}

/* ---- dlopen and dlclose ---- */

#define MODULE_REFERENCE(text_)                                                                    \
    {                                                                                              \
        .name = {.text = text_}, .class = RESIDUE_CLASS_MODULE_REFERENCE, .constructs = true       \
    }

/* Ends what rs_wrapped_begin began. Without a `file` it is a reference on the program, which
 * nothing counts. */
static void *opened(void *handle, const char *file, int mode, const struct rs_regs *regs)
{
    if (rs_recording() && handle)
        rs_loader_refresh(mode & RTLD_DEEPBIND);
    if (file && handle)
        rs_wrapped_acquired(regs, RS_KIND_MODULE_REFERENCE, (uintptr_t)handle, 0);
    rs_wrapped_end(regs);
    return handle;
}

EXPORT void *dlopen(const char *file, int mode)
{
    static struct rs_wrapped what = MODULE_REFERENCE("dlopen");
    struct rs_regs regs = RS_CALLER_REGS();
    if (!ready())
        return NULL;
    char path[RS_SEARCH_PATH];
    const char *found = rs_search_for_caller(file, regs.pc, true, path);
    rs_wrapped_begin(&what, &regs);
    return opened(real.dlopen(found, mode), file, mode, &regs);
}

EXPORT void *dlmopen(Lmid_t space, const char *file, int mode)
{
    static struct rs_wrapped what = MODULE_REFERENCE("dlmopen");
    struct rs_regs regs = RS_CALLER_REGS();
    if (!ready())
        return NULL;
    char path[RS_SEARCH_PATH];
    const char *found = rs_search_for_caller(file, regs.pc, space == LM_ID_BASE, path);
    rs_wrapped_begin(&what, &regs);
    return opened(real.dlmopen(space, found, mode), file, mode, &regs);
}

EXPORT int dlclose(void *handle)
{
    static struct rs_wrapped what = MODULE_REFERENCE("dlclose");
    struct rs_regs regs = RS_CALLER_REGS();
    if (!ready())
        return -1;
    rs_wrapped_begin(&what, &regs);
    rs_wrapped_released(&regs, RS_KIND_MODULE_REFERENCE, (uintptr_t)handle);
    int error = real.dlclose(handle);
    if (rs_recording())
        rs_loader_refresh(false);
    rs_wrapped_end(&regs);
    return error;
}
