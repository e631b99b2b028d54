#include "shim/core/cfi.h"
#include "shim/core/cfi_find.h"

enum rs_reg rs_reg_of_dwarf(uint64_t number)
{
    static const uint8_t of[17] = {RS_NO_REG, RS_NO_REG, RS_NO_REG, RS_BX,     RS_NO_REG, RS_NO_REG,
                                   RS_BP,     RS_SP,     RS_NO_REG, RS_NO_REG, RS_R10,    RS_NO_REG,
                                   RS_R12,    RS_R13,    RS_R14,    RS_R15,    RS_RA};
    return number < 17 ? (enum rs_reg)of[number] : RS_NO_REG;
}

enum { SAVED_STATES = 8 };

struct machine {
    struct rs_row *row;
    const struct rs_cie *cie;
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

/* A factored offset; of a damaged table it may be anything. */
static int64_t scaled(const struct machine *machine, uint64_t count)
{
    return (int64_t)(count * (uint64_t)machine->cie->data_align);
}

/* One that is not followed may be replaced before the pc is reached; rs_cfi_row looks at the end.
 */
static void set_cfa_register(struct machine *machine, uint64_t reg)
{
    machine->row->cfa_register = (uint8_t)rs_reg_of_dwarf(reg);
    machine->row->cfa_length = 0;
}

static const uint8_t *read_expression(struct rs_reader *at, uint16_t *length)
{
    uint64_t size = rs_uleb(at);
    *length = (uint16_t)size;
    return rs_read_bytes(at, size <= UINT16_MAX ? size : UINT64_MAX);
}

static void set_expression(struct machine *machine, uint8_t kind, struct rs_reader *at)
{
    uint64_t reg = rs_uleb(at);
    uint16_t length;
    const uint8_t *code = read_expression(at, &length);
    if (!code)
        return;
    if (!machine->row->expressions)
        machine->row->expressions = code;
    set_rule(machine, reg, kind, code - machine->row->expressions);
    enum rs_reg index = rs_reg_of_dwarf(reg);
    if (index != RS_NO_REG)
        machine->row->rule[index].length = length;
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
    const uint8_t *expressions = machine->row->expressions; /* what all rules' offsets count from */
    *machine->row = machine->saved[--machine->depth];
    machine->row->pc = pc;
    machine->row->expressions = expressions;
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

static enum outcome define_cfa(struct machine *machine, uint8_t op, struct rs_reader *at)
{
    struct rs_row *row = machine->row;
    bool changes_half =
        op == CFA_DEF_CFA_REGISTER || op == CFA_DEF_CFA_OFFSET || op == CFA_DEF_CFA_OFFSET_SF;
    if (changes_half && row->cfa_length) /* of a register and an offset, not of an expression */
        return FAILED;
    switch (op) {
    case CFA_DEF_CFA:
    case CFA_DEF_CFA_SF:
        set_cfa_register(machine, rs_uleb(at));
        row->cfa_offset =
            op == CFA_DEF_CFA ? (int64_t)rs_uleb(at) : scaled(machine, (uint64_t)rs_sleb(at));
        return GO_ON;
    case CFA_DEF_CFA_REGISTER:
        set_cfa_register(machine, rs_uleb(at));
        return GO_ON;
    case CFA_DEF_CFA_OFFSET:
        row->cfa_offset = (int64_t)rs_uleb(at);
        return GO_ON;
    case CFA_DEF_CFA_OFFSET_SF:
        row->cfa_offset = scaled(machine, (uint64_t)rs_sleb(at));
        return GO_ON;
    default: /* CFA_DEF_CFA_EXPRESSION */
        row->cfa_register = RS_NO_REG;
        row->cfa_offset = (int64_t)(uintptr_t)read_expression(at, &row->cfa_length);
        return GO_ON;
    }
}

static enum outcome step_extended(struct machine *machine, uint8_t op, struct rs_reader *at)
{
    uint64_t reg;
    switch (op) {
    case CFA_OFFSET_EXTENDED:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, scaled(machine, rs_uleb(at)));
        return GO_ON;
    case CFA_OFFSET_EXTENDED_SF:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, scaled(machine, (uint64_t)rs_sleb(at)));
        return GO_ON;
    case CFA_GNU_NEGATIVE_OFFSET:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_OFFSET, scaled(machine, -rs_uleb(at)));
        return GO_ON;
    case CFA_VAL_OFFSET:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_VALUE_OFFSET, scaled(machine, rs_uleb(at)));
        return GO_ON;
    case CFA_VAL_OFFSET_SF:
        reg = rs_uleb(at);
        set_rule(machine, reg, RS_RULE_VALUE_OFFSET, scaled(machine, (uint64_t)rs_sleb(at)));
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

static enum outcome step(struct machine *machine, struct rs_reader *at)
{
    uint8_t op = RS_READ(at, uint8_t), low = op & 0x3f;
    switch (op >> 6) {
    case 1:
        return advance(machine, low) ? GO_ON : DONE;
    case 2:
        set_rule(machine, low, RS_RULE_OFFSET, scaled(machine, rs_uleb(at)));
        return GO_ON;
    case 3:
        restore_rule(machine, low);
        return GO_ON;
    default:
        break;
    }
    switch (op) {
    case CFA_SET_LOC:
        machine->location = rs_encoded(at, machine->cie->pointer_encoding, 0);
        return machine->location <= machine->pc ? GO_ON : DONE;
    case CFA_ADVANCE_1:
        return advance(machine, RS_READ(at, uint8_t)) ? GO_ON : DONE;
    case CFA_ADVANCE_2:
        return advance(machine, RS_READ(at, uint16_t)) ? GO_ON : DONE;
    case CFA_ADVANCE_4:
        return advance(machine, RS_READ(at, uint32_t)) ? GO_ON : DONE;
    default:
        return step_extended(machine, op, at);
    }
}

static bool run(struct machine *machine, const uint8_t *at, const uint8_t *end)
{
    struct rs_reader reader = rs_reader(at, end);
    enum outcome outcome = GO_ON;
    while (reader.at < reader.end && outcome == GO_ON)
        outcome = step(machine, &reader);
    return outcome != FAILED && !reader.over;
}

bool rs_cfi_row(const struct rs_module *module, uintptr_t pc, struct rs_row *row)
{
    struct rs_fde fde;
    if (!rs_find_fde(module, pc, &fde))
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
    if (!run(&machine, fde.program, fde.program_end) ||
        (row->cfa_register == RS_NO_REG && !row->cfa_length))
        return false;
    rs_row_classify(row);
    return true;
}
