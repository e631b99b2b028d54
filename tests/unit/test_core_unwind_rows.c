/* Every operation of call frame programs and of expressions. */
#include <criterion/criterion.h>
#include "shim/core/cfi.h"
#include "shim/core/cfi_expr.h"
#include "shim/core/cfi_find.h"
#include "tests/unit/unwind_harness.h"

static struct rs_row row;

static void at(unsigned nops)
{
    uintptr_t pc = (uintptr_t)unwind_every_operation + nops;
    unwind_modules();
    cr_assert(rs_cfi_row(unwind_module_of(pc), pc, &row), "no row after %u steps", nops);
}

static void expect_cfa(enum rs_reg reg, int64_t offset)
{
    cr_assert_eq(row.cfa_register, reg);
    cr_assert_eq(row.cfa_offset, offset);
}

static void expect_rule(enum rs_reg reg, enum rs_rule_kind kind, int32_t offset)
{
    cr_assert_eq(row.rule[reg].kind, kind, "rule of %d is of kind %u", reg, row.rule[reg].kind);
    cr_assert_eq(row.rule[reg].offset, offset, "offset %d", row.rule[reg].offset);
}

Test(rows, offsets_of_all_encodings)
{
    at(0);
    expect_cfa(RS_SP, 8);
    expect_rule(RS_RA, RS_RULE_OFFSET, -8);
    expect_rule(RS_BP, RS_RULE_SAME, 0);
    at(1);
    expect_rule(RS_BP, RS_RULE_OFFSET, -16);
    at(2);
    expect_rule(RS_BX, RS_RULE_OFFSET, 24);
    at(3);
    expect_cfa(RS_BP, 16);
    at(4);
    expect_cfa(RS_BP, 32);
    at(5);
    expect_rule(RS_R12, RS_RULE_VALUE_OFFSET, -24);
    expect_rule(RS_R13, RS_RULE_VALUE_OFFSET, 8);
}

Test(rows, states_are_kept_and_restored)
{
    at(6);
    expect_cfa(RS_BP, 80);
    expect_rule(RS_R12, RS_RULE_UNDEFINED, 0);
    expect_rule(RS_R13, RS_RULE_SAME, 0);
    expect_rule(RS_BP, RS_RULE_SAME, 0);
    at(7);
    expect_cfa(RS_BP, 32);
    expect_rule(RS_R12, RS_RULE_VALUE_OFFSET, -24);
    expect_rule(RS_R13, RS_RULE_VALUE_OFFSET, 8);
    expect_rule(RS_BP, RS_RULE_OFFSET, -16);
}

Test(rows, rare_operations)
{
    at(8);
    expect_rule(RS_R14, RS_RULE_OFFSET, 8);
    expect_rule(RS_R15, RS_RULE_REGISTER, 3);
    struct rs_row before = row;
    at(9);
    for (unsigned reg = 0; reg < RS_REGS; reg++)
        expect_rule((enum rs_reg)reg, before.rule[reg].kind, before.rule[reg].offset);
    at(10);
    expect_rule(RS_RA, RS_RULE_UNDEFINED, 0);
}

/* What compilers wrote for the libraries loaded here can be read, at every pc. Only rows whose
 * frame hangs on a register that no callee keeps are not followed: a few instructions of
 * libcrypto's. */
Test(rows, every_function_of_every_module)
{
    const struct rs_modules *modules = unwind_modules();
    unsigned functions = 0, rows = 0, failed = 0, other_register = 0;
    for (const struct rs_module *module = modules->list; module < modules->list + modules->count;
         module++)
        for (uintptr_t pc = module->start; pc < module->end;) {
            struct rs_fde fde;
            if (!rs_find_fde(module, pc, &fde)) {
                pc++;
                continue;
            }
            if (fde.start == (uintptr_t)unwind_damaged ||
                fde.start == (uintptr_t)unwind_damaged_state) {
                pc = fde.end; /* no compiler's */
                continue;
            }
            functions++;
            for (; pc < fde.end; pc += 1 + pc % 5) {
                rows++;
                bool known = rs_cfi_row(module, pc, &row);
                other_register += !known && row.cfa_register == RS_NO_REG;
                failed += !known && row.cfa_register != RS_NO_REG;
            }
            pc = fde.end;
        }
    cr_assert_gt(functions, 1000u);
    cr_assert_eq(failed, 0u, "%u of %u rows can't be read", failed, rows);
    cr_assert_lt(other_register, rows / 50);
}

