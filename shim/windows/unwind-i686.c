/*
 * Stacks on 32-bit x86, where nothing tells how to unwind: along the frame pointers. Where code has
 * none, ebp is anything, and the next return address is looked for a little way up the stack: such
 * a stack is marked incomplete, for the frames between may be missing, and one too many may be
 * there.
 */
#include "shim/core/row.h"
#include "shim/core/unwind.h"

/* What is walked is a function of these alone: the start's registers and the words it reads. */
struct walk {
    const struct rs_modules *modules;
    struct rs_stack_bounds bounds;
    struct rs_stack *out;
    struct rs_reads *reads;
    uintptr_t start_sp, sp, bp;
    bool guessed, ended;
};

enum { WORD = sizeof(uintptr_t), LOOK_WORDS = 192 };

static bool inside(const struct walk *walk, uintptr_t address, unsigned words)
{
    return address % WORD == 0 && address >= walk->sp && address < walk->bounds.hi &&
           walk->bounds.hi - address >= words * WORD;
}

static uintptr_t read_word(struct walk *walk, uintptr_t address)
{
    struct rs_reads *reads = walk->reads;
    uintptr_t value = *(const uintptr_t *)address;
    if (reads && reads->count < RS_READS_MAX) {
        reads->offset[reads->count] = address - walk->start_sp;
        reads->value[reads->count++] = value;
    } else if (reads) {
        reads->incomplete = 1;
    }
    return value;
}

/* Is it an address that a call returns to? Calls are E8 with 32 bits, or FF /2 with what follows it
 * (2, 3, 4, 6 or 7 bytes in all). */
static bool is_return(const struct walk *walk, uintptr_t pc)
{
    enum { CALL = 0xe8, GROUP_5 = 0xff, CALL_LONGEST = 7 };
    const struct rs_module *module = rs_modules_find(walk->modules, pc - 1);
    if (!module || pc - module->start < CALL_LONGEST)
        return false;
    const uint8_t *code = (const uint8_t *)pc;
    if (code[-5] == CALL)
        return true;
    for (int length = 2; length <= CALL_LONGEST; length++)
        if (length != 5 && code[-length] == GROUP_5 && (code[1 - length] >> 3 & 7) == 2)
            return true;
    return false;
}

static void list(struct walk *walk, uintptr_t pc)
{
    walk->out->pc[walk->out->depth++] = pc;
}

/* By the frame pointer. False: it is none, or the frame is a thread's first, which returns nowhere.
 */
static bool step(struct walk *walk)
{
    uintptr_t bp = walk->bp;
    if (!inside(walk, bp, 2))
        return false;
    uintptr_t next = read_word(walk, bp), pc = read_word(walk, bp + WORD);
    walk->ended = !pc;
    if (!is_return(walk, pc))
        return false;
    walk->sp = bp + 2 * WORD;
    walk->bp = next;
    list(walk, pc);
    return true;
}

/* By looking for what may be a return address. */
static bool look(struct walk *walk)
{
    uintptr_t sp = walk->sp;
    for (unsigned i = 0; i < LOOK_WORDS && inside(walk, sp, 1); i++, sp += WORD) {
        uintptr_t pc = read_word(walk, sp);
        if (!is_return(walk, pc))
            continue;
        walk->sp = sp + WORD;
        walk->guessed = true;
        list(walk, pc);
        return true;
    }
    return false;
}

void rs_unwind(const struct rs_modules *modules, struct rs_rule_cache *cache,
               const struct rs_regs *regs, struct rs_stack_bounds bounds, struct rs_stack *out,
               struct rs_reads *reads)
{
    (void)cache;
    struct walk walk = {modules, bounds, out, reads, regs->sp, regs->sp, regs->bp, false, false};
    out->depth = out->uncacheable = 0;
    if (reads) {
        reads->count = reads->incomplete = reads->lead = 0;
        reads->uses_bp = 1;
    }
    list(&walk, regs->pc);
    bool more = true;
    while (more && out->depth < RS_STACK_MAX)
        more = step(&walk) || (!walk.ended && look(&walk));
    out->stop = more ? RS_STOP_DEPTH : walk.guessed || !walk.ended ? RS_STOP_BAD : RS_STOP_END;
}

uintptr_t rs_row_function(const struct rs_module *module, uintptr_t pc)
{
    (void)module, (void)pc;
    return 0; /* no table tells */
}
