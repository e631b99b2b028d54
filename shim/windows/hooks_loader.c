/* Module references, and the ways to ask for a function's address. */
#include "shim/core/intern.h"
#include "shim/core/watched.h"
#include "shim/core/wrapped.h"
#include "shim/windows/imports.h"
#include "shim/windows/wrap.h"

#define MODULE_REFERENCE(text_, constructs_)                                                       \
    {                                                                                              \
        .name = {.text = text_}, .class = RESIDUE_CLASS_MODULE_REFERENCE,                          \
        .constructs = constructs_                                                                  \
    }

static void acquired(const struct rs_regs *regs, const void *module)
{
    if (module)
        rs_wrapped_acquired(regs, RS_KIND_MODULE_REFERENCE, (uintptr_t)module, 0);
    rs_wrapped_end(regs);
}

/* ---- loading: kernel32's functions are layers above LdrLoadDll, which runs what it loads ---- */

RS_WRAP(HMODULE, WINAPI, LoadLibraryA, LPCSTR name)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LoadLibraryA", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    HMODULE module = real_LoadLibraryA(name);
    acquired(&regs, module);
    return module;
}

RS_WRAP(HMODULE, WINAPI, LoadLibraryW, LPCWSTR name)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LoadLibraryW", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    HMODULE module = real_LoadLibraryW(name);
    acquired(&regs, module);
    return module;
}

RS_WRAP(HMODULE, WINAPI, LoadLibraryExA, LPCSTR name, HANDLE file, DWORD flags)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LoadLibraryExA", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    HMODULE module = real_LoadLibraryExA(name, file, flags);
    acquired(&regs, module);
    return module;
}

RS_WRAP(HMODULE, WINAPI, LoadLibraryExW, LPCWSTR name, HANDLE file, DWORD flags)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LoadLibraryExW", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    HMODULE module = real_LoadLibraryExW(name, file, flags);
    acquired(&regs, module);
    return module;
}

RS_WRAP(NTSTATUS, WINAPI, LdrLoadDll, LPCWSTR path, DWORD *flags, const UNICODE_STRING *name,
        HMODULE *module)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LdrLoadDll", true);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    NTSTATUS status = real_LdrLoadDll(path, flags, name, module);
    acquired(&regs, NT_SUCCESS(status) ? *module : NULL);
    return status;
}

/* ---- one more reference to what is there ---- */

RS_WRAP(BOOL, WINAPI, GetModuleHandleExA, DWORD flags, LPCSTR name, HMODULE *module)
{
    static struct rs_wrapped what = MODULE_REFERENCE("GetModuleHandleExA", false);
    struct rs_regs regs = RS_CALLER_REGS();
    bool counts = !(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT);
    if (!counts)
        return real_GetModuleHandleExA(flags, name, module);
    rs_wrapped_begin(&what, &regs);
    BOOL done = real_GetModuleHandleExA(flags, name, module);
    acquired(&regs, done && !(flags & GET_MODULE_HANDLE_EX_FLAG_PIN) ? *module : NULL);
    return done;
}

RS_WRAP(BOOL, WINAPI, GetModuleHandleExW, DWORD flags, LPCWSTR name, HMODULE *module)
{
    static struct rs_wrapped what = MODULE_REFERENCE("GetModuleHandleExW", false);
    struct rs_regs regs = RS_CALLER_REGS();
    bool counts = !(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT);
    if (!counts)
        return real_GetModuleHandleExW(flags, name, module);
    rs_wrapped_begin(&what, &regs);
    BOOL done = real_GetModuleHandleExW(flags, name, module);
    acquired(&regs, done && !(flags & GET_MODULE_HANDLE_EX_FLAG_PIN) ? *module : NULL);
    return done;
}