/* What compilers never write: the code has no row, from there on. */
Test(rows, damaged_tables)
{
    unwind_modules();
    uintptr_t pc = (uintptr_t)unwind_damaged;
    const struct rs_module *own = unwind_module_of(pc);
    cr_assert(rs_cfi_row(own, pc, &row));
    cr_assert(rs_cfi_row(own, pc + 1, &row));
    cr_assert_eq(row.cfa_length, 3u);
    cr_assert_not(rs_cfi_row(own, pc + 2, &row), "an expression has no offset to be changed");
    pc = (uintptr_t)unwind_damaged_state;
    cr_assert(rs_cfi_row(own, pc, &row));
    cr_assert_not(rs_cfi_row(own, pc + 1, &row), "there is no state to be restored");
}

/* A module that ends within its tables: nothing is read behind its end. */
Test(rows, cut_off_anywhere)
{
    unwind_modules();
    uintptr_t pc = (uintptr_t)unwind_every_operation + 10;
    const struct rs_module *own = unwind_module_of(pc);
    struct rs_fde fde;
    cr_assert(rs_find_fde(own, pc, &fde));
    struct rs_module cut = *own;
    unsigned known = 0;
    for (const uint8_t *end = fde.program_end + 8; end > fde.program - 64; end--) {
        cut.end = (uintptr_t)end;
        bool found = rs_cfi_row(&cut, pc, &row);
        cr_assert_eq(found, end >= fde.program_end, "cut %td bytes before the end",
                     fde.program_end - end);
        known += found;
    }
    cr_assert_eq(known, 9u);
    cut = *own;
    cut.start = (uintptr_t)fde.program; /* and one that begins behind them */
    cr_assert_not(rs_cfi_row(&cut, pc, &row));
}

Test(rows, code_outside_has_none)
{
    unwind_modules();
    uintptr_t pc = (uintptr_t)unwind_without_cfi;
    cr_assert_not(rs_cfi_row(unwind_module_of(pc), pc, &row));
    const struct rs_module *own = unwind_module_of(pc);
    cr_assert_not(rs_cfi_row(own, own->start, &row));
    cr_assert_not(rs_cfi_row(own, own->end - 1, &row));
    struct rs_module cut = *own;
    cut.eh_frame_hdr_size = 11;
    pc = (uintptr_t)unwind_every_operation;
    cr_assert(rs_cfi_row(own, pc, &row));
    cr_assert_not(rs_cfi_row(&cut, pc, &row), "the table would reach beyond its segment");
    cut.eh_frame_hdr = NULL;
    cr_assert_not(rs_cfi_row(&cut, pc, &row));
}

/* ---- expressions ---- */

static uintptr_t words[4] = {11, 22, 33, 44};

#define EVALUATE(result, ...)                                                                      \
    evaluate((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), result)

/* With 0x1000 on the stack at first, rbp = words, rsp = words + 1, pc = 0x400b. */
static bool evaluate(const uint8_t *code, size_t length, uintptr_t *result)
{
    struct rs_walk walk = {.pc = 0x400b,
                           .start_sp = (uintptr_t)words,
                           .bounds = {(uintptr_t)words, (uintptr_t)(words + 4)}};
    walk.reg[RS_BP] = (struct rs_place){RS_PLACE_VALUE, (uintptr_t)words};
    walk.reg[RS_SP] = (struct rs_place){RS_PLACE_VALUE, (uintptr_t)(words + 1)};
    walk.reg[RS_BX] = (struct rs_place){RS_PLACE_LOST, 0};
    uintptr_t cfa = 0x1000;
    return rs_expression(&walk, code, (uint32_t)length, &cfa, result);
}

#define EXPECT(expected, ...)                                                                      \
    do {                                                                                           \
        uintptr_t result_;                                                                         \
        cr_assert(EVALUATE(&result_, __VA_ARGS__));                                                \
        cr_assert_eq(result_, (uintptr_t)(expected), "%#zx", (size_t)result_);                     \
    } while (0)

#define EXPECT_FAILURE(...)                                                                        \
    do {                                                                                           \
        uintptr_t result_;                                                                         \
        cr_assert_not(EVALUATE(&result_, __VA_ARGS__));                                            \
    } while (0)

Test(expressions, constants)
{
    EXPECT(0x1000, 0x96);
    EXPECT(31, 0x4f);
    EXPECT(0xff, 0x08, 0xff);
    EXPECT(-1, 0x09, 0xff);
    EXPECT(0xff01, 0x0a, 0x01, 0xff);
    EXPECT(-255, 0x0b, 0x01, 0xff);
    EXPECT(0xff000001u, 0x0c, 1, 0, 0, 0xff);
    EXPECT((int32_t)0xff000001, 0x0d, 1, 0, 0, 0xff);
    EXPECT(0x8000000000000001, 0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80);
    EXPECT(0x8000000000000001, 0x0f, 1, 0, 0, 0, 0, 0, 0, 0x80);
    EXPECT(0x1234, 0x03, 0x34, 0x12, 0, 0, 0, 0, 0, 0);
    EXPECT(300, 0x10, 0xac, 0x02);
    EXPECT(-128, 0x11, 0x80, 0x7f);
}

