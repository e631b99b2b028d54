#include "shim/core/pdata.h"
#include "shim/core/pdata_undo.h"
#include "shim/core/reader.h"

enum { WORD = 8 };

/* In the processor's frame of an interruption: rip, cs, flags, rsp, ss. */
enum { INTERRUPTED_SP = 3 * WORD };

enum rs_reg rs_reg_of_machine(unsigned number)
{
    static const uint8_t of[16] = {RS_NO_REG, RS_NO_REG, RS_NO_REG, RS_BX,     RS_SP,  RS_BP,
                                   RS_SI,     RS_DI,     RS_NO_REG, RS_NO_REG, RS_R10, RS_NO_REG,
                                   RS_R12,    RS_R13,    RS_R14,    RS_R15};
    return (enum rs_reg)of[number % 16];
}

static void save(struct rs_undo *undo, enum rs_reg reg, struct rs_spot spot)
{
    if (reg == RS_NO_REG || reg == RS_SP || reg == RS_R10)
        return; /* nobody's to restore */
    undo->saved[reg] = spot;
    undo->known |= 1u << reg;
}

void rs_undo_pop(struct rs_undo *undo, enum rs_reg reg)
{
    save(undo, reg, undo->sp);
    undo->sp.offset += WORD;
}

/* ---- which function ---- */

/* Bytes of the image from an address relative to it; empty if it lies outside. */
static struct rs_reader image_at(const struct rs_module *module, uint32_t address)
{
    const uint8_t *end = (const uint8_t *)module->end;
    bool inside = address < module->end - module->base;
    return rs_reader(inside ? (const uint8_t *)module->base + address : end, end);
}

static struct rs_function read_function(struct rs_reader *reader)
{
    struct rs_function function;
    function.begin = RS_READ(reader, uint32_t);
    function.end = RS_READ(reader, uint32_t);
    function.info = RS_READ(reader, uint32_t);
    return function;
}

/* The function's entry in the table, which is sorted. An entry may stand for another one. */
static bool find_function(const struct rs_module *module, uint32_t at, struct rs_function *found)
{
    enum { ENTRY = 12, ELSEWHERE = 1 };
    const uint8_t *table = module->pdata, *end = table + module->pdata_size / ENTRY * ENTRY;
    size_t low = 0, high = module->pdata_size / ENTRY;
    while (low < high) {
        size_t middle = (low + high) / 2;
        struct rs_reader entry = rs_reader(table + middle * ENTRY, end);
        struct rs_function function = read_function(&entry);
        if (function.end <= at) {
            low = middle + 1;
        } else if (function.begin > at) {
            high = middle;
        } else {
            if (function.info & ELSEWHERE) {
                struct rs_reader other = image_at(module, function.info & ~(uint32_t)ELSEWHERE);
                function.info = read_function(&other).info;
            }
            *found = function;
            return true;
        }
    }
    return false;
}

/* ---- its unwind information ---- */

enum { CHAINED = 4 }; /* a flag */

struct information {
    uint8_t version, flags, prologue, count;
    enum rs_reg frame;    /* the frame register; RS_NO_REG: none */
    int64_t frame_offset; /* what it holds is so far above the stack pointer of the body */
    const uint8_t *codes; /* `count` of two bytes each */
    struct rs_function parent;
};

static bool read_information(const struct rs_module *module, uint32_t address,
                             struct information *info)
{
    struct rs_reader reader = image_at(module, address);
    uint8_t first = RS_READ(&reader, uint8_t);
    info->version = first & 7;
    info->flags = first >> 3;
    info->prologue = RS_READ(&reader, uint8_t);
    info->count = RS_READ(&reader, uint8_t);
    uint8_t frame = RS_READ(&reader, uint8_t);
    info->frame = frame & 15 ? rs_reg_of_machine(frame & 15) : RS_NO_REG;
    info->frame_offset = (frame >> 4) * 16;
    info->codes = rs_read_bytes(&reader, 2u * info->count);
    if (info->flags & CHAINED) {
        rs_read_bytes(&reader, info->count % 2 * 2u);
        info->parent = read_function(&reader);
    }
    bool known = info->version == 1 || info->version == 2;
    bool restorable = !(frame & 15) || (info->frame != RS_NO_REG && info->frame != RS_SP);
    return known && restorable && !reader.over;
}

bool rs_pdata_is_part(const struct rs_module *module, uint32_t at)
{
    struct rs_function function;
    struct information info;
    if (!find_function(module, at, &function))
        return false;
    return at != function.begin ||
           (read_information(module, function.info, &info) && info.flags & CHAINED);
}

/* ---- its codes ---- */

