#include "shim/core/cfi.h"
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

enum rs_reg rs_reg_of_dwarf(uint64_t number)
{
    static const uint8_t of[17] = {RS_NO_REG, RS_NO_REG, RS_NO_REG, RS_BX,     RS_NO_REG, RS_NO_REG,
                                   RS_BP,     RS_SP,     RS_NO_REG, RS_NO_REG, RS_NO_REG, RS_NO_REG,
                                   RS_R12,    RS_R13,    RS_R14,    RS_R15,    RS_RA};
    return number < 17 ? (enum rs_reg)of[number] : RS_NO_REG;
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

#define READ(type)                                                                                 \
    __extension__({                                                                                \
        type value_;                                                                               \
        rs_copy(&value_, *at, sizeof value_);                                                      \
        *at += sizeof value_;                                                                      \
        value_;                                                                                    \
    })

static uintptr_t read_encoded(const uint8_t **at, uint8_t encoding, uintptr_t data)
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
        value = READ(uint16_t);
        break;
    case FORMAT_S2:
        value = (uintptr_t)(intptr_t)READ(int16_t);
        break;
    case FORMAT_U4:
        value = READ(uint32_t);
        break;
    case FORMAT_S4:
        value = (uintptr_t)(intptr_t)READ(int32_t);
        break;
    default:
        value = READ(uint64_t);
        break;
    }
    if ((encoding & 0x70) == RELATIVE_PC)
        value += here;
    else if ((encoding & 0x70) == RELATIVE_DATA)
        value += data;
    return value;
}

/* ---- CIE and FDE ---- */

struct cie {
    uint64_t code_align;
    int64_t data_align;
    uint8_t pointer_encoding;
    bool augmented; /* augmentation data has a length */
    bool signal;
    const uint8_t *program, *end;
};

struct fde {
    uintptr_t start, end; /* code */
    const uint8_t *program, *program_end;
    struct cie cie;
};

static bool read_augmentation(const char *letters, const uint8_t *at, struct cie *cie)
{
    for (; *letters; letters++) {
        if (*letters == 'R') {
            cie->pointer_encoding = *at++;
        } else if (*letters == 'P') {
            uint8_t encoding = *at++;
            read_encoded(&at, encoding & 0x7f, 0);
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

static bool read_cie(const uint8_t *at, struct cie *cie)
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
    if (version == 1)
        at++;
    else
        rs_uleb(&at); /* the return address's column: 16 */
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

static bool read_fde(const uint8_t *at, struct fde *fde)
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
    fde->start = read_encoded(&at, fde->cie.pointer_encoding, 0);
    fde->end = fde->start + read_encoded(&at, fde->cie.pointer_encoding & 0x0f, 0);
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
    if (!header || header[0] != 1 || header[2] == ENCODING_OMIT || header[3] != TABLE_ENCODING)
        return NULL;
    uintptr_t data = (uintptr_t)header;
    const uint8_t *at = header + 4;
    read_encoded(&at, header[1], data); /* where .eh_frame begins */
    uint64_t count = read_encoded(&at, header[2], data);
    const int32_t(*table)[2] = (const void *)at;
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

/* ---- the program ---- */

enum { SAVED_STATES = 8 };

struct machine {
    struct rs_row *row;
    const struct cie *cie;
    uintptr_t location, pc;
    struct rs_row initial;
    struct rs_row saved[SAVED_STATES];
    unsigned depth;
};

static void set_rule(struct machine *machine, uint64_t reg, uint8_t kind, int64_t offset)
{
    enum rs_reg index = rs_reg_of_dwarf(reg);
    if (index == RS_NO_REG)
        return;
    machine->row->rule[index] =
        (struct rs_rule){.offset = (int32_t)offset, .kind = kind, .defined = 1};
}

static bool set_cfa_register(struct machine *machine, uint64_t reg)
{
    machine->row->cfa_register = (uint8_t)rs_reg_of_dwarf(reg);
    return machine->row->cfa_register != RS_NO_REG;
}

static void set_expression(struct machine *machine, uint8_t kind, const uint8_t **at)
{
    uint64_t reg = rs_uleb(at);
    uint64_t length = rs_uleb(at);
    if (!machine->row->expressions)
        machine->row->expressions = *at;
    set_rule(machine, reg, kind, *at - machine->row->expressions);
    enum rs_reg index = rs_reg_of_dwarf(reg);
    if (index != RS_NO_REG)
        machine->row->rule[index].length = (uint16_t)length;
    *at += length;
}

static void restore_rule(struct machine *machine, uint64_t reg)
{
    enum rs_reg index = rs_reg_of_dwarf(reg);
    if (index != RS_NO_REG)
        machine->row->rule[index] = machine->initial.rule[index];
}

static bool restore_state(struct machine *machine)
{
    if (!machine->depth)
        return false;
    uintptr_t pc = machine->row->pc;
    *machine->row = machine->saved[--machine->depth];
    machine->row->pc = pc;
    return true;
}

static bool advance(struct machine *machine, uint64_t by)
{
    machine->location += by * machine->cie->code_align;
    return machine->location <= machine->pc;
}

enum {
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE_1 = 0x02,
    CFA_ADVANCE_2 = 0x03,
    CFA_ADVANCE_4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_GNU_ARGS_SIZE = 0x2e,
    CFA_GNU_NEGATIVE_OFFSET = 0x2f,
};

enum outcome { GO_ON, DONE, FAILED };

static enum outcome define_cfa(struct machine *machine, uint8_t op, const uint8_t **at)
{
    struct rs_row *row = machine->row;
    uint64_t length;
    switch (op) {
    case CFA_DEF_CFA:
    case CFA_DEF_CFA_SF:
        if (!set_cfa_register(machine, rs_uleb(at)))
            return FAILED;
        row->cfa_offset =
            op == CFA_DEF_CFA ? (int64_t)rs_uleb(at) : rs_sleb(at) * machine->cie->data_align;
        return GO_ON;
    case CFA_DEF_CFA_REGISTER:
        return set_cfa_register(machine, rs_uleb(at)) ? GO_ON : FAILED;
    case CFA_DEF_CFA_OFFSET:
        row->cfa_offset = (int64_t)rs_uleb(at);
        return GO_ON;
    case CFA_DEF_CFA_OFFSET_SF:
        row->cfa_offset = rs_sleb(at) * machine->cie->data_align;
        return GO_ON;
    default: /* CFA_DEF_CFA_EXPRESSION */
        length = rs_uleb(at);
        row->cfa_register = RS_NO_REG;
        row->cfa_length = (uint16_t)length;
        row->cfa_offset = (int64_t)(uintptr_t)*at;
        *at += length;
        return GO_ON;
    }
}

static enum outcome step_extended(struct machine *machine, uint8_t op, const uint8_t **at)
{
    int64_t align = machine->cie->data_align;
    uint64_t reg;
    switch (op) {
    case CFA_OFFSET_EXTENDED:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, (int64_t)rs_uleb(at) * align);
        return GO_ON;
    case CFA_OFFSET_EXTENDED_SF:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, rs_sleb(at) * align);
        return GO_ON;
    case CFA_GNU_NEGATIVE_OFFSET:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, -(int64_t)rs_uleb(at) * align);
        return GO_ON;
    case CFA_VAL_OFFSET:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_VALUE_OFFSET, (int64_t)rs_uleb(at) * align);
        return GO_ON;
    case CFA_VAL_OFFSET_SF:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_VALUE_OFFSET, rs_sleb(at) * align);
        return GO_ON;
    case CFA_RESTORE_EXTENDED:
        restore_rule(machine, rs_uleb(at));
        return GO_ON;
    case CFA_UNDEFINED:
        set_rule(machine, rs_uleb(at), RS_RULE_UNDEFINED, 0);
        return GO_ON;
    case CFA_SAME_VALUE:
        set_rule(machine, rs_uleb(at), RS_RULE_SAME, 0);
        return GO_ON;
    case CFA_REGISTER:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_REGISTER, (int64_t)rs_uleb(at));
        return GO_ON;
    case CFA_EXPRESSION:
        set_expression(machine, RS_RULE_EXPRESSION, at);
        return GO_ON;
    case CFA_VAL_EXPRESSION:
        set_expression(machine, RS_RULE_VALUE_EXPRESSION, at);
        return GO_ON;
    case CFA_GNU_ARGS_SIZE:
        rs_uleb(at);
        return GO_ON;
    case CFA_REMEMBER:
        if (machine->depth == SAVED_STATES)
            return FAILED;
        machine->saved[machine->depth++] = *machine->row;
        return GO_ON;
    case CFA_RESTORE_STATE:
        return restore_state(machine) ? GO_ON : FAILED;
    case CFA_NOP:
        return GO_ON;
    default:
        return op >= CFA_DEF_CFA && op <= CFA_DEF_CFA_OFFSET_SF ? define_cfa(machine, op, at)
                                                                : FAILED;
    }
}

