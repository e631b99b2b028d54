/*
 * The rules that restore a caller's registers, as they hold at one pc. They are read from a
 * module's tables, whatever form these have: .eh_frame (cfi.h) or .pdata (pdata.h).
 */
#ifndef SHIM_CORE_ROW_H
#define SHIM_CORE_ROW_H

#include <stdbool.h>
#include "shim/core/unwind.h"

/* The registers that frames are restored from: those that a callee keeps, si and di by Microsoft's
 * ABI alone; and r10, by which gcc finds the frame at the first instructions of a realigned
 * function. */
enum rs_reg {
    RS_BX,
    RS_BP,
    RS_SP,
    RS_SI,
    RS_DI,
    RS_R10,
    RS_R12,
    RS_R13,
    RS_R14,
    RS_R15,
    RS_RA,
    RS_REGS,
    RS_NO_REG
};

enum rs_rule_kind {
    RS_RULE_SAME,         /* as it is */
    RS_RULE_UNDEFINED,    /* lost; for RA: this is the outermost frame */
    RS_RULE_OFFSET,       /* in the word at CFA + offset */
    RS_RULE_VALUE_OFFSET, /* it is CFA + offset */
    RS_RULE_EXPRESSION,   /* in the word at the expression's value */
    RS_RULE_VALUE_EXPRESSION,
    RS_RULE_REGISTER,  /* in another register */
    RS_RULE_SP_OFFSET, /* in the word at the frame's own stack pointer + offset */
};

struct rs_rule {
    int32_t offset;  /* or register number */
    uint8_t kind;    /* enum rs_rule_kind */
    uint8_t defined; /* 1: the program said so */
    uint16_t length; /* of an expression */
};

struct rs_row {
    uintptr_t pc; /* what the rules hold for, see row_key in unwind.c; 0 = empty */
    uint32_t generation;
    uint8_t cfa_register; /* enum rs_reg, RS_NO_REG = an expression */
    uint8_t signal;       /* a signal frame: the caller was interrupted, not calling */
    uint16_t cfa_length;  /* of the CFA's expression */
    int64_t cfa_offset;   /* or, for an expression, its address */
    uint8_t simple;       /* nothing but registers saved at offsets, as in nearly every frame */
    uint16_t saved;       /* then: a bit for each of them but the return address */
    struct rs_rule rule[RS_REGS];
    const uint8_t *expressions; /* rules' expressions: address = expressions + offset */
};
_Static_assert(sizeof(struct rs_row) <= 128, "a row is two cache lines");

/* The rules at `pc`, from whatever tables the module has. `exact`: the frame was interrupted there;
 * else `pc` is inside of a call instruction. False: no information. */
bool rs_row_find(const struct rs_module *, uintptr_t pc, bool exact, struct rs_row *);

/* Where the function that holds `pc` begins; 0 if nothing is known of it. */
uintptr_t rs_row_function(const struct rs_module *, uintptr_t pc);

/* Marks the row if the short way up is open to it. For whoever has filled one in. */
void rs_row_classify(struct rs_row *);

#endif