enum {
    PUSH_NONVOL = 0,
    ALLOC_LARGE = 1,
    ALLOC_SMALL = 2,
    SET_FPREG = 3,
    SAVE_NONVOL = 4,
    SAVE_NONVOL_FAR = 5,
    EPILOG = 6, /* version 2; in version 1 it saved half a vector register */
    SPARE = 7,
    SAVE_XMM128 = 8,
    SAVE_XMM128_FAR = 9,
    PUSH_MACHFRAME = 10,
    OPERATIONS,
};

struct code {
    uint8_t offset; /* of the end of the instruction in the prologue */
    uint8_t what, detail;
    uint32_t number; /* what follows in slots of its own */
    unsigned slots;
};

/* False: no such code, or it is not all there. */
static bool read_code(const struct information *info, unsigned index, struct code *code)
{
    static const uint8_t slots[OPERATIONS] = {1, 2, 1, 1, 2, 3, 1, 2, 2, 3, 1};
    const uint8_t *at = info->codes + 2 * index;
    *code = (struct code){.offset = at[0], .what = at[1] & 15, .detail = at[1] >> 4};
    if (code->what >= OPERATIONS)
        return false;
    code->slots = slots[code->what];
    if ((code->what == ALLOC_LARGE && code->detail) ||
        (info->version == 1 && (code->what == EPILOG || code->what == SPARE)))
        code->slots++;
    if (index + code->slots > info->count)
        return false;
    if (code->slots > 1)
        rs_copy(&code->number, at + 2, code->slots == 2 ? 2 : 4);
    return true;
}

static struct rs_spot above(struct rs_spot spot, int64_t bytes)
{
    return (struct rs_spot){spot.base, spot.offset + bytes};
}

/* Takes back what one code says that was done. `body`: what saved registers' places count from. */
static void undo_code(struct rs_undo *undo, const struct information *info, const struct code *code,
                      struct rs_spot body)
{
    enum rs_reg reg = rs_reg_of_machine(code->detail);
    switch (code->what) {
    case PUSH_NONVOL:
        rs_undo_pop(undo, reg);
        break;
    case ALLOC_SMALL:
        undo->sp.offset += (code->detail + 1) * WORD;
        break;
    case ALLOC_LARGE:
        undo->sp.offset += code->slots == 2 ? code->number * (int64_t)WORD : code->number;
        break;
    case SET_FPREG:
        undo->sp = (struct rs_spot){info->frame, -info->frame_offset};
        break;
    case SAVE_NONVOL:
        save(undo, reg, above(body, code->number * (int64_t)WORD));
        break;
    case SAVE_NONVOL_FAR:
        save(undo, reg, above(body, code->number));
        break;
    case PUSH_MACHFRAME: /* perhaps with an error code */
        undo->sp.offset += code->detail ? WORD : 0;
        undo->interrupted = true;
        break;
    default: /* vector registers are nobody's to restore here */
        break;
    }
}

/* Where the frame's fixed part begins, when instructions up to `reached` have been executed. */
static struct rs_spot body_of(const struct information *info, uint32_t reached)
{
    struct code code;
    bool set = false;
    for (unsigned i = 0; i < info->count && !set && read_code(info, i, &code); i += code.slots)
        set = code.what == SET_FPREG && code.offset <= reached;
    bool by_frame = info->frame != RS_NO_REG && (set || reached == UINT32_MAX);
    return by_frame ? (struct rs_spot){info->frame, -info->frame_offset}
                    : (struct rs_spot){RS_SP, 0};
}

static bool undo_codes(struct rs_undo *undo, const struct information *info, uint32_t reached)
{
    struct rs_spot body = body_of(info, reached);
    struct code code;
    for (unsigned i = 0; i < info->count; i += code.slots) {
        if (!read_code(info, i, &code) || undo->interrupted)
            return false;
        if (code.what == SET_FPREG && info->frame == RS_NO_REG)
            return false;
        if (code.offset <= reached)
            undo_code(undo, info, &code, body);
    }
    return true;
}

/* ---- epilogues ---- */

enum where { BODY, PERHAPS_EPILOGUE, EPILOGUE };

/* Version 2 tells where epilogues are: the first code their size, and whether one is at the
 * function's end; each further one how far from there another begins. */
static enum where where_in(const struct rs_function *function, const struct information *info,
                           uint32_t at)
{
    struct code code;
    uint32_t size = 0;
    if (info->version == 1) /* where nothing was done, nothing is taken back */
        return info->count || info->flags & CHAINED ? PERHAPS_EPILOGUE : BODY;
    for (unsigned i = 0; i < info->count && read_code(info, i, &code) && code.what == EPILOG; i++) {
        uint32_t from_end = code.offset | (uint32_t)code.detail << 8;
        if (!i)
            size = code.offset;
        if (!i)
            from_end = code.detail & 1 ? size : 0;
        if (from_end && at - (function->end - from_end) < size)
            return EPILOGUE;
    }
    return BODY;
}

