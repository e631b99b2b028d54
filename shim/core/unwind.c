#include "shim/core/unwind.h"
#include "shim/core/bytes.h"
#include "shim/core/cfi.h"
#include "shim/core/cfi_expr.h"
#include "shim/core/os.h"
#include "shim/core/walk.h"

enum { RULE_ROWS = 1024 };

struct rs_rule_cache {
    struct rs_row row[RULE_ROWS];
};
_Static_assert(sizeof(struct rs_rule_cache) <= RS_RULE_CACHE_BYTES, "the owner's memory");

/* ---- words and registers ---- */

/* Without known bounds, a frame larger than this is not believed. */
enum { FRAME_MAX = 1 << 20 };

static void note_read(struct rs_walk *walk, uintptr_t address, uintptr_t value)
{
    struct rs_reads *reads = walk->reads;
    if (!reads)
        return;
    uintptr_t offset = address - walk->start_sp;
    uint32_t count = reads->count;
    if (__builtin_expect(count == RS_READS_MAX || offset > UINT32_MAX, 0)) {
        reads->incomplete = 1;
        return;
    }
    reads->offset[count] = (uint32_t)offset;
    reads->value[count] = value;
    reads->count = count + 1;
}

/* On a stack whose bounds nobody told. What a damaged table leads to may be no memory. */
static __attribute__((noinline, cold)) bool within_unknown(struct rs_walk *walk, uintptr_t address)
{
    uintptr_t page = address / 4096, word;
    if (address - walk->reg[RS_SP].value + FRAME_MAX >= 2 * (size_t)FRAME_MAX ||
        (page != walk->page && !rs_os_read((const void *)address, &word, sizeof word)))
        return false;
    walk->page = page;
    return true;
}

static inline bool within(struct rs_walk *walk, uintptr_t address)
{
    if (__builtin_expect(address % sizeof(uintptr_t) != 0, 0))
        return false;
    if (__builtin_expect(walk->bounds.hi != 0, 1))
        return address >= walk->bounds.lo && address < walk->bounds.hi;
    return within_unknown(walk, address);
}

static inline bool read_word(struct rs_walk *walk, uintptr_t address, uintptr_t *value)
{
    if (!within(walk, address))
        return false;
    *value = *(const uintptr_t *)address;
    note_read(walk, address, *value);
    return true;
}

bool rs_walk_word(struct rs_walk *walk, uintptr_t address, uintptr_t *value)
{
    return read_word(walk, address, value);
}

bool rs_walk_register(struct rs_walk *walk, enum rs_reg reg, uintptr_t *value)
{
    struct rs_place *place = &walk->reg[reg];
    if (place->kind == RS_PLACE_LOST)
        return false;
    if (place->kind == RS_PLACE_MEMORY) {
        uintptr_t word;
        if (!rs_walk_word(walk, place->value, &word))
            return false;
        *place = (struct rs_place){RS_PLACE_VALUE, word};
    }
    if (place->kind == RS_PLACE_START) {
        if (reg != RS_BP) {
            walk->unreliable = true;
            if (!place->value) /* not known */
                return false;
        } else if (walk->reads) {
            walk->reads->uses_bp = 1;
        }
    }
    *value = place->value;
    return true;
}

/* ---- rules ---- */

/* What is remembered as a row's pc: the place inside of the call; or, where a frame was
 * interrupted, that instruction, which may stand in an epilogue. No address has the highest bit. */
static uintptr_t row_key(const struct rs_walk *walk)
{
    return (walk->pc - !walk->exact) | (uintptr_t)walk->exact << (8 * sizeof(uintptr_t) - 1);
}

/* Cache lines of a pc: its row if known, else where to put it. */
static struct rs_row *row_slot(struct rs_rule_cache *cache, uintptr_t key)
{
    return &cache->row[(key ^ key >> 10) % RULE_ROWS];
}

static const struct rs_row *row_of(const struct rs_modules *modules, struct rs_rule_cache *cache,
                                   const struct rs_walk *walk)
{
    uintptr_t pc = walk->pc - !walk->exact, key = row_key(walk);
    struct rs_row *row = row_slot(cache, key);
    if (row->pc == key && row->generation == modules->generation)
        return row;
    const struct rs_module *module = rs_modules_find(modules, pc);
    row->pc = 0; /* a handler that interrupts us here must not trust it */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (!module || !rs_row_find(module, pc, walk->exact, row))
        return NULL;
    row->generation = modules->generation;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    row->pc = key;
    return row;
}