static enum outcome step(struct machine *machine, const uint8_t **at)
{
    uint8_t op = *(*at)++, low = op & 0x3f;
    switch (op >> 6) {
    case 1:
        return advance(machine, low) ? GO_ON : DONE;
    case 2:
        set_rule(machine, low, RS_RULE_OFFSET, (int64_t)rs_uleb(at) * machine->cie->data_align);
        return GO_ON;
    case 3:
        restore_rule(machine, low);
        return GO_ON;
    default:
        break;
    }
    switch (op) {
    case CFA_SET_LOC:
        machine->location = read_encoded(at, machine->cie->pointer_encoding, 0);
        return machine->location <= machine->pc ? GO_ON : DONE;
    case CFA_ADVANCE_1:
        return advance(machine, READ(uint8_t)) ? GO_ON : DONE;
    case CFA_ADVANCE_2:
        return advance(machine, READ(uint16_t)) ? GO_ON : DONE;
    case CFA_ADVANCE_4:
        return advance(machine, READ(uint32_t)) ? GO_ON : DONE;
    default:
        return step_extended(machine, op, at);
    }
}

static bool run(struct machine *machine, const uint8_t *at, const uint8_t *end)
{
    enum outcome outcome = GO_ON;
    while (at < end && outcome == GO_ON)
        outcome = step(machine, &at);
    return outcome != FAILED;
}

bool rs_cfi_row(const struct rs_module *module, uintptr_t pc, struct rs_row *row)
{
    const uint8_t *found = find_fde(module, pc);
    struct fde fde;
    if (!found || !read_fde(found, &fde) || pc < fde.start || pc >= fde.end)
        return false;
    rs_zero(row, sizeof *row);
    row->cfa_register = RS_NO_REG;
    row->signal = fde.cie.signal;
    struct machine machine;
    machine.row = row;
    machine.cie = &fde.cie;
    machine.depth = 0;
    machine.location = fde.start;
    machine.pc = UINTPTR_MAX;
    if (!run(&machine, fde.cie.program, fde.cie.end))
        return false;
    machine.initial = *row;
    machine.pc = pc;
    return run(&machine, fde.program, fde.program_end) &&
           (row->cfa_register != RS_NO_REG || row->cfa_length);
}
