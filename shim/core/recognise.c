#include "shim/core/recognise.h"

/* A place in the ring for `count` words that does not run over its end. */
static uint64_t take_words(struct rs_recogniser *r, uint32_t count)
{
    uint64_t left = RS_KNOWN_WORDS - r->next % RS_KNOWN_WORDS;
    if (left < count)
        r->next += left;
    uint64_t first = r->next;
    r->next += count;
    return first;
}

/* One that can't hold any more, else any. */
static struct rs_known *place_for(struct rs_recogniser *r, uint32_t generation,
                                  const struct rs_regs *regs)
{
    struct rs_known *set = rs_known_set(r, generation, regs);
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++)
        if (!set[way].identity || set[way].generation != generation ||
            r->next - set[way].first > RS_KNOWN_WORDS)
            return &set[way];
    return &set[r->turn++ % RS_KNOWN_WAYS];
}

void rs_recognise_learn(struct rs_recogniser *r, uint32_t generation, const struct rs_regs *regs,
                        const struct rs_reads *reads, uint32_t identity)
{
    if (reads->incomplete || reads->count > RS_READS_MAX)
        return;
    *rs_lead_of(r, regs->pc) = (struct rs_lead){regs->pc, generation, reads->lead};
    struct rs_known *known = place_for(r, generation, regs);
    known->identity = 0; /* a handler that interrupts us here must not trust it */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint64_t first = take_words(r, reads->count);
    for (uint32_t i = 0; i < reads->count; i++) {
        r->offset[first % RS_KNOWN_WORDS + i] = reads->offset[i];
        r->value[first % RS_KNOWN_WORDS + i] = reads->value[i];
    }
    known->pc = regs->pc;
    known->sp = regs->sp;
    known->bp = regs->bp;
    known->generation = generation;
    known->first = first;
    known->count = (uint16_t)reads->count;
    known->uses_bp = (uint16_t)reads->uses_bp;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    known->identity = identity;
}
