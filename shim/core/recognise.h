/*
 * Recognising a stack that was unwound before. The unwinder is a function of the start's pc, sp, bp
 * and of the words it reads; when all of these are as they were, so is its result: a hit is exact,
 * not likely. One recogniser a thread; nothing locks.
 *
 * Reading the words again is safe on any stack: they are looked at in the unwinder's own order up
 * to the first that differs, so that none is read that the unwinder would not read now.
 */
#ifndef SHIM_CORE_RECOGNISE_H
#define SHIM_CORE_RECOGNISE_H

#include <stdbool.h>
#include "shim/core/unwind.h"

enum {
    RS_KNOWN_SETS = 2048,
    RS_KNOWN_WAYS = 8,
    RS_GROUPS = 65536, /* all powers of two */
    RS_GROUP = 4,
    RS_KNOWN_PIECE = 64, /* entries, a page of them */
    RS_NO_PATH = UINT32_MAX,
};

/* All four offsets (in words above sp) come with one load: loads are what a hit waits for. The last
 * group's rest repeats a word. */
struct rs_word_group {
    uint64_t offsets; /* 4 times 16 bits */
    uintptr_t value[RS_GROUP];
};

/* One cache line. */
struct rs_known {
    uintptr_t pc, sp; /* pc 0 = empty */
    uintptr_t bp;
    int32_t bp_mask; /* 0: the walk did not use bp; else -1 */
    uint32_t stack;  /* identity; 0: no stack but a fork */
    const struct rs_word_group *group, *end;
    uint32_t site; /* for the owner: of what is acquired by this stack under `path` */
    /* A fork stands for all stacks that begin at one pc with one sp, as those do that begin in a
     * wrapper (operator new, xmalloc). Their first frame has this size; its return address tells
     * them apart. */
    uint32_t fork;
    /* The path for which the site was asked (for the owner: and what for), RS_NO_PATH: none yet;
     * and the generation in which the stack is known. */
    union {
        struct {
            uint32_t path, generation;
        };
        uint64_t context; /* both at once */
    };
};
_Static_assert(sizeof(uintptr_t) < 8 || sizeof(struct rs_known) == 64, "a cache line");

/* Zeroed memory of RS_RECOGNISER_BYTES, aligned to a page. */
struct rs_recogniser {
    struct rs_known known[RS_KNOWN_SETS * RS_KNOWN_WAYS];
    struct rs_word_group group[RS_GROUPS]; /* a ring */
    uint16_t owner[RS_GROUPS];             /* 1 + index of who has the group, 0 = nobody */
    uint32_t next;                         /* group to be written next */
    uint32_t turn;                         /* which way of a full set gives place */
    /* Pieces of `known` that something was written to: a thread of few stacks touches few pages. */
    uint64_t written[RS_KNOWN_SETS * RS_KNOWN_WAYS / RS_KNOWN_PIECE / 64];
};
#define RS_RECOGNISER_BYTES sizeof(struct rs_recogniser)

/* Where stacks with that beginning are kept. */
static inline struct rs_known *rs_known_set(struct rs_recogniser *r, uintptr_t pc, uintptr_t sp)
{
    uint64_t hash = (pc ^ (uint64_t)sp << 24) * 0x9e3779b97f4a7c15u;
    return &r->known[(hash >> 53) * RS_KNOWN_WAYS];
}
_Static_assert(RS_KNOWN_SETS == 1 << (64 - 53), "see rs_known_set");

/* And those that a fork stands for. The word is one that the unwinder would read. */
static inline struct rs_known *rs_known_behind(struct rs_recogniser *r, const struct rs_known *fork)
{
    return rs_known_set(r, fork->pc + 3 * ((const uintptr_t *)(fork->sp + fork->fork))[-1],
                        fork->sp);
}

static inline uintptr_t rs_word_at(uintptr_t sp, uint64_t offsets, unsigned which)
{
    return ((const uintptr_t *)sp)[(uint16_t)(offsets >> 16 * which)];
}

/* In the unwinder's own order: a word is read only where the unwinder would read it. */
static inline __attribute__((always_inline)) bool rs_known_words_hold(const struct rs_known *known,
                                                                      uintptr_t sp, uintptr_t bp)
{
    const struct rs_word_group *group = known->group;
    if ((known->bp ^ bp) & (uintptr_t)known->bp_mask)
        return false;
    for (; group != known->end; group++) {
        uint64_t offsets = group->offsets;
        if (rs_word_at(sp, offsets, 0) != group->value[0] ||
            rs_word_at(sp, offsets, 1) != group->value[1] ||
            rs_word_at(sp, offsets, 2) != group->value[2] ||
            rs_word_at(sp, offsets, 3) != group->value[3])
            return false;
    }
    return true;
}

/* The hot path: the site noted for this very stack under this path; 0 when there is
 * none and rs_recognise must be asked. (Numbers, not a struct rs_regs: they stay in registers.) */
static inline __attribute__((always_inline)) uint32_t rs_recognise_site(struct rs_recogniser *r,
                                                                        uint32_t generation,
                                                                        uint32_t path, uintptr_t pc,
                                                                        uintptr_t sp, uintptr_t bp)
{
    const struct rs_known *known = rs_known_set(r, pc, sp), *end = known + RS_KNOWN_WAYS;
    uint64_t context = (uint64_t)generation << 32 | path;
    uint64_t fork = context | RS_NO_PATH;
    for (; known < end; known++) {
        if (known->pc != pc || known->sp != sp)
            continue;
        if (__builtin_expect(known->context == context, 1)) {
            if (rs_known_words_hold(known, sp, bp) && known->site)
                return known->site;
        } else if (known->context == fork && known->fork) {
            fork = 0; /* none behind the fork: it may be found once more there */
            known = rs_known_behind(r, known) - 1;
            end = known + 1 + RS_KNOWN_WAYS;
        }
    }
    return 0;
}

/* What was learnt of this very stack, or NULL when it must be unwound. Valid until the next
 * learning. */
struct rs_known *rs_recognise(struct rs_recogniser *, uint32_t generation, const struct rs_regs *);

/* Remembers that these registers, with these words on the stack, were the stack of `identity` (not
 * 0). Returns its place, or NULL: reads that are not complete, or reach further than half a
 * megabyte, are not kept. */
struct rs_known *rs_recognise_learn(struct rs_recogniser *, uint32_t generation,
                                    const struct rs_regs *, const struct rs_reads *,
                                    uint32_t identity);

/* Notes the site for rs_recognise_site. */
static inline void rs_known_note(struct rs_known *known, uint32_t path, uint32_t site)
{
    known->path = path;
    known->site = site;
}

/* Forgets all: for a thread that takes over the recogniser of one that is gone, whose stack need
 * not exist any more. */
void rs_recognise_forget(struct rs_recogniser *);

#endif