/* False: it is in one that can't be read. */
static bool undo_epilogue(const struct rs_module *module, const struct rs_function *function,
                          const struct information *info, uint32_t at, struct rs_undo *undo,
                          bool *is_one)
{
    enum where where = where_in(function, info, at);
    struct rs_undo rest = *undo;
    *is_one = where != BODY &&
              rs_pdata_epilogue(module, function, at, where == EPILOGUE, info->frame, &rest);
    if (*is_one)
        *undo = rest;
    return *is_one || where != EPILOGUE;
}

/* ---- the row ---- */

static bool fits(int64_t offset)
{
    return offset == (int32_t)offset;
}

/* The rule that finds a register at `spot`: by the CFA, or by the stack pointer. */
static bool set_rule(struct rs_row *row, enum rs_reg reg, struct rs_spot spot)
{
    bool by_cfa = spot.base == row->cfa_register;
    int64_t offset = by_cfa ? spot.offset - row->cfa_offset : spot.offset;
    row->rule[reg] = (struct rs_rule){.offset = (int32_t)offset,
                                      .kind = by_cfa ? RS_RULE_OFFSET : RS_RULE_SP_OFFSET,
                                      .defined = 1};
    return fits(offset) && (by_cfa || spot.base == RS_SP);
}

static bool fill(struct rs_row *row, const struct rs_undo *undo)
{
    rs_zero(row, sizeof *row);
    row->signal = undo->interrupted;
    row->cfa_register = (uint8_t)undo->sp.base;
    row->cfa_offset = undo->sp.offset + (undo->interrupted ? 0 : WORD);
    bool good = set_rule(row, RS_RA, undo->sp);
    for (unsigned reg = 0; reg < RS_RA; reg++)
        if (undo->known & 1u << reg)
            good &= set_rule(row, (enum rs_reg)reg, undo->saved[reg]);
    if (undo->interrupted)
        good &= set_rule(row, RS_SP, above(undo->sp, INTERRUPTED_SP));
    else if (undo->arguments)
        row->rule[RS_SP] = (struct rs_rule){
            .offset = (int32_t)undo->arguments, .kind = RS_RULE_VALUE_OFFSET, .defined = 1};
    rs_row_classify(row);
    return good;
}

enum { CHAIN_MAX = 32 }; /* parts of parts */

static bool undo_function(const struct rs_module *module, const struct rs_function *function,
                          uint32_t at, bool exact, struct rs_undo *undo)
{
    struct information info;
    bool in_epilogue = false;
    if (!read_information(module, function->info, &info))
        return false;
    uint32_t reached = at - function->begin + !exact; /* a call is over when it has returned */
    if (reached >= info.prologue) {
        reached = UINT32_MAX;
        if (exact && !undo_epilogue(module, function, &info, at, undo, &in_epilogue))
            return false;
    }
    if (in_epilogue)
        return true;
    for (unsigned depth = 0; undo_codes(undo, &info, reached); depth++) {
        if (!(info.flags & CHAINED))
            return true;
        if (depth == CHAIN_MAX || !read_information(module, info.parent.info, &info))
            return false;
        reached = UINT32_MAX; /* to get into a part, all of its parent's prologue was executed */
    }
    return false;
}

bool rs_pdata_row(const struct rs_module *module, uintptr_t pc, bool exact, struct rs_row *row)
{
    struct rs_undo undo = {.sp = {RS_SP, 0}};
    struct rs_function function;
    if (pc - module->base > UINT32_MAX)
        return false;
    uint32_t at = (uint32_t)(pc - module->base);
    if (find_function(module, at, &function)) {
        if (function.end > module->end - module->base ||
            !undo_function(module, &function, at, exact, &undo))
            return false;
    } else if (!exact) {
        return false;
    }
    return fill(row, &undo);
}

uintptr_t rs_pdata_function(const struct rs_module *module, uintptr_t pc)
{
    struct rs_function function;
    struct information info;
    if (pc - module->base > UINT32_MAX ||
        !find_function(module, (uint32_t)(pc - module->base), &function))
        return 0;
    for (unsigned depth = 0; depth < CHAIN_MAX && read_information(module, function.info, &info) &&
                             info.flags & CHAINED;
         depth++)
        function = info.parent;
    return module->base + function.begin;
}
