#include "tests/windows/unwind_loaded.h"
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/os.h"

enum { MODULES_MAX = 256 };

static struct rs_module listed[MODULES_MAX];
static char name[MODULES_MAX][64];
static struct rs_modules modules = {.list = listed};

static void add(HMODULE handle)
{
    const uint8_t *base = (const uint8_t *)handle;
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)base;
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *table =
        &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    uint32_t at = modules.count++;
    while (at && listed[at - 1].start > (uintptr_t)base) {
        listed[at] = listed[at - 1];
        memcpy(name[at], name[at - 1], sizeof *name);
        at--;
    }
    listed[at] = (struct rs_module){
        .start = (uintptr_t)base,
        .end = (uintptr_t)base + headers->OptionalHeader.SizeOfImage,
        .base = (uintptr_t)base,
        .pdata = base + table->VirtualAddress,
        .pdata_size = table->Size,
    };
    GetModuleBaseNameA(GetCurrentProcess(), handle, name[at], sizeof *name);
}

const struct rs_modules *unwind_modules(void)
{
    HMODULE loaded[MODULES_MAX];
    DWORD size = 0;
    EnumProcessModules(GetCurrentProcess(), loaded, sizeof loaded, &size);
    modules.count = 0;
    for (DWORD i = 0; i < size / sizeof *loaded && i < MODULES_MAX; i++)
        add(loaded[i]);
    modules.generation++;
    return &modules;
}

const char *unwind_module_name(uintptr_t address)
{
    const struct rs_module *module = rs_modules_find(&modules, address);
    return module ? name[module - listed] : "?";
}

struct rs_stack_bounds unwind_bounds(void)
{
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    return (struct rs_stack_bounds){low, high};
}

struct rs_rule_cache *unwind_rules(void)
{
    static char memory[RS_RULE_CACHE_BYTES] __attribute__((aligned(64)));
    return (struct rs_rule_cache *)memory;
}

struct row_registers unwind_registers(const CONTEXT *context)
{
    return (struct row_registers){.pc = context->Rip,
                                  .value = {[RS_BX] = context->Rbx,
                                            [RS_BP] = context->Rbp,
                                            [RS_SP] = context->Rsp,
                                            [RS_SI] = context->Rsi,
                                            [RS_DI] = context->Rdi,
                                            [RS_R12] = context->R12,
                                            [RS_R13] = context->R13,
                                            [RS_R14] = context->R14,
                                            [RS_R15] = context->R15}};
}

struct rs_regs unwind_regs(const CONTEXT *context, struct rs_kept *kept)
{
    *kept = (struct rs_kept){.bx = context->Rbx,
                             .si = context->Rsi,
                             .di = context->Rdi,
                             .r12 = context->R12,
                             .r13 = context->R13,
                             .r14 = context->R14,
                             .r15 = context->R15};
    return (struct rs_regs){
        .pc = context->Rip, .sp = context->Rsp, .bp = context->Rbp, .kept = kept};
}

bool unwind_by_system(CONTEXT *context)
{
    DWORD64 base, frame;
    void *data;
    RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    if (function) {
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data, &frame,
                         NULL);
    } else {
        context->Rip = *(const DWORD64 *)context->Rsp;
        context->Rsp += sizeof context->Rsp;
    }
    return context->Rip != 0;
}

/* The one thing of the system that unwinding asks for. */
bool rs_os_read(const void *from, void *to, size_t size)
{
    SIZE_T got;
    return ReadProcessMemory(GetCurrentProcess(), from, to, size, &got) && got == size;
}
