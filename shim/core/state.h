/*
 * What the shim knows in one process. `recording` stands on a page of its own that the kernel wipes
 * in a forked child: whoever finds it 0 does nothing, or begins a trace for the child
 * (begin_child).
 */
#ifndef SHIM_CORE_STATE_H
#define SHIM_CORE_STATE_H

#include <residue/profile.h>
#include <residue/trace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/core/lock.h"

#define RS_PAGE 4096

/* Not looked for through the global offset table: for what the hot paths ask. */
#ifdef _WIN32
#define RS_HIDDEN
#else
#define RS_HIDDEN __attribute__((visibility("hidden")))
#endif

/* A pointer computed here is kept: else the compiler computes it anew from its parts at each use.
 */
#define RS_KEPT(pointer) __asm__("" : "+r"(pointer))

struct rs_guard {
    uint32_t recording;
    unsigned char rest[RS_PAGE - 4];
};
extern struct rs_guard rs_guard RS_HIDDEN;

#define RS_ADDRESS_BITS (sizeof(void *) == 8 ? 47 : 32)
/* Is there no shadow of the address? */
static inline bool rs_is_beyond(uint64_t address)
{
    return address >> RS_ADDRESS_BITS;
}
#define RS_TOP_ENTRIES ((size_t)1 << (RS_ADDRESS_BITS - RESIDUE_LEAF_BITS)) /* leaves */

/* One table of all leaves costs only what is touched of it. Where memory must be asked for, and
 * leaves are many, there is a table of tables; those where there is nothing are one, which is
 * empty. */
#ifdef _WIN64
#define RS_TABLE_BITS    15
#define RS_TABLE_ENTRIES ((size_t)1 << RS_TABLE_BITS)
typedef struct residue_leaf **rs_top_entry;
#define RS_TOP_BYTES ((RS_TOP_ENTRIES >> RS_TABLE_BITS) * sizeof(rs_top_entry))
#else
typedef struct residue_leaf *rs_top_entry;
#define RS_TOP_BYTES (RS_TOP_ENTRIES * sizeof(rs_top_entry))
#endif

struct rs_state {
    struct residue_header *trace; /* the mapping */
    uint64_t trace_limit;         /* its size */
    rs_top_entry *top;            /* leaf of each RESIDUE_LEAF_SPAN of addresses, or NULL */
    const struct residue_plan *plan;
    uint32_t whole; /* recorded since the process began: all that is held was seen to be acquired */
    uint32_t epoch; /* counts traces of this process line: a fork begins the next */
    uint32_t session; /* from 1: counts attachments. Calls that were active before one are not
                         followed in it */
    uint32_t
        was_recording;   /* outlives a fork: tells a forked child that there is a trace to begin */
    uint32_t verify;     /* unwind every stack in full, recognised or not, and count differences */
    struct rs_lock lock; /* all intern tables and the trace's chunk list */
};
extern struct rs_state rs RS_HIDDEN;

static inline bool rs_recording(void)
{
    return __builtin_expect(*(const volatile uint32_t *)&rs_guard.recording != 0, 1);
}

/* Something of ours failed: one line on stderr, the trace is marked, the client runs on unrecorded.
 */
void rs_give_up(const char *why);

/* The same before recording has begun, into a trace that was just made. Returns false. */
bool rs_refuse(struct residue_header *trace, const char *why);

/* One argument of the client's command line, the next one. */
void rs_write_argument(const char *text, size_t length);

/* The plan's budgets, into a trace that begins. */
void rs_write_budgets(void);

/* The process, which is recorded, is about to end with this status. */
void rs_note_end(uint32_t status);

/* Tables of the plan. */
static inline const void *rs_plan_at(uint32_t offset)
{
    return (const unsigned char *)rs.plan + offset;
}
static inline const char *rs_plan_text(uint32_t offset)
{
    return (const char *)rs_plan_at(rs.plan->strings) + offset;
}
static inline const struct residue_plan_function *rs_plan_function(uint32_t index)
{
    return (const struct residue_plan_function *)rs_plan_at(rs.plan->functions) + index;
}

#endif
