#include "shim/core/cfi_find.h"
#include "shim/core/bytes.h"

uint64_t rs_uleb(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *(*at)++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

int64_t rs_sleb(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *(*at)++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40))
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

uintptr_t rs_encoded(const uint8_t **at, uint8_t encoding, uintptr_t data)
{
    uintptr_t here = (uintptr_t)*at, value;
    switch (encoding & 0x0f) {
    case FORMAT_ULEB:
        value = rs_uleb(at);
        break;
    case FORMAT_SLEB:
        value = (uintptr_t)rs_sleb(at);
        break;
    case FORMAT_U2:
        value = RS_READ(at, uint16_t);
        break;
    case FORMAT_S2:
        value = (uintptr_t)(intptr_t)RS_READ(at, int16_t);
        break;
    case FORMAT_U4:
        value = RS_READ(at, uint32_t);
        break;
    case FORMAT_S4:
        value = (uintptr_t)(intptr_t)RS_READ(at, int32_t);
        break;
    default:
        value = RS_READ(at, uint64_t);
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

static bool read_augmentation(const char *letters, const uint8_t *at, struct rs_cie *cie)
{
    for (; *letters; letters++) {
        if (*letters == 'R') {
            cie->pointer_encoding = *at++;
        } else if (*letters == 'P') {
            uint8_t encoding = *at++;
            rs_encoded(&at, encoding & 0x7f, 0);
        } else if (*letters == 'L') {
            at++;
        } else if (*letters == 'S') {
            cie->signal = true;
        } else if (*letters != 'z' && *letters != 'B') {
            return false;
        }
    }
    return true;
}

static bool read_cie(const uint8_t *at, struct rs_cie *cie)
{
    rs_zero(cie, sizeof *cie);
    const uint8_t *head = at;
    uint32_t length;
    rs_copy(&length, head, 4);
    if (length == 0 || length == 0xffffffff)
        return false;
    cie->end = head + 4 + length;
    at = head + 8;
    uint8_t version = *at++;
    const char *letters = (const char *)at;
    while (*at++)
        ;
    cie->code_align = rs_uleb(&at);
    cie->data_align = rs_sleb(&at);
    uint64_t column = version == 1 ? *at++ : rs_uleb(&at);
    if ((version != 1 && version != 3) || column != RETURN_ADDRESS)
        return false;
    if (*letters == 'z') {
        uint64_t size = rs_uleb(&at);
        cie->augmented = true;
        if (!read_augmentation(letters, at, cie))
            return false;
        at += size;
    } else if (*letters) {
        return false;
    }
    cie->program = at;
    return true;
}

static bool read_fde(const uint8_t *at, struct rs_fde *fde)
{
    uint32_t length, back;
    rs_copy(&length, at, 4);
    if (length == 0 || length == 0xffffffff)
        return false;
    fde->program_end = at + 4 + length;
    at += 4;
    rs_copy(&back, at, 4);
    if (!back || !read_cie(at - back, &fde->cie))
        return false;
    at += 4;
    fde->start = rs_encoded(&at, fde->cie.pointer_encoding, 0);
    fde->end = fde->start + rs_encoded(&at, fde->cie.pointer_encoding & 0x0f, 0);
    if (fde->cie.augmented) {
        uint64_t size = rs_uleb(&at);
        at += size;
    }
    fde->program = at;
    return true;
}

/* The header's table: pairs of (code, FDE), 32 bits each, relative to the header, sorted by code.
 */
static const uint8_t *find_fde(const struct rs_module *module, uintptr_t pc)
{
    enum { TABLE_ENCODING = RELATIVE_DATA | FORMAT_S4 };
    const uint8_t *header = module->eh_frame_hdr;
    if (!header || module->eh_frame_hdr_size < 12 || header[0] != 1 || header[2] == ENCODING_OMIT ||
        header[3] != TABLE_ENCODING)
        return NULL;
    uintptr_t data = (uintptr_t)header;
    const uint8_t *at = header + 4;
    rs_encoded(&at, header[1], data); /* where .eh_frame begins */
    uint64_t count = rs_encoded(&at, header[2], data);
    const int32_t(*table)[2] = (const void *)at;
    if (count > (module->eh_frame_hdr_size - (uintptr_t)(at - header)) / sizeof *table)
        return NULL;
    int64_t wanted = (int64_t)(pc - data);
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (table[middle][0] <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? header + table[low - 1][1] : NULL;
}

bool rs_find_fde(const struct rs_module *module, uintptr_t pc, struct rs_fde *fde)
{
    const uint8_t *found = find_fde(module, pc);
    return found && read_fde(found, fde) && pc >= fde->start && pc < fde->end;
}
