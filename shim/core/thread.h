/* What the shim knows of one thread: its active calls and its caches. Only the thread itself
 * touches it. */
#ifndef SHIM_CORE_THREAD_H
#define SHIM_CORE_THREAD_H

#include <stdbool.h>
#include <residue/trace.h>
#include <stdint.h>
#include "shim/core/recognise.h"
#include "shim/core/self.h"
#include "shim/core/unwind.h"

enum {
    RS_CALLS_MAX = 64,  /* nested watched functions followed; deeper ones are charged to the 64th */
    RS_RECENT_MAX = 16, /* blocks remembered while inside an allocating pair */
    RS_SITE_CACHE = 1024, /* powers of two */
    RS_PATH_CACHE = 64
};

/* The name of a watched function, with its identity in the current trace. */
struct rs_call_name {
    const char *text; /* lives as long as the process */
    uint32_t role;    /* enum residue_role */
    uint32_t id;      /* valid while epoch == rs.epoch */
    uint32_t epoch;
};

/* One execution of a watched function on this thread's stack. */
struct rs_call {
    uintptr_t frame;           /* address of its frame: it lives while the stack pointer is below */
    struct rs_call_name *name; /* NULL: it is no call itself, only a pair */
    struct residue_path *record; /* of its path; NULL: it is no call itself */
    uint32_t path;               /* path and ordinal that hold inside it */
    uint32_t ordinal;
    uintptr_t pc;    /* scopes: where it began */
    bool unwinds;    /* its frame has a personality: exceptions tell us when it goes */
    bool on_stack;   /* its frame lies on the thread's own stack, not on a coroutine's */
    bool scope;      /* the program named it: it ends when the program says so */
    bool absorbed;   /* what it acquires is the inner layer of an outer acquisition */
    bool memory;     /* it acquires memory with a size: see recent */
    bool constructs; /* it runs constructors: what they acquire is theirs, no inner layer of it */
    uint8_t class;   /* enum residue_class it acquires, 0 = none */
    uint16_t kind;   /* and which of the plan's kinds, by whose handles it has */
    uint64_t before; /* what an in/out parameter was; or the parent of what is released */
};

/* A block acquired inside an allocating pair: see inner.h. */
struct rs_recent {
    uintptr_t address;
    uint64_t size;
    uint32_t kind; /* plan kind of a resource; UINT32_MAX: a block of the shadow */
};

struct rs_site_slot {
    uint32_t path, stack, kind, site;
};

struct rs_path_slot {
    uint32_t parent, name, path;
    struct residue_path *record;
};

struct rs_thread {
    /* What each event looks at, in one cache line. */
    union {
        struct {
            uint32_t busy;         /* inside the shim: nested events come from a signal handler */
            uint32_t memory_depth; /* active functions that acquire memory with a size */
        };
        uint64_t special; /* both at once, busy in the lower half: 0 nearly always */
    };
    uintptr_t top; /* frame of the innermost active function; UINTPTR_MAX = none; 0 = what the
                      thread knows is of an earlier trace */
    uint32_t path, ordinal; /* of the innermost active call; 0 = outside */
    struct rs_recogniser *recogniser;

    uint32_t id; /* system's id, to find out whether the thread still lives */
    uint32_t base_path,
        base_ordinal;  /* what the thread works for while no call is active (option) */
    uint32_t depth;    /* calls in use */
    uint32_t overflow; /* active watched functions beyond RS_CALLS_MAX */
    uint32_t recent_count;
    uint32_t ticks;     /* calls since they were last added to the process's count, */
    uint32_t ticks_due; /* and at how many they are */
    const struct rs_modules *volatile reading; /* the module list it unwinds with */
    struct rs_stack_bounds bounds;
    struct rs_thread *next;
    struct rs_rule_cache *rules;
    struct rs_stack stack; /* of the walk under way: too large for the client's stack */
    struct rs_reads reads;
    struct residue_frame frames[RS_STACK_MAX];
    struct rs_call call[RS_CALLS_MAX];
    struct rs_recent recent[RS_RECENT_MAX];
    struct rs_site_slot site[RS_SITE_CACHE];
    struct rs_path_slot known_path[RS_PATH_CACHE];
};

/* The calling thread's, made at first use. NULL when there is no memory, or in a signal handler
 * that interrupts the making: the event is not recorded. */
struct rs_thread *rs_thread_attach(void);

static inline struct rs_thread *rs_thread(void)
{
    struct rs_thread *self = rs_self;
    return __builtin_expect(self != NULL, 1) ? self : rs_thread_attach();
}

/* The calling thread forgets its active calls and all that was of an earlier trace. */
void rs_thread_renew(struct rs_thread *);

/* Marks the thread busy; false when it already is (a signal handler interrupted the shim). */
static inline bool rs_thread_begin(struct rs_thread *self)
{
    if (__builtin_expect(self->busy != 0, 0))
        return false;
    self->busy = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(!self->top, 0))
        rs_thread_renew(self);
    return true;
}

static inline void rs_thread_end(struct rs_thread *self)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->special = (uint64_t)self->memory_depth << 32; /* whole: see rs_block_expected */
}

/* First of the list of all threads ever, some of them gone. */
struct rs_thread *rs_threads(void);

/* Another trace begins while all threads run on, none of them recording: each renews what it knows
 * before it next records. */
void rs_threads_renew(void);

/* After a fork, in the child: only the calling thread is left; its caches are empty. */
void rs_threads_reset(void);

#endif
