/* Names of functions from a PE file's export and symbol tables. */
#include "analyzer/array.h"
#include "analyzer/pe_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOL_BYTES = 18, UNWIND_ROW_BYTES = 12, IS_FUNCTION = 2, CHAINED = 4 };

struct name {
    uint32_t address;
    bool exported; /* such a name is the better one */
    char *text;
};

struct pe_names {
    const struct pe *pe;
    struct name *names;
    size_t count, room;
    bool all;    /* there is a symbol table: no function is without a name */
    char **made; /* NAME+0xDISTANCE */
    size_t made_count, made_room;
};

/* ---- collecting ---- */

static bool add(struct pe_names *names, uint32_t address, const uint8_t *text, size_t length,
                bool exported)
{
    struct name *grown = array_grow(names->names, sizeof *grown, names->count, &names->room, 1);
    if (!grown)
        return false;
    names->names = grown;
    char *copy = malloc(length + 1);
    if (!copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    names->names[names->count++] = (struct name){address, exported, copy};
    return true;
}

/* The text at an address, which ends within its section. */
static const uint8_t *text_at(const struct pe *pe, uint32_t address, size_t *length)
{
    enum { LONGEST = 4096 };
    const uint8_t *text = pe_at(pe, address, 1);
    for (*length = 0; text && *length < LONGEST && pe_at(pe, address, *length + 1); ++*length)
        if (!text[*length])
            return text;
    return NULL;
}

static bool read_exports(struct pe_names *names)
{
    const struct pe *pe = names->pe;
    uint32_t table, size;
    const uint8_t *exports = pe_table(pe, PE_EXPORTS, &table, &size);
    if (!exports || size < 40)
        return true;
    uint32_t functions = pe_u32(exports + 20), count = pe_u32(exports + 24);
    if (count > pe->size / 4 || functions > pe->size / 4)
        return true;
    const uint8_t *address = pe_at(pe, pe_u32(exports + 28), 4 * (size_t)functions);
    const uint8_t *name = pe_at(pe, pe_u32(exports + 32), 4 * (size_t)count);
    const uint8_t *ordinal = pe_at(pe, pe_u32(exports + 36), 2 * (size_t)count);
    for (uint32_t i = 0; address && name && ordinal && i < count; i++) {
        uint32_t index = pe_u16(ordinal + 2 * i);
        size_t length;
        const uint8_t *text = text_at(pe, pe_u32(name + 4 * i), &length);
        uint32_t at = index < functions ? pe_u32(address + 4 * index) : 0;
        bool forwarded = at - table < size; /* to another module: this is its name */
        if (text && length && at && !forwarded && !add(names, at, text, length, true))
            return false;
    }
    return true;
}

/* On x86 the linker's names have an underscore before them, and stdcall ones the size of their
 * arguments behind. */
static void undecorate(const struct pe *pe, const uint8_t **text, size_t *length)
{
    if (pe->machine != PE_I386 || !*length || **text != '_')
        return;
    ++*text, --*length;
    size_t digits = *length;
    while (digits && (*text)[digits - 1] >= '0' && (*text)[digits - 1] <= '9')
        digits--;
    if (digits > 1 && digits < *length && (*text)[digits - 1] == '@')
        *length = digits - 1;
}

static bool read_symbol(struct pe_names *names, const uint8_t *symbol, const uint8_t *texts,
                        uint32_t texts_size)
{
    const struct pe *pe = names->pe;
    uint32_t section = pe_u16(symbol + 12), at = pe_u32(symbol + 4);
    if (pe_u16(symbol + 14) >> 4 != IS_FUNCTION || !section || section > pe->section_count)
        return true;
    const uint8_t *text = symbol;
    size_t length = strnlen((const char *)symbol, 8);
    if (!pe_u32(symbol)) {
        if (!texts || at >= texts_size)
            return true;
        text = texts + at;
        length = strnlen((const char *)text, texts_size - at);
    }
    undecorate(pe, &text, &length);
    uint32_t start = pe_u32(pe->sections + 40 * (section - 1) + 12);
    return !length || add(names, start + pe_u32(symbol + 8), text, length, false);
}

static bool read_symbols(struct pe_names *names)
{
    const struct pe *pe = names->pe;
    uint64_t table = pe_u32(pe->file_header + 8), count = pe_u32(pe->file_header + 12);
    if (!table || table > pe->size || count > (pe->size - table) / SYMBOL_BYTES)
        return true;
    uint32_t texts_size;
    const uint8_t *texts = pe_texts(pe, &texts_size), *symbol = pe->bytes + table;
    for (uint64_t i = 0; i < count; i += 1u + symbol[i * SYMBOL_BYTES + 17])
        if (!read_symbol(names, symbol + i * SYMBOL_BYTES, texts, texts_size))
            return false;
    return true;
}

/* The best name of an address comes first. */
static int compare(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->exported != b->exported)
        return a->exported ? -1 : 1;
    return strcmp(a->text, b->text);
}

