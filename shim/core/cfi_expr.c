#include "shim/core/cfi_expr.h"
#include "shim/core/cfi.h"
#include "shim/core/cfi_find.h"

enum {
    OP_ADDR = 0x03,
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S = 0x09,
    OP_CONST2U = 0x0a,
    OP_CONST2S = 0x0b,
    OP_CONST4U = 0x0c,
    OP_CONST4S = 0x0d,
    OP_CONST8U = 0x0e,
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_DUP = 0x12,
    OP_DROP = 0x13,
    OP_OVER = 0x14,
    OP_PICK = 0x15,
    OP_SWAP = 0x16,
    OP_ROT = 0x17,
    OP_ABS = 0x19,
    OP_AND = 0x1a,
    OP_DIV = 0x1b,
    OP_MINUS = 0x1c,
    OP_MOD = 0x1d,
    OP_MUL = 0x1e,
    OP_NEG = 0x1f,
    OP_NOT = 0x20,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_SHRA = 0x26,
    OP_XOR = 0x27,
    OP_BRA = 0x28,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_SKIP = 0x2f,
    OP_LIT0 = 0x30,
    OP_BREG0 = 0x70,
    OP_BREGX = 0x92,
    OP_DEREF_SIZE = 0x94,
    OP_NOP = 0x96,
};

enum { DEPTH = 32, OPERATIONS_MAX = 1000 };

struct evaluation {
    struct rs_walk *walk;
    const uint8_t *code;
    uintptr_t stack[DEPTH];
    unsigned depth;
};

static bool push(struct evaluation *e, uintptr_t value)
{
    if (e->depth == DEPTH)
        return false;
    e->stack[e->depth++] = value;
    return true;
}

static bool push_register(struct evaluation *e, uint64_t number, int64_t offset)
{
    if (number == 16) /* the pc */
        return push(e, e->walk->pc + (uintptr_t)offset);
    enum rs_reg reg = rs_reg_of_dwarf(number);
    uintptr_t value;
    return reg != RS_NO_REG && rs_walk_register(e->walk, reg, &value) &&
           push(e, value + (uintptr_t)offset);
}

static bool binary(struct evaluation *e, uint8_t op)
{
    if (e->depth < 2)
        return false;
    uintptr_t b = e->stack[--e->depth], a = e->stack[e->depth - 1], r;
    switch (op) {
    case OP_AND:
        r = a & b;
        break;
    case OP_DIV:
        if (!b || (b == UINTPTR_MAX && a == (uintptr_t)INTPTR_MIN))
            return false;
        r = (uintptr_t)((intptr_t)a / (intptr_t)b);
        break;
    case OP_MOD:
        if (!b)
            return false;
        r = a % b;
        break;
    case OP_MINUS:
        r = a - b;
        break;
    case OP_MUL:
        r = a * b;
        break;
    case OP_OR:
        r = a | b;
        break;
    case OP_PLUS:
        r = a + b;
        break;
    case OP_SHL:
        r = b < 64 ? a << b : 0;
        break;
    case OP_SHR:
        r = b < 64 ? a >> b : 0;
        break;
    case OP_SHRA:
        r = (uintptr_t)((intptr_t)a >> (b < 63 ? b : 63));
        break;
    case OP_XOR:
        r = a ^ b;
        break;
    case OP_EQ:
        r = a == b;
        break;
    case OP_GE:
        r = (intptr_t)a >= (intptr_t)b;
        break;
    case OP_GT:
        r = (intptr_t)a > (intptr_t)b;
        break;
    case OP_LE:
        r = (intptr_t)a <= (intptr_t)b;
        break;
    case OP_LT:
        r = (intptr_t)a < (intptr_t)b;
        break;
    case OP_NE:
        r = a != b;
        break;
    default:
        return false;
    }
    e->stack[e->depth - 1] = r;
    return true;
}

static bool constant(struct evaluation *e, uint8_t op, struct rs_reader *at)
{
    static const uint8_t size[] = {1, 1, 2, 2, 4, 4, 8, 8};
    unsigned bytes = size[op - OP_CONST1U];
    uint64_t value = rs_read_number(at, bytes);
    if ((op & 1) && bytes < 8 && value >> (8 * bytes - 1))
        value |= ~(uint64_t)0 << 8 * bytes;
    return push(e, value);
}