static bool cfa_of(struct rs_walk *walk, const struct rs_row *row, uintptr_t *cfa)
{
    if (row->cfa_register != RS_NO_REG) {
        if (!rs_walk_register(walk, (enum rs_reg)row->cfa_register, cfa))
            return false;
        *cfa += (uintptr_t)row->cfa_offset;
        return true;
    }
    return rs_expression(walk, (const uint8_t *)(uintptr_t)row->cfa_offset, row->cfa_length, NULL,
                         cfa);
}

static bool apply(struct rs_walk *walk, const struct rs_row *row, enum rs_reg reg, uintptr_t cfa,
                  struct rs_place *out)
{
    const struct rs_rule *rule = &row->rule[reg];
    uintptr_t value;
    enum rs_reg from;
    switch (rule->kind) {
    case RS_RULE_OFFSET:
        *out = (struct rs_place){RS_PLACE_MEMORY, cfa + (uintptr_t)(intptr_t)rule->offset};
        return true;
    case RS_RULE_VALUE_OFFSET:
        *out = (struct rs_place){RS_PLACE_VALUE, cfa + (uintptr_t)(intptr_t)rule->offset};
        return true;
    case RS_RULE_EXPRESSION:
    case RS_RULE_VALUE_EXPRESSION:
        if (!rs_expression(walk, row->expressions + rule->offset, rule->length, &cfa, &value))
            return false;
        *out = (struct rs_place){
            rule->kind == RS_RULE_EXPRESSION ? RS_PLACE_MEMORY : RS_PLACE_VALUE, value};
        return true;
    case RS_RULE_REGISTER:
        from = rs_reg_of_dwarf((uint64_t)rule->offset);
        *out = from == RS_NO_REG ? (struct rs_place){RS_PLACE_LOST, 0} : walk->reg[from];
        return true;
    case RS_RULE_SP_OFFSET:
        *out = (struct rs_place){RS_PLACE_MEMORY,
                                 walk->reg[RS_SP].value + (uintptr_t)(intptr_t)rule->offset};
        return true;
    case RS_RULE_UNDEFINED:
        *out = (struct rs_place){RS_PLACE_LOST, 0};
        return true;
    default:
        *out = walk->reg[reg];
        return true;
    }
}

/* ---- the walk ---- */

/* A handler may run on a stack of its own. Then the registers it saved are read before that stack
 * is left, and the stack that the walk goes on with is one whose bounds nobody told. */
static bool change_stack(struct rs_walk *walk)
{
    const struct rs_place place = walk->reg[RS_SP];
    uintptr_t sp = place.value, unused;
    if (place.kind == RS_PLACE_LOST ||
        (place.kind == RS_PLACE_MEMORY && !read_word(walk, place.value, &sp)))
        return false;
    if (sp < walk->bounds.lo || sp >= walk->bounds.hi) {
        for (unsigned reg = 0; reg < RS_REGS; reg++)
            if (reg != RS_SP && walk->reg[reg].kind == RS_PLACE_MEMORY &&
                !rs_walk_register(walk, (enum rs_reg)reg, &unused))
                return false;
        walk->bounds = (struct rs_stack_bounds){0, 0};
        walk->left = true;
    }
    walk->reg[RS_SP] = (struct rs_place){RS_PLACE_VALUE, sp};
    return true;
}

/* Size of a frame whose rules count from the stack pointer. */
static uint32_t fixed_size(const struct rs_row *row)
{
    enum { LARGE = 65536, WORD = sizeof(uintptr_t) };
    bool fixed = row->simple && row->cfa_register == RS_SP && row->rule[RS_RA].offset == -WORD &&
                 row->cfa_offset >= WORD && row->cfa_offset < LARGE && row->cfa_offset % WORD == 0;
    return fixed ? (uint32_t)row->cfa_offset : 0;
}