struct pe_names *pe_names_open(const struct pe *pe)
{
    struct pe_names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    names->pe = pe;
    if (!read_exports(names) || !read_symbols(names)) {
        pe_names_close(names);
        return NULL;
    }
    if (names->count)
        qsort(names->names, names->count, sizeof *names->names, compare);
    return names;
}

void pe_names_close(struct pe_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i].text);
    for (size_t i = 0; i < names->made_count; i++)
        free(names->made[i]);
    free(names->made);
    free(names->names);
    free(names);
}

size_t pe_names_count(const struct pe_names *names)
{
    return names->count;
}

/* ---- looking up ---- */

/* The last name at or before an address, of these the best. */
static const struct name *nearest(const struct pe_names *names, uint32_t address)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->names[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 1 && names->names[low - 2].address == names->names[low - 1].address)
        low--;
    return low ? &names->names[low - 1] : NULL;
}

/* The row of the unwind tables that covers an address, or NULL. */
static const uint8_t *unwind_row(const struct pe *pe, uint32_t address)
{
    uint32_t at, size;
    const uint8_t *rows = pe_table(pe, PE_UNWIND, &at, &size);
    size_t low = 0, high = rows ? size / UNWIND_ROW_BYTES : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *row = rows + middle * UNWIND_ROW_BYTES;
        if (address < pe_u32(row))
            high = middle;
        else if (address >= pe_u32(row + 4))
            low = middle + 1;
        else
            return row;
    }
    return NULL;
}

/* Where the function around an address begins: parts of it lead to the row of the whole. 0 if no
 * row covers the address. */
static uint32_t beginning(const struct pe *pe, uint32_t address)
{
    const uint8_t *row = unwind_row(pe, address);
    for (int parts = 0; row && parts < 32; parts++) {
        const uint8_t *info = pe_at(pe, pe_u32(row + 8), 4);
        if (!info || !(info[0] >> 3 & CHAINED))
            return pe_u32(row);
        uint32_t codes = (info[2] + 1u) & ~1u;
        row = pe_at(pe, pe_u32(row + 8) + 4 + 2 * codes, UNWIND_ROW_BYTES);
    }
    return 0;
}

static const char *at_a_distance(struct pe_names *names, const struct name *name, uint32_t distance)
{
    char **grown = array_grow(names->made, sizeof *grown, names->made_count, &names->made_room, 1);
    if (!grown)
        return name->text;
    names->made = grown;
    size_t size = strlen(name->text) + 16;
    char *text = malloc(size);
    if (!text)
        return name->text;
    snprintf(text, size, "%s+0x%x", name->text, distance);
    return names->made[names->made_count++] = text;
}

const char *pe_names_certain(struct pe_names *names, uint32_t address)
{
    const struct name *name = nearest(names, address);
    bool certain =
        name && names->pe->machine == PE_X86_64 && beginning(names->pe, address) == name->address;
    return certain ? name->text : NULL;
}

const char *pe_names_lookup(struct pe_names *names, uint32_t address)
{
    const struct name *name = nearest(names, address);
    if (!name)
        return NULL;
    if (names->pe->machine == PE_X86_64)
        return pe_names_certain(names, address);
    return address == name->address ? name->text
                                    : at_a_distance(names, name, address - name->address);
}
