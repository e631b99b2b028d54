/*
 * Unwinding a stack exactly, from its registers and its words alone: .eh_frame and .pdata are read
 * by our own readers, so nothing locks, allocates or asks the loader. Async-signal-safe; all state
 * hangs off the arguments. The system is called only on stacks whose bounds are not known
 * (rs_os_read), for neither they nor the tables that lead through them need be whole.
 */
#ifndef SHIM_CORE_UNWIND_H
#define SHIM_CORE_UNWIND_H

#include <stddef.h>
#include <stdint.h>

/* What a callee keeps beside the frame pointer; si and di by Microsoft's ABI alone. */
struct rs_kept {
    uintptr_t bx, r12, r13, r14, r15, si, di;
};

/* Registers of the frame to start from: `pc` is a return address into it, `sp` its stack pointer
 * after that return. `kept` NULL: the others are not known; a walk that needs one, known or not, is
 * marked uncacheable. */
struct rs_regs {
    uintptr_t pc, sp, bp;
    const struct rs_kept *kept;
};

struct rs_module {
    uintptr_t start, end;        /* address range of its segments */
    const uint8_t *eh_frame_hdr; /* PT_GNU_EH_FRAME in memory; NULL = no unwind information */
    size_t eh_frame_hdr_size;
    const uint8_t *pdata; /* a PE module's exception directory in memory; NULL: it is none */
    size_t pdata_size;
    uintptr_t base; /* load bias; of a PE module where its image begins */
    uint32_t id;    /* identity in the trace, 0 = none */
    uint32_t skip;  /* 1: frames in it are walked but not reported (the shim itself) */
};

/* An immutable snapshot, sorted by start. */
struct rs_modules {
    const struct rs_module *list;
    uint32_t count;
    uint32_t generation; /* never the same for two lists */
};

/* The module that holds `pc`, or NULL. */
const struct rs_module *rs_modules_find(const struct rs_modules *, uintptr_t pc);

/* Where the stack lies: words outside are never read. {0,0} = not known. */
struct rs_stack_bounds {
    uintptr_t lo, hi;
};

enum { RS_STACK_MAX = 128, RS_READS_MAX = 512 };

enum rs_stop {
    RS_STOP_END,    /* the outermost frame */
    RS_STOP_DEPTH,  /* RS_STACK_MAX frames */
    RS_STOP_NO_CFI, /* code without unwind information: the last pc of the list is in it */
    RS_STOP_BAD,    /* the next frame would not lie where a frame can */
};

struct rs_stack {
    uint32_t depth;
    uint32_t stop;              /* enum rs_stop */
    uint32_t uncacheable;       /* the walk used a register that `regs` does not reliably hold */
    uintptr_t pc[RS_STACK_MAX]; /* return addresses, innermost first */
};

/* The stack words a walk read, in the order of reading: its result is a function of pc, sp, bp and
 * these. */
struct rs_reads {
    uint32_t count;
    /* 1: the result depends on more than these: on another register, on words below sp or on a
     * second stack. Such a stack can't be recognised. */
    uint32_t incomplete;
    uint32_t uses_bp; /* 1: the walk used the start's bp */
    /* Size of the first frame, where the start's pc alone tells it: its last word is the return
     * address. Else 0. */
    uint32_t lead;
    uint32_t offset[RS_READS_MAX]; /* bytes above sp */
    uintptr_t value[RS_READS_MAX];
};

/* What is known of return addresses: how to step from each. Zeroed memory of RS_RULE_CACHE_BYTES,
 * one a thread. */
struct rs_rule_cache;
#define RS_RULE_CACHE_BYTES (1024 * 128)

/* Lists the return addresses from `regs` outwards. A frame that a signal interrupted is listed one
 * byte on, so that pc - 1 is in the right line for every entry. Where it can't go on, `stop` says
 * why and what was found so far stands: nothing is guessed. The rule cache is the calling thread's
 * alone, and no handler may use it while this runs. */
void rs_unwind(const struct rs_modules *, struct rs_rule_cache *, const struct rs_regs *,
               struct rs_stack_bounds, struct rs_stack *out, struct rs_reads *reads_or_null);

#endif