/* From a frame to its caller. False: `stop` says why not. */
static bool step(struct rs_walk *walk, const struct rs_row *row, uint32_t *stop)
{
    uintptr_t cfa;
    struct rs_place next[RS_REGS];
    if (row->rule[RS_RA].kind == RS_RULE_UNDEFINED) {
        *stop = RS_STOP_END;
        return false;
    }
    if (!cfa_of(walk, row, &cfa))
        return false;
    uintptr_t sp = walk->reg[RS_SP].value;
    if ((cfa <= sp && !row->signal) || row->rule[RS_RA].kind == RS_RULE_SAME)
        return false;
    for (unsigned reg = 0; reg < RS_REGS; reg++)
        if (!apply(walk, row, (enum rs_reg)reg, cfa, &next[reg]))
            return false;
    if (!row->rule[RS_SP].defined)
        next[RS_SP] = (struct rs_place){RS_PLACE_VALUE, cfa};
    if (!row->rule[RS_R10].defined) /* a call does not keep it */
        next[RS_R10].kind = RS_PLACE_LOST;
    for (unsigned reg = 0; reg < RS_REGS; reg++)
        walk->reg[reg] = next[reg];
    walk->exact = row->signal; /* interrupted at that very instruction */
    return rs_walk_register(walk, RS_RA, &walk->pc) &&
           (!(row->signal || row->rule[RS_SP].defined) || change_stack(walk));
}

/* The same for a simple row: nothing is moved, but what the frame saved. */
static inline bool step_simple(struct rs_walk *walk, const struct rs_row *row)
{
    uintptr_t cfa;
    if (!rs_walk_register(walk, (enum rs_reg)row->cfa_register, &cfa))
        return false;
    cfa += (uintptr_t)row->cfa_offset;
    if (cfa <= walk->reg[RS_SP].value ||
        !read_word(walk, cfa + (uintptr_t)(intptr_t)row->rule[RS_RA].offset, &walk->pc))
        return false;
    for (unsigned saved = row->saved; saved; saved &= saved - 1) {
        unsigned reg = (unsigned)__builtin_ctz(saved);
        walk->reg[reg].kind = RS_PLACE_MEMORY;
        walk->reg[reg].value = cfa + (uintptr_t)(intptr_t)row->rule[reg].offset;
    }
    walk->reg[RS_SP].value = cfa;
    walk->reg[RS_R10].kind = RS_PLACE_LOST;
    walk->exact = false;
    return true;
}

static void begin(struct rs_walk *walk, const struct rs_regs *regs, struct rs_stack_bounds bounds,
                  struct rs_reads *reads)
{
    static const struct rs_kept unknown;
    const struct rs_kept *kept = regs->kept ? regs->kept : &unknown;
    const uintptr_t start[RS_REGS] = {
        [RS_BX] = kept->bx,   [RS_BP] = regs->bp,   [RS_SP] = regs->sp,
        [RS_SI] = kept->si,   [RS_DI] = kept->di,   [RS_R12] = kept->r12,
        [RS_R13] = kept->r13, [RS_R14] = kept->r14, [RS_R15] = kept->r15,
    };
    for (unsigned reg = 0; reg < RS_REGS; reg++)
        walk->reg[reg] = (struct rs_place){RS_PLACE_START, start[reg]};
    walk->reg[RS_SP].kind = RS_PLACE_VALUE;
    walk->reg[RS_RA].kind = walk->reg[RS_R10].kind = RS_PLACE_LOST;
    walk->pc = regs->pc;
    walk->start_sp = regs->sp;
    walk->page = UINTPTR_MAX;
    walk->bounds = bounds;
    walk->reads = reads;
    walk->exact = walk->left = walk->unreliable = false;
    if (reads)
        reads->count = reads->incomplete = reads->uses_bp = reads->lead = 0;
}

void rs_unwind(const struct rs_modules *modules, struct rs_rule_cache *cache,
               const struct rs_regs *regs, struct rs_stack_bounds bounds, struct rs_stack *out,
               struct rs_reads *reads)
{
    struct rs_walk walk;
    begin(&walk, regs, bounds, reads);
    out->depth = 0;
    out->stop = RS_STOP_END;
    while (walk.pc) {
        if (out->depth == RS_STACK_MAX) {
            out->stop = RS_STOP_DEPTH;
            break;
        }
        /* A frame interrupted by a signal is listed one byte on, so that all pcs look like returns.
         */
        out->pc[out->depth++] = walk.pc + walk.exact;
        const struct rs_row *row = row_of(modules, cache, &walk);
        if (!row) {
            out->stop = RS_STOP_NO_CFI;
            break;
        }
        if (reads && out->depth == 1)
            reads->lead = fixed_size(row);
        out->stop = RS_STOP_BAD;
        if (!(row->simple ? step_simple(&walk, row) : step(&walk, row, &out->stop)))
            break;
        out->stop = RS_STOP_END;
    }
    out->uncacheable = walk.unreliable;
    if (reads && (walk.left || walk.unreliable))
        reads->incomplete = 1;
}
