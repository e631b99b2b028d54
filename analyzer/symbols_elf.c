#include "analyzer/symbols_elf.h"
#include "analyzer/array.h"
#include "analyzer/symbols_elf_plt.h"
#include "analyzer/symbols_ranges.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* A symbol without a size, as assembly code has them: it goes on up to the next symbol. */
struct label {
    uint64_t start, end; /* of its section */
    uint32_t what;
};

struct symbols_elf {
    const char **names; /* what the ranges count */
    size_t count, room;
    struct ranges sized, sizeless;
    struct label *labels;
    size_t label_count, label_room;
    struct symbols_elf_plt plt;
};

static bool add_name(struct symbols_elf *symbols, const char *name)
{
    const char **names =
        symbols->count == UINT32_MAX
            ? NULL
            : array_grow(symbols->names, sizeof *names, symbols->count, &symbols->room, 1);
    if (!names)
        return false;
    symbols->names = names;
    symbols->names[symbols->count++] = name;
    return true;
}

static bool add_label(struct symbols_elf *symbols, struct label label)
{
    struct label *labels =
        array_grow(symbols->labels, sizeof *labels, symbols->label_count, &symbols->label_room, 1);
    if (!labels)
        return false;
    symbols->labels = labels;
    symbols->labels[symbols->label_count++] = label;
    return true;
}

/* Of several names for the same code the one that people call it by: `malloc` is also
 * `__libc_malloc`, and what is exported was named with more care than what is not. */
static uint32_t rank_of(const char *name, unsigned char binding)
{
    uint32_t exported = binding == STB_GLOBAL ? 2 : binding == STB_WEAK ? 1 : 0;
    uint32_t underscores = (uint32_t)strspn(name, "_");
    bool mangled = underscores == 1 && name[1] == 'Z';
    return exported * 16 + (mangled || underscores > 15 ? 15 : 15 - underscores);
}

/* Where the executable section of a symbol ends; 0 if it is in none. */
static uint64_t end_of_section(Elf *elf, GElf_Word index, Dwarf_Addr bias)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_getscn(elf, index);
    if (!section || !gelf_getshdr(section, &header) || !(header.sh_flags & SHF_EXECINSTR))
        return 0;
    return header.sh_addr + header.sh_size + bias;
}

static bool add_symbol(struct symbols_elf *symbols, Dwfl_Module *module, int index)
{
    GElf_Sym symbol;
    GElf_Addr address;
    GElf_Word section;
    Elf *elf;
    Dwarf_Addr bias;
    const char *name =
        dwfl_module_getsym_info(module, index, &symbol, &address, &section, &elf, &bias);
    if (!name || !*name || symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS)
        return true;
    int type = GELF_ST_TYPE(symbol.st_info);
    if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
        return true;
    uint64_t end = elf ? end_of_section(elf, section, bias) : 0;
    if (!end && type == STT_NOTYPE)
        return true; /* data, or a mark of the linker's */
    uint32_t what = (uint32_t)symbols->count;
    if (!symbol.st_size)
        return !end ||
               (add_name(symbols, name) && add_label(symbols, (struct label){address, end, what}));
    return add_name(symbols, name) &&
           ranges_add(&symbols->sized, address,
                      address + symbol.st_size < address ? UINT64_MAX : address + symbol.st_size,
                      what, rank_of(name, GELF_ST_BIND(symbol.st_info)));
}

static int by_start(const void *left, const void *right)
{
    const struct label *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->what > b->what) - (a->what < b->what);
}

/* The first function with a size that starts beyond an address, or UINT64_MAX. */
static uint64_t next_sized(const struct ranges *sized, uint64_t address)
{
    size_t low = 0, high = sized->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sized->items[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sized->count ? sized->items[low].start : UINT64_MAX;
}

static bool add_labels(struct symbols_elf *symbols)
{
    if (symbols->label_count)
        qsort(symbols->labels, symbols->label_count, sizeof *symbols->labels, by_start);
    uint64_t next = UINT64_MAX, here = UINT64_MAX;
    for (size_t i = symbols->label_count; i-- > 0;) {
        const struct label *label = &symbols->labels[i];
        if (label->start != here)
            next = here;
        here = label->start;
        uint64_t end = next < label->end ? next : label->end;
        uint64_t sized = next_sized(&symbols->sized, label->start);
        const char *name = symbols->names[label->what];
        if (!ranges_add(&symbols->sizeless, label->start, sized < end ? sized : end, label->what,
                        rank_of(name, STB_GLOBAL)))
            return false;
    }
    free(symbols->labels);
    symbols->labels = NULL;
    return true;
}

static bool add_plt(struct symbols_elf *symbols, Dwfl_Module *module)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(module, &bias);
    if (!elf || !symbols_elf_plt_read(&symbols->plt, elf))
        return true;
    for (size_t i = 0; i < symbols->plt.count; i++) {
        const struct symbols_elf_stub *stub = &symbols->plt.stubs[i];
        if (!add_name(symbols, stub->name) ||
            !ranges_add(&symbols->sized, stub->start + bias, stub->end + bias,
                        (uint32_t)symbols->count - 1, 0))
            return false;
    }
    return true;
}

struct symbols_elf *symbols_elf_open(Dwfl_Module *module)
{
    struct symbols_elf *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    int count = dwfl_module_getsymtab(module);
    bool enough = true;
    for (int i = 1; i < count && enough; i++)
        enough = add_symbol(symbols, module, i);
    if (!enough || !add_plt(symbols, module) || !ranges_sort(&symbols->sized) ||
        !add_labels(symbols) || !ranges_sort(&symbols->sizeless)) {
        symbols_elf_close(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_elf_close(struct symbols_elf *symbols)
{
    if (!symbols)
        return;
    ranges_free(&symbols->sized);
    ranges_free(&symbols->sizeless);
    symbols_elf_plt_free(&symbols->plt);
    free(symbols->labels);
    free(symbols->names);
    free(symbols);
}

size_t symbols_elf_count(const struct symbols_elf *symbols)
{
    return symbols->sized.count + symbols->sizeless.count;
}

const char *symbols_elf_lookup(const struct symbols_elf *symbols, uint64_t address)
{
    const struct range *found = ranges_find(&symbols->sized, address);
    if (!found)
        found = ranges_find(&symbols->sizeless, address);
    return found ? symbols->names[found->what] : NULL;
}
