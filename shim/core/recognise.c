#include "shim/core/recognise.h"
#include "shim/core/bytes.h"

static bool begins_so(const struct rs_known *known, uint32_t generation, const struct rs_regs *regs)
{
    return known->pc == regs->pc && known->sp == regs->sp && known->generation == generation;
}

/* The fork at this beginning, or NULL. */
static struct rs_known *fork_at(struct rs_recogniser *r, uint32_t generation,
                                const struct rs_regs *regs)
{
    struct rs_known *set = rs_known_set(r, regs->pc, regs->sp);
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++)
        if (begins_so(&set[way], generation, regs) && set[way].fork)
            return &set[way];
    return NULL;
}

static struct rs_known *set_of(struct rs_recogniser *r, uint32_t generation,
                               const struct rs_regs *regs)
{
    const struct rs_known *fork = fork_at(r, generation, regs);
    return fork ? rs_known_behind(r, fork) : rs_known_set(r, regs->pc, regs->sp);
}

struct rs_known *rs_recognise(struct rs_recogniser *r, uint32_t generation,
                              const struct rs_regs *regs)
{
    struct rs_known *set = set_of(r, generation, regs);
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++) {
        struct rs_known *known = &set[way];
        if (begins_so(known, generation, regs) && known->stack &&
            rs_known_words_hold(known, regs->sp, regs->bp))
            return known;
    }
    return NULL;
}

/* ---- learning ---- */

/* Whoever has groups that are written over is known no more. */
static void evict(struct rs_recogniser *r, uint32_t group)
{
    if (!r->owner[group])
        return;
    struct rs_known *known = &r->known[r->owner[group] - 1];
    if (known->group && &r->group[group] >= known->group && &r->group[group] < known->end)
        *known = (struct rs_known){0};
    r->owner[group] = 0;
}

/* Groups in the ring, not running over its end. */
static struct rs_word_group *take_groups(struct rs_recogniser *r, struct rs_known *owner,
                                         uint32_t count)
{
    if (r->next + count > RS_GROUPS)
        r->next = 0;
    uint32_t first = r->next;
    r->next += count;
    for (uint32_t i = first; i < first + count; i++) {
        evict(r, i);
        r->owner[i] = (uint16_t)(1 + (owner - r->known));
    }
    return &r->group[first];
}

static void note_written(struct rs_recogniser *r, const struct rs_known *known)
{
    size_t piece = (size_t)(known - r->known) / RS_KNOWN_PIECE;
    r->written[piece / 64] |= (uint64_t)1 << piece % 64;
}

/* One that is of no use any more, else any. */
static struct rs_known *place_for(struct rs_recogniser *r, struct rs_known *set,
                                  uint32_t generation)
{
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++)
        if (!set[way].pc || set[way].generation != generation)
            return &set[way];
    return &set[r->turn++ % RS_KNOWN_WAYS];
}

/* A second stack with the same beginning: the first one's place becomes a fork for both. */
static void tell_apart(struct rs_recogniser *r, uint32_t generation, const struct rs_regs *regs,
                       const struct rs_reads *reads)
{
    struct rs_known *set = rs_known_set(r, regs->pc, regs->sp);
    if (!reads->lead || fork_at(r, generation, regs))
        return;
    for (unsigned way = 0; way < RS_KNOWN_WAYS; way++)
        if (begins_so(&set[way], generation, regs)) {
            set[way] = (struct rs_known){.pc = regs->pc,
                                         .sp = regs->sp,
                                         .generation = generation,
                                         .path = RS_NO_PATH,
                                         .fork = reads->lead};
            return;
        }
}

/* Are all words aligned, and near enough for their offsets? */
static bool fits(const struct rs_reads *reads)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < reads->count; i++) {
        if (reads->offset[i] / sizeof(uintptr_t) > UINT16_MAX)
            return false;
        all |= reads->offset[i];
    }
    return all % sizeof(uintptr_t) == 0;
}

static void write_words(struct rs_word_group *group, const struct rs_reads *reads)
{
    for (uint32_t i = 0; i < reads->count; i += RS_GROUP, group++) {
        group->offsets = 0;
        for (uint32_t j = 0; j < RS_GROUP; j++) {
            uint32_t word = i + j < reads->count ? i + j : reads->count - 1;
            group->offsets |= (uint64_t)(reads->offset[word] / sizeof(uintptr_t)) << 16 * j;
            group->value[j] = reads->value[word];
        }
    }
}

struct rs_known *rs_recognise_learn(struct rs_recogniser *r, uint32_t generation,
                                    const struct rs_regs *regs, const struct rs_reads *reads,
                                    uint32_t identity)
{
    if (reads->incomplete || reads->count > RS_READS_MAX || !fits(reads))
        return NULL;
    tell_apart(r, generation, regs, reads);
    struct rs_known *known = place_for(r, set_of(r, generation, regs), generation);
    *known = (struct rs_known){0};
    note_written(r, known);
    uint32_t groups = (reads->count + RS_GROUP - 1) / RS_GROUP;
    struct rs_word_group *group = take_groups(r, known, groups);
    write_words(group, reads);
    known->group = group;
    known->end = group + groups;
    known->pc = regs->pc;
    known->sp = regs->sp;
    known->bp = regs->bp;
    known->bp_mask = reads->uses_bp ? -1 : 0;
    known->generation = generation;
    known->stack = identity;
    known->path = RS_NO_PATH;
    return known;
}

void rs_recognise_forget(struct rs_recogniser *r)
{
    enum { PIECES = RS_KNOWN_SETS * RS_KNOWN_WAYS / RS_KNOWN_PIECE };
    for (uint32_t piece = 0; piece < PIECES; piece++) {
        if (!(r->written[piece / 64] >> piece % 64 & 1))
            continue;
        for (uint32_t i = 0; i < RS_KNOWN_PIECE; i++)
            r->known[piece * RS_KNOWN_PIECE + i].pc = 0;
    }
    rs_zero(r->written, sizeof r->written);
}
