#include "analyzer/pe.h"
#include "analyzer/pe_bytes.h"

#include <string.h>

enum {
    SECTION_BYTES = 40,
    DEBUG_ENTRY_BYTES = 28,
    DEBUG_CODEVIEW = 2,
    CODEVIEW_BYTES = 24, /* "RSDS", GUID, age; then the PDB's path, terminated */
    WIDE_MAGIC = 0x20b,
    NARROW_MAGIC = 0x10b
};

/* `size` bytes at an offset within the file, or NULL. */
static const uint8_t *in_file(const struct pe *pe, uint64_t offset, uint64_t size)
{
    return offset <= pe->size && size <= pe->size - offset ? pe->bytes + offset : NULL;
}

static bool open_headers(struct pe *pe)
{
    const uint8_t *dos = in_file(pe, 0, 64);
    if (!dos || memcmp(dos, "MZ", 2) != 0)
        return false;
    uint64_t at = pe_u32(dos + 60);
    const uint8_t *signature = in_file(pe, at, 24);
    if (!signature || memcmp(signature, "PE\0", 4) != 0)
        return false;
    pe->file_header = signature + 4;
    pe->machine = pe_u16(pe->file_header);
    size_t optional_size = pe_u16(pe->file_header + 16);
    pe->optional_header = in_file(pe, at + 24, optional_size);
    if (!pe->optional_header || optional_size < 2)
        return false;
    uint16_t magic = pe_u16(pe->optional_header);
    size_t fixed = magic == WIDE_MAGIC ? 112 : 96;
    if ((magic != WIDE_MAGIC && magic != NARROW_MAGIC) || optional_size < fixed)
        return false;
    uint32_t room = (uint32_t)(optional_size - fixed) / 8;
    uint32_t claimed = pe_u32(pe->optional_header + fixed - 4);
    pe->directories = pe->optional_header + fixed;
    pe->directory_count = claimed < room ? claimed : room;
    pe->section_count = pe_u16(pe->file_header + 2);
    pe->sections = in_file(pe, at + 24 + optional_size, pe->section_count * SECTION_BYTES);
    return pe->sections != NULL;
}

/* Names from half a file would be guesses. */
static bool is_whole(const struct pe *pe)
{
    for (uint32_t i = 0; i < pe->section_count; i++) {
        const uint8_t *section = pe->sections + i * SECTION_BYTES;
        if (!in_file(pe, pe_u32(section + 20), pe_u32(section + 16)))
            return false;
    }
    return true;
}

bool pe_open(struct pe *pe, const uint8_t *bytes, size_t size)
{
    *pe = (struct pe){.bytes = bytes, .size = size};
    return open_headers(pe) && is_whole(pe);
}

const uint8_t *pe_at(const struct pe *pe, uint32_t address, size_t size)
{
    for (uint32_t i = 0; i < pe->section_count; i++) {
        const uint8_t *section = pe->sections + i * SECTION_BYTES;
        uint32_t start = pe_u32(section + 12), raw = pe_u32(section + 16);
        if (address >= start && address - start <= raw && size <= raw - (address - start))
            return in_file(pe, (uint64_t)pe_u32(section + 20) + (address - start), size);
    }
    return NULL;
}

const uint8_t *pe_table(const struct pe *pe, unsigned which, uint32_t *address, uint32_t *size)
{
    if (which >= pe->directory_count)
        return NULL;
    *address = pe_u32(pe->directories + 8 * which);
    *size = pe_u32(pe->directories + 8 * which + 4);
    return *address && *size ? pe_at(pe, *address, *size) : NULL;
}

/* ---- identity ---- */

/* The CodeView entry of the debug directory; `*size` is at least CODEVIEW_BYTES. */
static const uint8_t *code_view(const struct pe *pe, uint32_t *size)
{
    uint32_t address, bytes;
    const uint8_t *entry = pe_table(pe, PE_DEBUG, &address, &bytes);
    for (; entry && bytes >= DEBUG_ENTRY_BYTES;
         entry += DEBUG_ENTRY_BYTES, bytes -= DEBUG_ENTRY_BYTES) {
        *size = pe_u32(entry + 16);
        const uint8_t *data = in_file(pe, pe_u32(entry + 24), *size);
        if (pe_u32(entry + 12) == DEBUG_CODEVIEW && *size >= CODEVIEW_BYTES && data &&
            memcmp(data, "RSDS", 4) == 0)
            return data;
    }
    return NULL;
}

size_t pe_identity(const struct pe *pe, size_t wanted_size, uint8_t identity[PE_IDENTITY_MOST])
{
    uint32_t size;
    if (wanted_size == PE_IDENTITY_HEADER) {
        memcpy(identity, pe->file_header + 4, 4);
        memcpy(identity + 4, pe->optional_header + 56, 4);
        memcpy(identity + 8, pe->optional_header + 64, 4);
        return PE_IDENTITY_HEADER;
    }
    const uint8_t *data = wanted_size == PE_IDENTITY_PDB ? code_view(pe, &size) : NULL;
    if (data)
        memcpy(identity, data + 4, PE_IDENTITY_PDB);
    return data ? PE_IDENTITY_PDB : 0;
}

/* ---- debug information ---- */

/* The symbol table's texts follow it: their size with itself first. */
const uint8_t *pe_texts(const struct pe *pe, uint32_t *size)
{
    uint64_t table = pe_u32(pe->file_header + 8), symbols = pe_u32(pe->file_header + 12);
    const uint8_t *texts = table ? in_file(pe, table + 18 * symbols, 4) : NULL;
    *size = texts ? pe_u32(texts) : 0;
    return texts ? in_file(pe, table + 18 * symbols, *size) : NULL;
}

/* A section's name; longer ones than fit are "/OFFSET" into the texts. */
static bool section_is(const struct pe *pe, const uint8_t *section, const char *name)
{
    size_t length = strlen(name);
    if (section[0] != '/')
        return length <= 8 && strncmp((const char *)section, name, 8) == 0;
    uint32_t size, at = 0;
    const uint8_t *texts = pe_texts(pe, &size);
    for (int i = 1; i < 8 && section[i] >= '0' && section[i] <= '9'; i++)
        at = at * 10 + (uint32_t)(section[i] - '0');
    return texts && at < size && length < size - at && memcmp(texts + at, name, length + 1) == 0;
}

bool pe_has_debug(const struct pe *pe)
{
    uint32_t size;
    const uint8_t *data = code_view(pe, &size);
    if (data && size > CODEVIEW_BYTES && data[CODEVIEW_BYTES])
        return true;
    for (uint32_t i = 0; i < pe->section_count; i++) {
        const uint8_t *section = pe->sections + i * SECTION_BYTES;
        if (section_is(pe, section, ".debug_info") || section_is(pe, section, ".gnu_debuglink"))
            return true;
    }
    return false;
}
