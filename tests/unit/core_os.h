/*
 * The core on a system that a test holds in its hand: the seam of shim/core/os.h with memory that
 * can run out, a clock that stands still and threads that are declared dead; a trace in a memfd,
 * as the shim has it; a plan from profile text; and calls of watched functions as a thunk would
 * make them.
 */
#ifndef CORE_OS_H
#define CORE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "analyzer/trace.h"
#include "shim/core/thread.h"
#include "shim/core/unwind.h"

struct core_os {
    /* What the system does. */
    unsigned maps_left;                  /* rs_os_map fails when it is 0; it begins at UINT_MAX */
    uint64_t now_ns;                     /* the clock */
    uint64_t private_bytes;              /* of the process */
    uint32_t thread_id;                  /* of the calling thread; 0 = the real one */
    const struct rs_found_module *found; /* what rs_os_find_module finds; NULL = nothing */
    uint32_t dead[8];                    /* ids of threads that are gone */
    bool no_touched;                     /* the system can't tell touched pages */
    void (*interrupt)(void);             /* runs in rs_os_stack_bounds, as a signal handler might */
    /* What the core did. */
    unsigned maps;     /* calls of rs_os_map that succeeded */
    unsigned said;     /* lines printed */
    char trouble[256]; /* why it gave up; empty = it did not */
    int fd;            /* the trace */
};
extern struct core_os core_os;

/* A trace of at most `limit` bytes, recorded with a plan of `profile` (text, may be ""). */
void core_begin(uint64_t limit, const char *profile);
enum { CORE_LIMIT = 1 << 30 };

/* The same with the plan of a shipped profile ("mapi", "mapi4linux"). */
void core_begin_shipped(uint64_t limit, const char *name);

/* Tells the core which modules are loaded: from then on sites have real stacks. */
void core_load_modules(void);

/* Sites 1 .. count of heap blocks, each of a call path of its own. */
void core_sites(uint32_t count);

/* What the analyzer reads in the trace right now; trace_close it. */
struct trace *core_read(void);

/* The index-th record of a kind from 0, as it stands in the trace; NULL when there are fewer. */
const void *core_record(uint16_t kind, unsigned index);
unsigned core_record_count(uint16_t kind);

/* Is a resource of the plan's (or the core's) kind live under this handle, by the trace? */
bool core_live(uint32_t kind, uint64_t handle);

/* How many resources are live, of all kinds. */
unsigned core_live_count(void);

/* The calling thread, as an event finds it: busy. core_done ends it. */
struct rs_thread *core_thread(void);
void core_done(struct rs_thread *);

/* Watches the plan's function of that name, as if it were at `target`. Its thunk. */
uintptr_t core_watch(const char *name, uintptr_t target);

/* Calls the function behind `thunk` as a client would, with up to five arguments in registers (more
 * in `stack`, the seventh parameter onward); `body` is the function and its return value the
 * result. */
struct core_call {
    uintptr_t thunk;
    uint64_t argument[6];
    uint64_t (*body)(void *);
    void *closure;
    uint64_t result; /* returned by the function when there is no body */
};
uint64_t core_call(const struct core_call *);
uint64_t core_call_long(const struct core_call *, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                        uint64_t seventh, uint64_t eighth);

/* Registers of the calling function's caller, as a wrapper of the malloc family passes them. */
#define CORE_REGS() RS_CALLER_REGS()

#endif
