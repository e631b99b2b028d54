/*
 * Recognising a stack that was unwound before. The unwinder is a function of the start's pc, sp, bp
 * and of the words it reads; when all of these are as they were, so is its result: a hit is exact,
 * not likely. One recogniser a thread; nothing locks. Stacks whose bounds are not known are not
 * kept, because their words could be gone when they are looked at again.
 */
#ifndef SHIM_CORE_RECOGNISE_H
#define SHIM_CORE_RECOGNISE_H

#include <stdbool.h>
#include "shim/core/unwind.h"

enum {
    RS_KNOWN_SETS = 1024,
    RS_KNOWN_WAYS = 4,
    RS_LEADS = 512,
    RS_KNOWN_WORDS = 65536, /* all powers of two */
};

struct rs_known {
    uintptr_t pc, sp, bp;
    uint64_t first; /* its words: a running number into the ring */
    uint32_t generation;
    uint32_t identity; /* 0 = empty */
    uint16_t count;
    uint16_t uses_bp;
};

/* Stacks that begin at one pc are many where that is a wrapper (operator new, xmalloc): where its
 * frame has one size, its return address tells them apart. */
struct rs_lead {
    uintptr_t pc;
    uint32_t generation;
    uint32_t size; /* see struct rs_reads; 0 = unknown */
};

/* Zeroed memory of RS_RECOGNISER_BYTES. */
struct rs_recogniser {
    uint64_t next; /* running number of the next word; the ring keeps the last RS_KNOWN_WORDS */
    uint32_t turn; /* which way of a full set gives place */
    struct rs_lead lead[RS_LEADS];
    struct rs_known known[RS_KNOWN_SETS][RS_KNOWN_WAYS];
    uint32_t offset[RS_KNOWN_WORDS];
    uintptr_t value[RS_KNOWN_WORDS];
};
#define RS_RECOGNISER_BYTES sizeof(struct rs_recogniser)

static inline struct rs_lead *rs_lead_of(struct rs_recogniser *r, uintptr_t pc)
{
    return &r->lead[(pc ^ pc >> 9) % RS_LEADS];
}

/* Where the stack is kept if it is known. */
static inline struct rs_known *rs_known_set(struct rs_recogniser *r, uint32_t generation,
                                            const struct rs_regs *regs)
{
    const struct rs_lead *lead = rs_lead_of(r, regs->pc);
    uintptr_t caller = 0;
    if (lead->pc == regs->pc && lead->generation == generation && lead->size)
        caller = ((const uintptr_t *)(regs->sp + lead->size))[-1];
    uint64_t hash =
        ((regs->pc + 3 * caller) * 0x9e3779b97f4a7c15u) ^ (regs->sp * 0xc2b2ae3d27d4eb4fu);
    return r->known[hash >> 40 & (RS_KNOWN_SETS - 1)];
}

static inline bool rs_known_words_hold(const struct rs_recogniser *r, const struct rs_known *known)
{
    if (__builtin_expect(r->next - known->first > RS_KNOWN_WORDS, 0))
        return false; /* the ring has gone over them */
    const uint32_t *offset = &r->offset[known->first % RS_KNOWN_WORDS];
    const uintptr_t *value = &r->value[known->first % RS_KNOWN_WORDS];
    for (uint32_t i = 0; i < known->count; i++)
        if (*(const uintptr_t *)(known->sp + offset[i]) != value[i])
            return false;
    return true;
}

/* The identity learnt for this very stack, or 0 when it must be unwound. */
static inline uint32_t rs_recognise(struct rs_recogniser *r, uint32_t generation,
                                    const struct rs_regs *regs)
{
    const struct rs_known *known = rs_known_set(r, generation, regs);
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++, known++) {
        if (known->pc == regs->pc && known->sp == regs->sp && known->generation == generation &&
            known->identity && (!known->uses_bp || known->bp == regs->bp) &&
            rs_known_words_hold(r, known))
            return known->identity;
    }
    return 0;
}

/* Forgets all, at no cost: for a thread that takes over the recogniser of one that is gone. (The
 * words of the old one's stack need not exist any more.) */
static inline void rs_recognise_forget(struct rs_recogniser *r)
{
    r->next += RS_KNOWN_WORDS + 1;
}

/* Remembers that these registers, with these words on the stack, were the stack of `identity` (not
 * 0). Reads that are not complete are not kept. */
void rs_recognise_learn(struct rs_recogniser *, uint32_t generation, const struct rs_regs *,
                        const struct rs_reads *, uint32_t identity);

#endif
