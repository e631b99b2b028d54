#include "shim/core/cfi_find.h"

/* A LEB128 number: its bits, how many there are, and its last byte, which has the sign. */
static uint64_t leb(struct rs_reader *reader, unsigned *shift, uint8_t *byte)
{
    uint64_t value = 0;
    *shift = 0;
    do {
        *byte = RS_READ(reader, uint8_t);
        if (*shift < 64)
            value |= (uint64_t)(*byte & 0x7f) << *shift;
        *shift += 7;
    } while (*byte & 0x80);
    return value;
}

uint64_t rs_uleb(struct rs_reader *reader)
{
    unsigned shift;
    uint8_t last;
    return leb(reader, &shift, &last);
}

int64_t rs_sleb(struct rs_reader *reader)
{
    unsigned shift;
    uint8_t last;
    uint64_t value = leb(reader, &shift, &last);
    if (shift < 64 && (last & 0x40))
        value |= ~(uint64_t)0 << shift;
    return (int64_t)value;
}

/* ---- encoded pointers ---- */

enum {
    ENCODING_OMIT = 0xff,
    FORMAT_ABSOLUTE = 0x00,
    FORMAT_ULEB = 0x01,
    FORMAT_U2 = 0x02,
    FORMAT_U4 = 0x03,
    FORMAT_U8 = 0x04,
    FORMAT_SLEB = 0x09,
    FORMAT_S2 = 0x0a,
    FORMAT_S4 = 0x0b,
    FORMAT_S8 = 0x0c,
    RELATIVE_PC = 0x10,
    RELATIVE_DATA = 0x30,
};

uintptr_t rs_encoded(struct rs_reader *reader, uint8_t encoding, uintptr_t data)
{
    uintptr_t here = (uintptr_t)reader->at, value;
    switch (encoding & 0x0f) {
    case FORMAT_ULEB:
        value = rs_uleb(reader);
        break;
    case FORMAT_SLEB:
        value = (uintptr_t)rs_sleb(reader);
        break;
    case FORMAT_U2:
        value = RS_READ(reader, uint16_t);
        break;
    case FORMAT_S2:
        value = (uintptr_t)(intptr_t)RS_READ(reader, int16_t);
        break;
    case FORMAT_U4:
        value = RS_READ(reader, uint32_t);
        break;
    case FORMAT_S4:
        value = (uintptr_t)(intptr_t)RS_READ(reader, int32_t);
        break;
    default:
        value = RS_READ(reader, uint64_t);
        break;
    }
    if ((encoding & 0x70) == RELATIVE_PC)
        value += here;
    else if ((encoding & 0x70) == RELATIVE_DATA)
        value += data;
    return value;
}

/* ---- CIE and FDE ---- */

enum { RETURN_ADDRESS = 16 }; /* its column, by the psABI */

static bool read_augmentation(const char *letters, struct rs_reader data, struct rs_cie *cie)
{
    for (; *letters; letters++) {
        if (*letters == 'R') {
            cie->pointer_encoding = RS_READ(&data, uint8_t);
        } else if (*letters == 'P') {
            uint8_t encoding = RS_READ(&data, uint8_t);
            rs_encoded(&data, encoding & 0x7f, 0);
        } else if (*letters == 'L') {
            rs_read_bytes(&data, 1);
        } else if (*letters == 'S') {
            cie->signal = true;
        } else if (*letters != 'z' && *letters != 'B') {
            return false;
        }
    }
    return !data.over;
}

/* The entry (CIE or FDE) at `at`, behind its length; false if it does not lie in the module. */
static bool open_entry(const struct rs_module *module, uintptr_t at, struct rs_reader *entry)
{
    if (at < module->start || at > module->end)
        return false;
    *entry = rs_reader((const void *)at, (const void *)module->end);
    uint32_t length = RS_READ(entry, uint32_t);
    if (length == 0 || length == 0xffffffff || length > (size_t)(entry->end - entry->at))
        return false;
    entry->end = entry->at + length;
    return true;
}

static bool read_cie(const struct rs_module *module, uintptr_t at, struct rs_cie *cie)
{
    struct rs_reader entry;
    rs_zero(cie, sizeof *cie);
    if (!open_entry(module, at, &entry))
        return false;
    rs_read_bytes(&entry, 4); /* 0: it is a CIE */
    uint8_t version = RS_READ(&entry, uint8_t);
    const char *letters = (const char *)entry.at;
    while (RS_READ(&entry, uint8_t))
        ;
    if (entry.over)
        return false;
    cie->code_align = rs_uleb(&entry);
    cie->data_align = rs_sleb(&entry);
    uint64_t column = version == 1 ? RS_READ(&entry, uint8_t) : rs_uleb(&entry);
    if ((version != 1 && version != 3) || column != RETURN_ADDRESS)
        return false;
    if (*letters == 'z') {
        uint64_t size = rs_uleb(&entry);
        const uint8_t *data = rs_read_bytes(&entry, size);
        cie->augmented = true;
        if (!data || !read_augmentation(letters, rs_reader(data, data + size), cie))
            return false;
    } else if (*letters) {
        return false;
    }
    cie->program = entry.at;
    cie->end = entry.end;
    return !entry.over;
}

static bool read_fde(const struct rs_module *module, uintptr_t at, struct rs_fde *fde)
{
    struct rs_reader entry;
    if (!open_entry(module, at, &entry))
        return false;
    uintptr_t here = (uintptr_t)entry.at;
    uint32_t back = RS_READ(&entry, uint32_t);
    if (!back || back > here || !read_cie(module, here - back, &fde->cie))
        return false;
    fde->start = rs_encoded(&entry, fde->cie.pointer_encoding, 0);
    fde->end = fde->start + rs_encoded(&entry, fde->cie.pointer_encoding & 0x0f, 0);
    if (fde->cie.augmented)
        rs_read_bytes(&entry, rs_uleb(&entry));
    fde->program = entry.at;
    fde->program_end = entry.end;
    return !entry.over;
}

/* The header's table: pairs of (code, FDE), 32 bits each, relative to the header, sorted by code.
 * 0: the pc is in front of all. */
static uintptr_t find_fde(const struct rs_module *module, uintptr_t pc)
{
    enum { TABLE_ENCODING = RELATIVE_DATA | FORMAT_S4 };
    const uint8_t *header = module->eh_frame_hdr;
    if (!header || module->eh_frame_hdr_size < 12 || header[0] != 1 || header[2] == ENCODING_OMIT ||
        header[3] != TABLE_ENCODING)
        return 0;
    uintptr_t data = (uintptr_t)header;
    struct rs_reader reader = rs_reader(header + 4, header + module->eh_frame_hdr_size);
    rs_encoded(&reader, header[1], data); /* where .eh_frame begins */
    uint64_t count = rs_encoded(&reader, header[2], data);
    const int32_t(*table)[2] = (const void *)reader.at;
    if (reader.over || (uintptr_t)table % sizeof **table ||
        count > (size_t)(reader.end - reader.at) / sizeof *table)
        return 0;
    int64_t wanted = (int64_t)(pc - data);
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (table[middle][0] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? data + (uintptr_t)(intptr_t)table[low - 1][1] : 0;
}

bool rs_find_fde(const struct rs_module *module, uintptr_t pc, struct rs_fde *fde)
{
    uintptr_t found = find_fde(module, pc);
    return found && read_fde(module, found, fde) && pc >= fde->start && pc < fde->end;
}
