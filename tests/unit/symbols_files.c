#include "tests/unit/symbols_files.h"

#include <criterion/criterion.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *fixture_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    cr_assert(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    char *path = paths[next++ % 4];
    cr_assert((size_t)snprintf(path, PATH_MAX, "%s/%s", self, name) < PATH_MAX);
    return path;
}

struct bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    fseek(file, 0, SEEK_END);
    struct bytes bytes = {.size = (size_t)ftell(file)};
    rewind(file);
    bytes.data = malloc(bytes.size + 1);
    cr_assert(bytes.data && fread(bytes.data, 1, bytes.size, file) == bytes.size);
    fclose(file);
    return bytes;
}

void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file, "%s", path);
    cr_assert(fwrite(data, 1, size, file) == size);
    cr_assert(fclose(file) == 0);
}

const char *new_folder(void)
{
    static char path[64];
    strcpy(path, "/tmp/residue-symbols-XXXXXX");
    cr_assert(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

void remove_folder(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- what an ELF file says ---- */

static Elf *open_elf(const char *path, struct bytes *bytes)
{
    elf_version(EV_CURRENT);
    *bytes = read_file(path);
    Elf *elf = elf_memory((char *)bytes->data, bytes->size);
    cr_assert(elf && elf_kind(elf) == ELF_K_ELF, "%s", path);
    return elf;
}

static void close_elf(Elf *elf, struct bytes *bytes)
{
    elf_end(elf);
    free(bytes->data);
}

static Elf_Scn *section_named(Elf *elf, const char *name, GElf_Shdr *header)
{
    size_t names;
    cr_assert(elf_getshdrstrndx(elf, &names) == 0);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, header) &&
            strcmp(elf_strptr(elf, names, header->sh_name), name) == 0)
            return section;
    return NULL;
}

struct place_marked marked(const char *path, enum symbols_mark_id id)
{
    struct bytes bytes;
    GElf_Shdr header;
    struct place_marked result = {0, 0};
    Elf *elf = open_elf(path, &bytes);
    Elf_Scn *section = section_named(elf, "symbols_marks", &header);
    cr_assert(section, "%s", path);
    Elf_Data *data = elf_rawdata(section, NULL);
    struct symbols_mark mark; /* libelf's raw data may begin at any address */
    for (size_t at = 0; at + sizeof mark <= data->d_size; at += sizeof mark) {
        memcpy(&mark, (const char *)data->d_buf + at, sizeof mark);
        if (mark.id == (int)id)
            result = (struct place_marked){header.sh_addr + at +
                                               offsetof(struct symbols_mark, distance) +
                                               (uint64_t)(int64_t)mark.distance,
                                           (uint32_t)mark.line};
    }
    close_elf(elf, &bytes);
    cr_assert(result.line, "%s: no mark %d", path, (int)id);
    return result;
}

uint64_t symbol_value(const char *path, const char *name)
{
    struct bytes bytes;
    GElf_Shdr header;
    uint64_t value = 0;
    Elf *elf = open_elf(path, &bytes);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) ||
            (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        GElf_Sym symbol;
        for (int i = 1; gelf_getsym(data, i, &symbol); i++)
            if (strcmp(elf_strptr(elf, header.sh_link, symbol.st_name), name) == 0)
                value = symbol.st_value;
    }
    close_elf(elf, &bytes);
    return value;
}

void bytes_at(const char *path, uint64_t address, void *to, size_t size)
{
    struct bytes bytes;
    GElf_Phdr header;
    size_t count;
    bool found = false;
    Elf *elf = open_elf(path, &bytes);
    cr_assert(elf_getphdrnum(elf, &count) == 0);
    for (int i = 0; i < (int)count && !found; i++) {
        cr_assert(gelf_getphdr(elf, i, &header));
        found = header.p_type == PT_LOAD && address >= header.p_vaddr &&
                address + size <= header.p_vaddr + header.p_filesz;
    }
    cr_assert(found, "%s: %#lx", path, (unsigned long)address);
    memcpy(to, bytes.data + header.p_offset + (address - header.p_vaddr), size);
    close_elf(elf, &bytes);
}

size_t build_id_of(const char *path, uint8_t to[64])
{
    struct bytes bytes;
    const void *bits;
    Elf *elf = open_elf(path, &bytes);
    ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
    cr_assert(size > 0 && size <= 64, "%s", path);
    memcpy(to, bits, (size_t)size);
    close_elf(elf, &bytes);
    return (size_t)size;
}
