#include "analyzer/attach_modules.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct wanted {
    const char *file;
    uint64_t start;
};

static bool is_wanted(const struct attach_mapping *mapping, void *closure)
{
    struct wanted *wanted = closure;
    const char *base = strrchr(mapping->path, '/');
    size_t length = strlen(wanted->file);
    if (!base || mapping->offset || strncmp(base + 1, wanted->file, length) != 0 ||
        (base[1 + length] && strcmp(base + 1 + length, " (deleted)") != 0))
        return false;
    wanted->start = mapping->start;
    return true;
}

uint64_t attach_module(pid_t pid, const char *file)
{
    struct wanted wanted = {.file = file};
    attach_mappings(pid, is_wanted, &wanted);
    return wanted.start;
}

enum { HEADERS_MOST = 128, DYNAMIC_MOST = 256, NAMES_MOST = 1 << 24, SYMBOLS_MOST = 1 << 20 };

struct image {
    uint64_t bias;
    unsigned count;
    Elf64_Phdr segment[HEADERS_MOST];
};

static bool read_image(const struct attach_process *process, uint64_t base, struct image *image)
{
    Elf64_Ehdr header;
    if (!attach_read(process, base, &header, sizeof header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof *image->segment || header.e_phnum > HEADERS_MOST ||
        !attach_read(process, base + header.e_phoff, image->segment,
                     header.e_phnum * sizeof *image->segment))
        return false;
    image->count = header.e_phnum;
    for (unsigned i = 0; i < image->count; i++) {
        if (image->segment[i].p_type == PT_LOAD) {
            image->bias = base - (image->segment[i].p_vaddr & ~(uint64_t)4095);
            return true;
        }
    }
    return false;
}

struct symbols_there {
    uint64_t symbols, strings, strings_size;
};

/* The loader has added the bias to the addresses, but not in every object. */
static bool read_dynamic(const struct attach_process *process, const struct image *image,
                         struct symbols_there *there)
{
    Elf64_Dyn entry[DYNAMIC_MOST];
    memset(there, 0, sizeof *there);
    for (unsigned i = 0; i < image->count; i++) {
        const Elf64_Phdr *segment = &image->segment[i];
        size_t size = segment->p_memsz < sizeof entry ? segment->p_memsz : sizeof entry;
        if (segment->p_type != PT_DYNAMIC ||
            !attach_read(process, image->bias + segment->p_vaddr, entry, size))
            continue;
        for (size_t at = 0; at < size / sizeof *entry && entry[at].d_tag != DT_NULL; at++) {
            uint64_t value = entry[at].d_un.d_val;
            uint64_t address = value < image->bias ? value + image->bias : value;
            if (entry[at].d_tag == DT_SYMTAB)
                there->symbols = address;
            else if (entry[at].d_tag == DT_STRTAB)
                there->strings = address;
            else if (entry[at].d_tag == DT_STRSZ)
                there->strings_size = value;
        }
    }
    return there->symbols && there->strings && there->strings_size &&
           there->strings_size < NAMES_MOST;
}

/* How many symbols there are nobody says; in all linkers' output their names follow them. */
static uint64_t find_symbol(const struct attach_process *process, const struct symbols_there *there,
                            const char *names, const char *name)
{
    size_t count = there->strings > there->symbols
                       ? (size_t)(there->strings - there->symbols) / sizeof(Elf64_Sym)
                       : 0;
    Elf64_Sym *symbols = count < SYMBOLS_MOST ? calloc(count + 1, sizeof *symbols) : NULL;
    uint64_t value = 0;
    if (symbols && attach_read(process, there->symbols, symbols, count * sizeof *symbols))
        for (size_t i = 1; i < count && !value; i++)
            if (symbols[i].st_shndx != SHN_UNDEF && symbols[i].st_name < there->strings_size &&
                !strcmp(names + symbols[i].st_name, name))
                value = symbols[i].st_value;
    free(symbols);
    return value;
}

uint64_t attach_symbol(const struct attach_process *process, uint64_t base, const char *name)
{
    struct image image;
    struct symbols_there there;
    if (!read_image(process, base, &image) || !read_dynamic(process, &image, &there))
        return 0;
    char *names = calloc(1, there.strings_size + 1);
    uint64_t value = 0;
    if (names && attach_read(process, there.strings, names, there.strings_size))
        value = find_symbol(process, &there, names, name);
    free(names);
    return value ? image.bias + value : 0;
}

uint64_t attach_code(const struct attach_process *process, uint64_t base, const void *bytes,
                     size_t size)
{
    struct image image;
    if (!read_image(process, base, &image))
        return 0;
    uint64_t found = 0;
    for (unsigned i = 0; i < image.count && !found; i++) {
        const Elf64_Phdr *segment = &image.segment[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) ||
            segment->p_memsz > NAMES_MOST)
            continue;
        uint64_t start = image.bias + segment->p_vaddr;
        char *code = malloc(segment->p_memsz);
        if (code && attach_read(process, start, code, segment->p_memsz)) {
            const char *at = memmem(code, segment->p_memsz, bytes, size);
            found = at ? start + (uint64_t)(at - code) : 0;
        }
        free(code);
    }
    return found;
}