RS_WRAP(NTSTATUS, WINAPI, LdrAddRefDll, ULONG flags, HMODULE module)
{
    enum { PIN = 1 };
    static struct rs_wrapped what = MODULE_REFERENCE("LdrAddRefDll", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    NTSTATUS status = real_LdrAddRefDll(flags, module);
    acquired(&regs, NT_SUCCESS(status) && !(flags & PIN) ? module : NULL);
    return status;
}

/* ---- unloading ---- */

RS_WRAP(BOOL, WINAPI, FreeLibrary, HMODULE module)
{
    static struct rs_wrapped what = MODULE_REFERENCE("FreeLibrary", false);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    rs_wrapped_released(&regs, RS_KIND_MODULE_REFERENCE, (uintptr_t)module);
    BOOL done = real_FreeLibrary(module);
    rs_wrapped_end(&regs);
    return done;
}

RS_WRAP(NTSTATUS, WINAPI, LdrUnloadDll, HMODULE module)
{
    static struct rs_wrapped what = MODULE_REFERENCE("LdrUnloadDll", true);
    struct rs_regs regs = RS_CALLER_REGS();
    rs_wrapped_begin(&what, &regs);
    rs_wrapped_released(&regs, RS_KIND_MODULE_REFERENCE, (uintptr_t)module);
    NTSTATUS status = real_LdrUnloadDll(module);
    rs_wrapped_end(&regs);
    return status;
}

/* ---- addresses ---- */

/* By its ordinal a function has no name here. */
static const char *name_of(LPCSTR asked)
{
    return (uintptr_t)asked >> 16 ? asked : NULL;
}

static void *lead(const void *target, const char *name)
{
    return rs_recording() ? (void *)rs_imports_lead((uintptr_t)target, name)
                          : (void *)(uintptr_t)target;
}

RS_WRAP(void *, WINAPI, GetProcAddress, HMODULE module, LPCSTR name)
{
    return lead(real_GetProcAddress(module, name), name_of(name));
}

RS_WRAP(void *, WINAPI, GetProcAddressForCaller, HMODULE module, LPCSTR name, LPCVOID caller)
{
    return lead(real_GetProcAddressForCaller(module, name, caller), name_of(name));
}

RS_WRAP(NTSTATUS, WINAPI, LdrGetProcedureAddress, HMODULE module, const ANSI_STRING *name,
        ULONG ordinal, void **address)
{
    NTSTATUS status = real_LdrGetProcedureAddress(module, name, ordinal, address);
    if (NT_SUCCESS(status))
        *address = lead(*address, name && name->Length ? name->Buffer : NULL);
    return status;
}

/* A delay-loaded import that the system binds, in the module's slot too. */
RS_WRAP(void *, WINAPI, LdrResolveDelayLoadedAPI, uintptr_t base, const void *descriptor,
        void *on_failure, void *on_system_failure, uintptr_t *slot, ULONG flags)
{
    void *target =
        real_LdrResolveDelayLoadedAPI(base, descriptor, on_failure, on_system_failure, slot, flags);
    struct rs_image image;
    if (!target || !rs_recording() || !rs_image_read(base, &image))
        return target;
    void *leads = lead(target, rs_image_delayed_name(&image, slot));
    if (leads != target && *slot == (uintptr_t)target)
        rs_os_write_slot(slot, (uintptr_t)leads);
    return leads;
}

const struct rs_hook rs_hooks_loader[] = {
    RS_HOOK(LoadLibraryA),
    RS_HOOK(LoadLibraryW),
    RS_HOOK(LoadLibraryExA),
    RS_HOOK(LoadLibraryExW),
    RS_HOOK(LdrLoadDll),
    RS_HOOK(GetModuleHandleExA),
    RS_HOOK(GetModuleHandleExW),
    RS_HOOK(LdrAddRefDll),
    RS_HOOK(FreeLibrary),
    RS_HOOK(LdrUnloadDll),
    RS_HOOK(GetProcAddress),
    RS_HOOK(GetProcAddressForCaller),
    RS_HOOK(LdrGetProcedureAddress),
    RS_HOOK(LdrResolveDelayLoadedAPI),
    RS_HOOKS_END,
};
