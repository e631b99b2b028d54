/*
 * Our reader of unwind tables against RtlVirtualUnwind, at random places of the code of all modules
 * that are loaded: the same caller must come out, whatever registers and stack hold. Places are
 * such as calls return to: at those the system looks for an epilogue too, so what looks like one is
 * left out. (Epilogues are tested against the truth, by executing them.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shim/core/pdata.h"
#include "tests/windows/unwind_loaded.h"

enum { STACK_BYTES = 8 << 20, PLACES = 150000 };

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t *stack;

static bool readable(uintptr_t address)
{
    return address % 8 == 0 && address >= (uintptr_t)stack &&
           address < (uintptr_t)stack + STACK_BYTES;
}

static DWORD64 somewhere(void)
{
    return (DWORD64)(uintptr_t)(stack + STACK_BYTES / 16 + random() % (STACK_BYTES / 64) * 2);
}

static CONTEXT random_context(DWORD64 pc)
{
    CONTEXT context;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_FULL;
    context.Rip = pc;
    for (DWORD64 *reg = &context.Rax; reg <= &context.R15; reg++)
        *reg = somewhere();
    return context;
}

static struct {
    unsigned compared, differ, outside, none;
} seen;

static void print(const char *whose, const struct row_registers *registers)
{
    printf("  %s pc %llx", whose, (unsigned long long)registers->pc);
    for (unsigned i = 0; i < RS_RA; i++)
        printf(" %llx", (unsigned long long)registers->value[i]);
    printf("\n");
}

/* Could an instruction of an epilogue stand there? */
static bool may_end(const uint8_t *code)
{
    uint8_t first = (code[0] & 0xf0) == 0x40 ? code[1] : code[0];
    return (first & 0xf8) == 0x58 || memchr("\x81\x83\x8d\xc2\xc3\xe9\xeb\xf3\xff", first, 9);
}

static void compare(const struct rs_module *module, uintptr_t pc)
{
    if (may_end((const uint8_t *)pc))
        return;
    struct rs_row row;
    CONTEXT context = random_context(pc);
    struct row_registers ours = unwind_registers(&context);
    if (!rs_pdata_row(module, pc - 1, false, &row)) {
        seen.none++;
        printf("no row: %s+%llx\n", unwind_module_name(pc),
               (unsigned long long)(pc - module->base));
        return;
    }
    if (!row_apply(&row, &ours, readable)) {
        seen.outside++;
        return;
    }
    unwind_by_system(&context);
    struct row_registers theirs = unwind_registers(&context);
    theirs.value[RS_R10] = ours.value[RS_R10];
    seen.compared++;
    if (!memcmp(&ours, &theirs, sizeof ours))
        return;
    if (seen.differ++ < 40) {
        printf("%s+%llx\n", unwind_module_name(pc), (unsigned long long)(pc - module->base));
        print("ours", &ours);
        print("system's", &theirs);
    }
}

/* At a random place of a random function. */
static void compare_somewhere(const struct rs_modules *modules)
{
    const struct rs_module *module = &modules->list[random() % modules->count];
    size_t functions = module->pdata_size / sizeof(RUNTIME_FUNCTION);
    if (!functions)
        return;
    const RUNTIME_FUNCTION *table = (const RUNTIME_FUNCTION *)(const void *)module->pdata;
    const RUNTIME_FUNCTION *function = &table[random() % functions];
    uint32_t length = function->EndAddress - function->BeginAddress;
    uint32_t part = random() % 2 && length > 40 ? 40 : length; /* every other in the prologue */
    if (part > 1)
        compare(module, module->base + function->BeginAddress + 1 + random() % (part - 1));
}

int main(void)
{
    static const char *const libraries[] = {"ucrtbase.dll", "ole32.dll",   "oleaut32.dll",
                                            "rpcrt4.dll",   "shell32.dll", "mapi32.dll"};
    for (unsigned i = 0; i < sizeof libraries / sizeof *libraries; i++)
        LoadLibraryA(libraries[i]);
    const struct rs_modules *modules = unwind_modules();
    stack = VirtualAlloc(NULL, STACK_BYTES, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    for (size_t i = 0; i < STACK_BYTES / 8; i++)
        stack[i] = (uintptr_t)&stack[random() % (STACK_BYTES / 8)];
    for (unsigned i = 0; i < PLACES; i++)
        compare_somewhere(modules);
    printf("%u modules, %u places compared, %u differ, %u beyond the stack, %u without a row\n",
           modules->count, seen.compared, seen.differ, seen.outside, seen.none);
    return seen.differ || seen.compared < PLACES / 2;
}
