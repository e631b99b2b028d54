#include "analyzer/symbols_elf_plt.h"
#include "analyzer/array.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    uint64_t address;
    const char *name;
};

struct reading {
    Elf *elf;
    GElf_Half machine;
    uint64_t got; /* what i386 stubs count from */
    struct slot *slots;
    size_t count, room;
    struct symbols_elf_plt *plt;
};

static bool add_slot(struct reading *reading, uint64_t address, const char *name)
{
    struct slot *slots =
        array_grow(reading->slots, sizeof *slots, reading->count, &reading->room, 1);
    if (!slots)
        return false;
    reading->slots = slots;
    reading->slots[reading->count++] = (struct slot){address, name};
    return true;
}

/* ---- relocations ---- */

/* The name of a relocation's symbol, or NULL. */
static const char *name_of(struct reading *reading, Elf_Data *symbols, size_t strings,
                           GElf_Xword info)
{
    GElf_Sym symbol;
    size_t index = GELF_R_SYM(info);
    if (!index || index > INT32_MAX || !gelf_getsym(symbols, (int)index, &symbol))
        return NULL;
    return elf_strptr(reading->elf, strings, symbol.st_name);
}

static bool read_relocations(struct reading *reading, Elf_Scn *section, const GElf_Shdr *header)
{
    GElf_Shdr symbol_header;
    Elf_Scn *symbol_section = elf_getscn(reading->elf, header->sh_link);
    if (!symbol_section || !gelf_getshdr(symbol_section, &symbol_header) ||
        symbol_header.sh_type != SHT_DYNSYM)
        return true;
    Elf_Data *symbols = elf_getdata(symbol_section, NULL), *data = elf_getdata(section, NULL);
    if (!symbols || !data)
        return true;
    for (int i = 0;; i++) {
        GElf_Rela relocation;
        GElf_Rel without;
        if (header->sh_type == SHT_RELA ? !gelf_getrela(data, i, &relocation)
                                        : !gelf_getrel(data, i, &without))
            return true;
        if (header->sh_type == SHT_REL)
            relocation = (GElf_Rela){without.r_offset, without.r_info, 0};
        const char *name = name_of(reading, symbols, symbol_header.sh_link, relocation.r_info);
        if (name && *name && !add_slot(reading, relocation.r_offset, name))
            return false;
    }
}

static int by_address(const void *left, const void *right)
{
    const struct slot *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

/* ---- stubs ---- */

/* The slot that a stub jumps through: the jump is the stub's only FF /4. */
static const struct slot *slot_of(const struct reading *reading, const uint8_t *code, size_t size,
                                  uint64_t address)
{
    for (size_t i = 0; i + 6 <= size; i++) {
        if (code[i] != 0xff || (code[i + 1] != 0x25 && code[i + 1] != 0xa3))
            continue;
        int32_t displacement;
        memcpy(&displacement, code + i + 2, sizeof displacement);
        struct slot key = {(uint64_t)(int64_t)displacement, NULL};
        if (reading->machine == EM_X86_64)
            key.address += address + i + 6; /* jmp *displacement(%rip) */
        else if (code[i + 1] == 0xa3)
            key.address = (uint32_t)(key.address + reading->got); /* jmp *displacement(%ebx) */
        else
            key.address = (uint32_t)key.address; /* jmp *displacement */
        return reading->count ? bsearch(&key, reading->slots, reading->count,
                                        sizeof *reading->slots, by_address)
                              : NULL;
    }
    return NULL;
}

static bool add_stub(struct symbols_elf_plt *plt, uint64_t start, uint64_t size, const char *name)
{
    struct symbols_elf_stub *stubs =
        array_grow(plt->stubs, sizeof *stubs, plt->count, &plt->room, 1);
    if (!stubs)
        return false;
    plt->stubs = stubs;
    struct symbols_elf_stub stub = {start, start + size, NULL};
    if (asprintf(&stub.name, "%s@plt", name) < 0)
        return false;
    plt->stubs[plt->count++] = stub;
    return true;
}

static bool read_stubs(struct reading *reading, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_rawdata(section, NULL);
    if (!data || !data->d_buf || header->sh_type == SHT_NOBITS)
        return true;
    size_t size = header->sh_entsize == 8 || header->sh_entsize == 16 ? header->sh_entsize : 16;
    const uint8_t *code = data->d_buf;
    for (size_t at = 0; at + size <= data->d_size; at += size) {
        const struct slot *slot = slot_of(reading, code + at, size, header->sh_addr + at);
        if (slot && !add_stub(reading->plt, header->sh_addr + at, size, slot->name))
            return false;
    }
    return true;
}

/* ---- both ---- */

/* Calls `each` for sections whose name begins like this (the name is there with every other file).
 */
static bool each_section(struct reading *reading, const char *beginning,
                         bool (*each)(struct reading *, Elf_Scn *, const GElf_Shdr *))
{
    size_t names;
    if (elf_getshdrstrndx(reading->elf, &names))
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(reading->elf, section));) {
        GElf_Shdr header;
        const char *name =
            gelf_getshdr(section, &header) ? elf_strptr(reading->elf, names, header.sh_name) : NULL;
        if (name && strncmp(name, beginning, strlen(beginning)) == 0 &&
            !each(reading, section, &header))
            return false;
    }
    return true;
}

static bool read_any_relocations(struct reading *reading, Elf_Scn *section, const GElf_Shdr *header)
{
    if (header->sh_type == SHT_RELA || header->sh_type == SHT_REL)
        return read_relocations(reading, section, header);
    return true;
}

static bool note_got(struct reading *reading, Elf_Scn *section, const GElf_Shdr *header)
{
    (void)section; /* .got, then .got.plt where there is one: code counts from the latter */
    reading->got = header->sh_addr;
    return true;
}

bool symbols_elf_plt_read(struct symbols_elf_plt *plt, Elf *elf)
{
    GElf_Ehdr header;
    struct reading reading = {.elf = elf, .plt = plt};
    if (!gelf_getehdr(elf, &header) ||
        (header.e_machine != EM_X86_64 && header.e_machine != EM_386))
        return false;
    reading.machine = header.e_machine;
    bool fine = each_section(&reading, ".rel", read_any_relocations) &&
                each_section(&reading, ".got", note_got);
    if (reading.count)
        qsort(reading.slots, reading.count, sizeof *reading.slots, by_address);
    fine = fine && each_section(&reading, ".plt", read_stubs);
    free(reading.slots);
    return fine && plt->count;
}

void symbols_elf_plt_free(struct symbols_elf_plt *plt)
{
    for (size_t i = 0; i < plt->count; i++)
        free(plt->stubs[i].name);
    free(plt->stubs);
    *plt = (struct symbols_elf_plt){0};
}
