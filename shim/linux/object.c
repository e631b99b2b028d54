/* One loaded ELF object: its dynamic section and its symbols. */
#include "shim/core/bytes.h"
#include "shim/linux/loader.h"

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The loader relocates addresses in most dynamic sections in place, but not in the vDSO's. */
static uintptr_t address(const struct rs_object *object, uintptr_t value)
{
    return value < object->base ? object->base + value : value;
}

static void read_entry(struct rs_object *object, const ElfW(Dyn) * entry)
{
    uintptr_t at = address(object, entry->d_un.d_ptr);
    switch (entry->d_tag) {
    case DT_SYMTAB:
        object->symbols = (const ElfW(Sym) *)at;
        break;
    case DT_STRTAB:
        object->strings = (const char *)at;
        break;
    case DT_VERSYM:
        object->versions = (const uint16_t *)at;
        break;
    case DT_VERNEED:
        object->needed_versions = (const ElfW(Verneed) *)at;
        break;
    case DT_VERDEF:
        object->defined_versions = (const ElfW(Verdef) *)at;
        break;
    case DT_GNU_HASH:
        object->gnu_hash = (const uint32_t *)at;
        break;
    case DT_HASH:
        object->hash = (const uint32_t *)at;
        break;
    case DT_RELA:
        object->rela[0] = (const ElfW(Rela) *)at;
        break;
    case DT_RELASZ:
        object->rela_count[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
        break;
    case DT_JMPREL:
        object->rela[1] = (const ElfW(Rela) *)at;
        break;
    case DT_PLTRELSZ:
        object->rela_count[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
        break;
    default:
        break;
    }
}

static void read_segments(struct rs_object *object)
{
    object->start = UINTPTR_MAX;
    for (unsigned i = 0; i < object->header_count; i++) {
        const ElfW(Phdr) *header = &object->headers[i];
        uintptr_t from = object->base + header->p_vaddr, to = from + header->p_memsz;
        if (header->p_type == PT_LOAD) {
            object->start = from < object->start ? from : object->start;
            object->end = to > object->end ? to : object->end;
        }
    }
}

bool rs_object_read(const struct dl_phdr_info *info, struct rs_object *object)
{
    rs_zero(object, sizeof *object);
    object->base = info->dlpi_addr;
    object->headers = info->dlpi_phdr;
    object->header_count = info->dlpi_phnum;
    object->path = info->dlpi_name;
    read_segments(object);
    const ElfW(Dyn) *dynamic = NULL;
    for (unsigned i = 0; i < object->header_count; i++)
        if (object->headers[i].p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)(object->base + object->headers[i].p_vaddr);
    if (!dynamic)
        return false;
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL; entry++)
        read_entry(object, entry);
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL && object->strings; entry++) {
        if (entry->d_tag == DT_RPATH)
            object->rpath = object->strings + entry->d_un.d_val;
        else if (entry->d_tag == DT_RUNPATH)
            object->runpath = object->strings + entry->d_un.d_val;
        else if (entry->d_tag == DT_SONAME)
            object->soname = object->strings + entry->d_un.d_val;
    }
    return object->symbols && object->strings;
}

/* ---- versions ---- */

const char *rs_object_wanted_version(const struct rs_object *object, unsigned index)
{
    if (!object->versions || !object->needed_versions)
        return NULL;
    uint16_t wanted = object->versions[index] & 0x7fff;
    const ElfW(Verneed) *need = object->needed_versions;
    for (;;) {
        const ElfW(Vernaux) *version = (const ElfW(Vernaux) *)((const char *)need + need->vn_aux);
        for (unsigned i = 0; i < need->vn_cnt; i++) {
            if ((version->vna_other & 0x7fff) == wanted)
                return object->strings + version->vna_name;
            version = (const ElfW(Vernaux) *)((const char *)version + version->vna_next);
        }
        if (!need->vn_next)
            return NULL;
        need = (const ElfW(Verneed) *)((const char *)need + need->vn_next);
    }
}

static const char *defined_version(const struct rs_object *object, uint16_t number)
{
    const ElfW(Verdef) *definition = object->defined_versions;
    for (; definition;) {
        if (definition->vd_ndx == number) {
            const ElfW(Verdaux) *name =
                (const ElfW(Verdaux) *)((const char *)definition + definition->vd_aux);
            return object->strings + name->vda_name;
        }
        if (!definition->vd_next)
            break;
        definition = (const ElfW(Verdef) *)((const char *)definition + definition->vd_next);
    }
    return NULL;
}

/* Without a wanted version the default one counts, as for the loader. */
static bool version_fits(const struct rs_object *object, uint32_t index, const char *version)
{
    if (!object->versions)
        return true;
    uint16_t number = object->versions[index];
    if (!version)
        return !(number & 0x8000);
    const char *defined = defined_version(object, number & 0x7fff);
    return !defined || same(defined, version);
}

/* ---- symbols ---- */

static bool defines(const struct rs_object *object, uint32_t index, const char *name,
                    const char *version)
{
    const ElfW(Sym) *symbol = &object->symbols[index];
    return symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
           ELF64_ST_TYPE(symbol->st_info) != STT_TLS &&
           same(object->strings + symbol->st_name, name) && version_fits(object, index, version);
}

static uint32_t find_by_gnu_hash(const struct rs_object *object, const char *name,
                                 const char *version)
{
    uint32_t hash = 5381;
    for (const char *at = name; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    const uint32_t *table = object->gnu_hash;
    uint32_t bucket_count = table[0], first = table[1], bloom_count = table[2];
    const ElfW(Addr) *bloom = (const ElfW(Addr) *)(table + 4);
    const uint32_t *buckets = (const uint32_t *)(bloom + bloom_count);
    const uint32_t *chain = buckets + bucket_count;
    if (!bucket_count)
        return 0;
    uint32_t index = buckets[hash % bucket_count];
    if (index < first)
        return 0;
    for (;; index++) {
        uint32_t entry = chain[index - first];
        if ((entry | 1) == (hash | 1) && defines(object, index, name, version))
            return index;
        if (entry & 1)
            return 0;
    }
}

static uint32_t find_by_hash(const struct rs_object *object, const char *name, const char *version)
{
    uint32_t hash = 0;
    for (const char *at = name; *at; at++) {
        hash = (hash << 4) + (unsigned char)*at;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    const uint32_t *bucket = object->hash + 2;
    const uint32_t *chain = bucket + object->hash[0];
    if (!object->hash[0])
        return 0;
    for (uint32_t index = bucket[hash % object->hash[0]]; index; index = chain[index])
        if (defines(object, index, name, version))
            return index;
    return 0;
}

void *rs_object_define(const struct rs_object *object, const char *name, const char *version)
{
    uint32_t index = object->gnu_hash ? find_by_gnu_hash(object, name, version)
                     : object->hash   ? find_by_hash(object, name, version)
                                      : 0;
    if (!index)
        return NULL;
    const ElfW(Sym) *symbol = &object->symbols[index];
    uintptr_t at = object->base + symbol->st_value;
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
        return ((void *(*)(void))at)();
    return (void *)at;
}