static bool unary(struct evaluation *e, uint8_t op, struct rs_reader *at)
{
    if (!e->depth)
        return false;
    uintptr_t *top = &e->stack[e->depth - 1];
    switch (op) {
    case OP_DEREF:
        return rs_walk_word(e->walk, *top, top);
    case OP_DUP:
        return push(e, *top);
    case OP_DROP:
        e->depth--;
        return true;
    case OP_DEREF_SIZE: /* nothing but whole words can be recognised again */
        return RS_READ(at, uint8_t) == sizeof *top && rs_walk_word(e->walk, *top, top);
    case OP_ABS:
        *top = (intptr_t)*top < 0 ? -*top : *top;
        return true;
    case OP_NEG:
        *top = -*top;
        return true;
    case OP_NOT:
        *top = ~*top;
        return true;
    case OP_PLUS_UCONST:
        *top += rs_uleb(at);
        return true;
    default:
        return false;
    }
}

/* Moves values within the stack. */
static bool arrange(struct evaluation *e, uint8_t op, struct rs_reader *at)
{
    unsigned index = op == OP_PICK ? RS_READ(at, uint8_t) : op == OP_ROT ? 2 : 1;
    if (index >= e->depth)
        return false;
    uintptr_t *top = &e->stack[e->depth - 1], value = *top;
    if (op == OP_PICK || op == OP_OVER)
        return push(e, top[-(int)index]);
    for (unsigned i = 0; i < index; i++)
        top[-(int)i] = top[-(int)i - 1];
    top[-(int)index] = value;
    return true;
}

/* A jump, by the distance that is read next; not out of the code. */
static bool jump(struct evaluation *e, uint8_t op, struct rs_reader *at)
{
    int16_t distance = RS_READ(at, int16_t);
    if (op == OP_BRA) {
        if (!e->depth)
            return false;
        if (!e->stack[--e->depth])
            return true;
    }
    if (distance < e->code - at->at || distance > at->end - at->at)
        return false;
    at->at += distance;
    return true;
}

static bool evaluate(struct evaluation *e, uint8_t op, struct rs_reader *at)
{
    if (op >= OP_LIT0 && op < OP_LIT0 + 32)
        return push(e, (uintptr_t)(op - OP_LIT0));
    if (op >= OP_BREG0 && op < OP_BREG0 + 32)
        return push_register(e, (uint64_t)(op - OP_BREG0), rs_sleb(at));
    if (op >= OP_CONST1U && op <= OP_CONST8S)
        return constant(e, op, at);
    uint64_t number;
    switch (op) {
    case OP_NOP:
        return true;
    case OP_ADDR:
        return constant(e, OP_CONST8U, at);
    case OP_CONSTU:
        return push(e, rs_uleb(at));
    case OP_CONSTS:
        return push(e, (uintptr_t)rs_sleb(at));
    case OP_BREGX:
        number = rs_uleb(at);
        return push_register(e, number, rs_sleb(at));
    case OP_OVER:
    case OP_PICK:
    case OP_SWAP:
    case OP_ROT:
        return arrange(e, op, at);
    case OP_SKIP:
    case OP_BRA:
        return jump(e, op, at);
    case OP_DEREF:
    case OP_DUP:
    case OP_DROP:
    case OP_DEREF_SIZE:
    case OP_ABS:
    case OP_NEG:
    case OP_NOT:
    case OP_PLUS_UCONST:
        return unary(e, op, at);
    default:
        return binary(e, op);
    }
}

bool rs_expression(struct rs_walk *walk, const uint8_t *code, uint32_t length, const uintptr_t *cfa,
                   uintptr_t *result)
{
    struct evaluation e;
    e.walk = walk;
    e.code = code;
    e.depth = 0;
    if (cfa)
        push(&e, *cfa);
    struct rs_reader at = rs_reader(code, code + length);
    for (unsigned i = 0; at.at < at.end; i++) {
        uint8_t op = RS_READ(&at, uint8_t);
        if (i == OPERATIONS_MAX || !evaluate(&e, op, &at))
            return false;
    }
    if (at.over || !e.depth)
        return false;
    *result = e.stack[e.depth - 1];
    return true;
}
