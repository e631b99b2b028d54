/*
 * Import slots: the places where an object's code or data holds the address of a function of
 * another object. Whatever the flavour (lazy or bound at once, a PLT or none, pointers in data,
 * versioned symbols), it is a relocation against a symbol, and its slot is where the relocation
 * says.
 */
#include "shim/core/bytes.h"
#include "shim/core/os.h"
#include "shim/core/watched.h"
#include "shim/core/text.h"
#include "shim/linux/attach.h"
#include "shim/linux/loader.h"
#include "shim/linux/preload.h"

struct import {
    const struct rs_object *object;
    uintptr_t *slot;
    const char *name;
    const ElfW(Sym) * symbol;
    unsigned symbol_index;
};

/* A slot not bound yet leads to the object's own PLT; so does a function's canonical address in a
 * program that is not position-independent. */
static bool bound(const struct import *import)
{
    uintptr_t value = *import->slot;
    return value && (value < import->object->start || value >= import->object->end);
}

/* What the slot leads to, or will lead to once it is bound; 0 = leave it alone. */
static uintptr_t target_of(const struct import *import, unsigned type)
{
    if (bound(import))
        return *import->slot;
    if (type != R_X86_64_JUMP_SLOT)
        return 0; /* the object's own function or its PLT: the PLT's slot is watched */
    const char *version = rs_object_wanted_version(import->object, import->symbol_index);
    return (uintptr_t)rs_loader_lookup(import->name, version);
}

static void watch(const struct import *import, unsigned type)
{
    const struct residue_plan_function *function = rs_plan_find(import->name);
    if (!function)
        return;
    uintptr_t target = target_of(import, type);
    if (!target || rs_loader_is_shim(target) || rs_imports_canonical_plt(target))
        return;
    if (type != R_X86_64_JUMP_SLOT && !rs_os_is_code(target))
        return; /* data: who imports a symbol often does not say which it is */
    uintptr_t thunk = rs_watch(target, function, RESIDUE_NO_INTERFACE, import->name);
    if (thunk)
        rs_slot_write(import->slot, thunk);
}

/* RTLD_DEEPBIND binds an object's malloc to the C library's in place of ours. One that was loaded
 * with it is its own business. */
static void bring_home(const struct import *import)
{
    uintptr_t ours = rs_preload_address(import->name);
    if (!ours)
        return;
    uintptr_t real = (uintptr_t)rs_loader_next(import->name);
    if (bound(import) ? *import->slot == real : !rs_loader_fresh_defines(import->name))
        rs_slot_write(import->slot, ours);
}

/* What the program says to the shim (residue.h) came to nothing so far. It looks whether there is
 * somebody before it speaks, so this is never taken back. */
static void answer(const struct import *import, uintptr_t ours)
{
    static const char prefix[] = "residue_call_";
    bool meant = rs_length(import->name) >= sizeof prefix &&
                 rs_equal(import->name, prefix, sizeof prefix - 1);
    if (meant && !bound(import))
        rs_pen_write(import->slot, ours);
}

/* Nobody's names lead to the shim that came late. An object's own PLT leads to what it has not
 * looked up yet; what it defines itself is its own business. */
static void take_over(const struct import *import, unsigned type)
{
    uintptr_t ours = rs_preload_address(import->name);
    if (!ours)
        return;
    uintptr_t real = (uintptr_t)rs_loader_next(import->name), value = *import->slot;
    if (!real)
        answer(import, ours);
    else if (value == real || (type == R_X86_64_JUMP_SLOT && value && !bound(import) &&
                               !rs_object_define(import->object, import->name, NULL)))
        rs_slot_write(import->slot, ours);
}

static void visit(const struct rs_object *object, const ElfW(Rela) * relocation, bool deep)
{
    unsigned type = (unsigned)ELF64_R_TYPE(relocation->r_info);
    unsigned index = (unsigned)ELF64_R_SYM(relocation->r_info);
    if (!index || (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64))
        return;
    const ElfW(Sym) *symbol = &object->symbols[index];
    unsigned kind = ELF64_ST_TYPE(symbol->st_info);
    if (kind == STT_OBJECT || kind == STT_TLS || (type == R_X86_64_64 && relocation->r_addend))
        return;
    struct import import = {.object = object,
                            .slot = (uintptr_t *)(object->base + relocation->r_offset),
                            .name = object->strings + symbol->st_name,
                            .symbol = symbol,
                            .symbol_index = index};
    if (rs_loader_is_late())
        take_over(&import, type);
    else if (deep)
        bring_home(&import);
    watch(&import, type);
}

static struct {
    uintptr_t start, end;
} program; /* the main program, whose PLT may stand for a function's address everywhere */

bool rs_imports_canonical_plt(uintptr_t target)
{
    return target >= program.start && target < program.end && program.start < 0x1000000;
}

void rs_imports_watch(const struct rs_object *object, bool deep)
{
    if (!program.end) {
        program.start = object->start;
        program.end = object->end;
    }
    for (unsigned table = 2; table-- > 0;) /* calls before pointers: residue.h asks for these */
        for (size_t i = 0; i < object->rela_count[table] && object->rela[table]; i++)
            visit(object, &object->rela[table][i], deep);
}
