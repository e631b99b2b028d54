/*
 * Epilogues have no unwind codes: they are told by their instructions. An epilogue is the rest of
 * `add rsp, n` or `lea rsp, [frame + n]`, then pops, then a return or a jump out of the function
 * ("x64 prolog and epilog"): nothing else may stand there, so that they can be told.
 */
#include "shim/core/pdata_undo.h"
#include "shim/core/reader.h"

enum {
    REX_MASK = 0xf0,
    REX = 0x40,
    REX_W = 0x48,
    REX_B = 0x01,
    ADD_IMM8 = 0x83,
    ADD_IMM32 = 0x81,
    MODRM_ADD_RSP = 0xc4,
    LEA = 0x8d,
    MODRM_LEA_RSP_DISP8 = 0x60, /* mod 1, reg 4 = rsp; the base register is in the low bits */
    MODRM_LEA_RSP_DISP32 = 0xa0,
    POP = 0x58,
    RET = 0xc3,
    RET_IMM16 = 0xc2,
    REP = 0xf3,
    JMP_REL32 = 0xe9,
    JMP_REL8 = 0xeb,
    GROUP_5 = 0xff,
    MODRM_JMP_RIP = 0x25, /* jmp [rip + n] */
    MODRM_JMP = 0x20,     /* in bits 3..5 */
};

/* The bytes of a function from a place on. Behind its end they read as 0, which is no epilogue. */
static uint8_t byte_at(const struct rs_reader *code, unsigned index)
{
    return index < (size_t)(code->end - code->at) ? code->at[index] : 0;
}

static int32_t number_at(const struct rs_reader *code, unsigned index, unsigned size)
{
    struct rs_reader rest = *code;
    rs_read_bytes(&rest, index);
    uint64_t value = rs_read_number(&rest, size);
    return size == 1 ? (int8_t)value : (int32_t)value;
}

static void skip(struct rs_reader *code, unsigned bytes)
{
    rs_read_bytes(code, bytes);
}

/* `add rsp, n` or `lea rsp, [frame + n]`, if it stands here. */
static void take_back_locals(struct rs_reader *code, enum rs_reg frame, struct rs_undo *undo)
{
    uint8_t rex = byte_at(code, 0), operation = byte_at(code, 1), modrm = byte_at(code, 2);
    if (rex == REX_W && modrm == MODRM_ADD_RSP &&
        (operation == ADD_IMM8 || operation == ADD_IMM32)) {
        unsigned size = operation == ADD_IMM8 ? 1 : 4;
        undo->sp.offset += number_at(code, 3, size);
        skip(code, 3 + size);
    } else if ((rex & ~REX_B) == REX_W && operation == LEA && frame != RS_NO_REG) {
        unsigned size = (modrm & 0xf8) == MODRM_LEA_RSP_DISP8    ? 1
                        : (modrm & 0xf8) == MODRM_LEA_RSP_DISP32 ? 4
                                                                 : 0;
        unsigned base = (modrm & 7u) | (rex & REX_B ? 8u : 0u);
        if (!size || rs_reg_of_machine(base) != frame)
            return;
        undo->sp = (struct rs_spot){frame, number_at(code, 3, size)};
        skip(code, 3 + size);
    }
}

static void take_back_registers(struct rs_reader *code, struct rs_undo *undo)
{
    for (;;) {
        unsigned prefix = (byte_at(code, 0) & REX_MASK) == REX;
        uint8_t operation = byte_at(code, prefix);
        if ((operation & 0xf8) != POP)
            return;
        bool high = prefix && (byte_at(code, 0) & REX_B);
        rs_undo_pop(undo, rs_reg_of_machine((operation & 7u) | (high ? 8u : 0u)));
        skip(code, prefix + 1);
    }
}

/* Does the jump lead out of the function, or to its beginning? It does not where it leads into
 * another part of it, such as the one that compilers keep what is hardly ever executed in: such a
 * part may have an entry of its own. `length`: of the instruction. */
static bool leaves(const struct rs_module *module, const struct rs_reader *code,
                   const struct rs_function *function, unsigned length)
{
    int64_t from = (int64_t)((uintptr_t)code->at - module->base) + length;
    int64_t target = from + number_at(code, 1, length - 1);
    bool inside = target > function->begin && target < function->end;
    bool in_part = target == (uint32_t)target && rs_pdata_is_part(module, (uint32_t)target);
    return !inside && !in_part;
}

static bool ends(const struct rs_module *module, const struct rs_reader *code,
                 const struct rs_function *function, bool sure, struct rs_undo *undo)
{
    uint8_t first = byte_at(code, 0), second = byte_at(code, 1);
    switch (first) {
    case RET:
        return true;
    case RET_IMM16:
        undo->arguments = (uint16_t)number_at(code, 1, 2);
        return true;
    case REP:
        return second == RET;
    case JMP_REL8:
        return sure || leaves(module, code, function, 2);
    case JMP_REL32:
        return sure || leaves(module, code, function, 5);
    case GROUP_5:
        return second == MODRM_JMP_RIP || (sure && (second & 0x38) == MODRM_JMP);
    default: /* with the prefix, a jump through a register or memory is one that leaves */
        return (first & 0xf8) == REX_W && second == GROUP_5 &&
               (byte_at(code, 2) & 0x38) == MODRM_JMP;
    }
}

bool rs_pdata_epilogue(const struct rs_module *module, const struct rs_function *function,
                       uint32_t at, bool sure, enum rs_reg frame, struct rs_undo *undo)
{
    const uint8_t *base = (const uint8_t *)module->base;
    struct rs_reader code = rs_reader(base + at, base + function->end);
    take_back_locals(&code, frame, undo);
    take_back_registers(&code, undo);
    return ends(module, &code, function, sure, undo);
}