Test(expressions, stack_operations)
{
    EXPECT(0x1000, 0x33, 0x13);
    EXPECT(0x1000, 0x33, 0x14);
    EXPECT(0x1000, 0x33, 0x16);
    EXPECT(0x1000, 0x33, 0x34, 0x15, 2);
    EXPECT(2, 0x31, 0x32, 0x33, 0x17); /* 1 2 3 -> 3 1 2 */
    EXPECT(0x2000, 0x12, 0x22);
}

Test(expressions, arithmetic)
{
    EXPECT(4, 0x34, 0x36, 0x1a);
    EXPECT(3, 0x09, 0xfd, 0x19);
    EXPECT(-3, 0x09, 0xf9, 0x32, 0x1b);
    EXPECT(-2, 0x34, 0x36, 0x1c);
    EXPECT(1, 0x37, 0x33, 0x1d);
    EXPECT(24, 0x34, 0x36, 0x1e);
    EXPECT(-4, 0x34, 0x1f);
    EXPECT(~(uintptr_t)4, 0x34, 0x20);
    EXPECT(6, 0x34, 0x36, 0x21);
    EXPECT(10, 0x34, 0x36, 0x22);
    EXPECT(0x1080, 0x23, 0x80, 0x01);
    EXPECT(16, 0x34, 0x32, 0x24);
    EXPECT(0x7f, 0x08, 0xff, 0x31, 0x25);
    EXPECT(-2, 0x09, 0xfc, 0x31, 0x26);
    EXPECT(2, 0x34, 0x36, 0x27);
    EXPECT_FAILURE(0x34, 0x30, 0x1b);
    EXPECT_FAILURE(0x34, 0x30, 0x1d);
}

Test(expressions, comparisons_are_signed)
{
    EXPECT(1, 0x34, 0x34, 0x29);
    EXPECT(0, 0x09, 0xff, 0x31, 0x2a);
    EXPECT(0, 0x09, 0xff, 0x31, 0x2b);
    EXPECT(1, 0x09, 0xff, 0x31, 0x2c);
    EXPECT(1, 0x09, 0xff, 0x31, 0x2d);
    EXPECT(1, 0x09, 0xff, 0x31, 0x2e);
}

Test(expressions, registers_and_memory)
{
    EXPECT((uintptr_t)words + 8, 0x76, 8);
    EXPECT((uintptr_t)words, 0x77, 0x78);
    EXPECT((uintptr_t)words + 8, 0x92, 6, 8);
    EXPECT(22, 0x76, 8, 0x06);
    EXPECT(22, 0x76, 8, 0x94, 8);
    EXPECT(0x400b, 0x80, 0);
    /* what linkers write for the procedure linkage table */
    EXPECT((uintptr_t)words + 24, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22);
    EXPECT_FAILURE(0x73, 0);          /* rbx is lost */
    EXPECT_FAILURE(0x76, 32, 0x06);   /* beyond the bounds */
    EXPECT_FAILURE(0x76, 0x78, 0x06); /* below them */
    EXPECT_FAILURE(0x76, 4, 0x06);    /* no word begins there */
}

Test(expressions, jumps)
{
    EXPECT(5, 0x2f, 1, 0, 0x13, 0x35);      /* skip over a drop */
    EXPECT(0x1000, 0x31, 0x28, 1, 0, 0x35); /* taken */
    EXPECT(5, 0x30, 0x28, 1, 0, 0x35);      /* not taken */
    EXPECT_FAILURE(0x2f, 0xfd, 0xff);       /* for ever */
    EXPECT_FAILURE(0x2f, 0xfc, 0xff);       /* in front of the beginning */
    EXPECT_FAILURE(0x2f, 9, 0);             /* behind the end */
}

Test(expressions, nonsense_is_refused)
{
    EXPECT_FAILURE(0x13);                         /* nothing left */
    EXPECT_FAILURE(0x13, 0x13);                   /* nothing to drop */
    EXPECT_FAILURE(0x22);                         /* one value too few */
    EXPECT_FAILURE(0x15, 1);                      /* no such value */
    EXPECT_FAILURE(0x9c);                         /* DW_OP_call_frame_cfa has no place here */
    EXPECT_FAILURE(0x31, 0x12, 0x2f, 0xfc, 0xff); /* more and more values */
}
