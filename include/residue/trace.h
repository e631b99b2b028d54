/*
 * The trace format, version 3: what the shim writes and the analyzer reads. The two share this file
 * and nothing else.
 *
 * A trace is a file (or a shared mapping of one) that is complete at every moment: the shim's own
 * tables live in it, so a client that is killed loses nothing and another process may read it while
 * the client runs. All numbers are little-endian, of fixed size and naturally aligned; addresses
 * are 64 bits wide whatever the client's pointer size (`pointer_size` tells it). Offsets count
 * bytes from the start of the file.
 *
 *   header (4096 bytes)
 *   chunk, chunk, chunk ...      from header.header_size up to header.end, back to back
 *
 * A chunk begins with `struct residue_chunk`, its `size` leads to the next. Kinds of chunk:
 *
 *   RECORDS   records, back to back, each led by `struct residue_record`; `used` bytes are valid.
 * Some records are changed in place as long as the client runs (call counts, resources, modules).
 *   LEAF      one piece of the shadow of the address space: for each granule of 2^granule_bits
 * bytes of the client's memory one `residue_entry`. Untouched parts of a leaf are holes of the
 *             file, which read as zeros: empty entries.
 *   PACKED    a RECORDS chunk's payload, compressed with zstd. Only `residue run` writes it, when
 * it turns the live mapping into the compact file: there the leaves have become SURVIVORS records.
 *
 * Readers skip chunks and records of kinds they do not know. `version` changes when that is not
 * enough.
 *
 * Writing order: a record is complete before the chunk's `used` covers it; a chunk is complete
 * before header.end covers it; an entry is one word, written at once. A reader of a
 * live trace therefore sees whole things, if not all at the same moment.
 *
 * Every text is bytes with a length, UTF-8 where the client's system has it, not terminated.
 */
#ifndef RESIDUE_TRACE_H
#define RESIDUE_TRACE_H

#include <stdint.h>

#define RESIDUE_TRACE_MAGIC   "RESIDUE\x1a" /* 8 bytes; 0x1a stops a terminal's `type` */
#define RESIDUE_TRACE_VERSION 3
#define RESIDUE_BYTE_ORDER    0x01020304u
#define RESIDUE_HEADER_SIZE   4096u
#define RESIDUE_TRACE_LIMIT   ((uint64_t)1 << 46) /* no offset or size beyond this is believed */

enum residue_arch { RESIDUE_ARCH_X86_64 = 1, RESIDUE_ARCH_I386 = 2, RESIDUE_ARCH_AARCH64 = 3 };
enum residue_os { RESIDUE_OS_LINUX = 1, RESIDUE_OS_WINDOWS = 2 };

enum residue_state {
    RESIDUE_STATE_RUNNING = 1,  /* still recording, or killed while it did */
    RESIDUE_STATE_ENDED = 2,    /* the process ended and its end was seen: see exit_* */
    RESIDUE_STATE_REPLACED = 3, /* the process went on as another program (exec) */
};

enum residue_exit { RESIDUE_EXIT_UNKNOWN = 0, RESIDUE_EXIT_EXITED = 1, RESIDUE_EXIT_SIGNALED = 2 };

/* header.flags */
#define RESIDUE_FLAG_INCOMPLETE                                                                    \
    1u /* recording stopped early: something of ours failed, see `trouble` */
#define RESIDUE_FLAG_COMPACT 2u /* written by `residue run` after the end: SURVIVORS, no leaves */
#define RESIDUE_FLAG_FORKED  4u /* begun by fork: what the parent held is not listed */
#define RESIDUE_FLAG_ATTACHED                                                                      \
    8u /* begun by `residue attach`: what the process did before is not known */

struct residue_header {
    char magic[8];
    uint32_t version;
    uint32_t byte_order; /* RESIDUE_BYTE_ORDER as written by the client */
    uint32_t header_size;
    uint8_t pointer_size; /* 4 or 8 */
    uint8_t arch;         /* enum residue_arch */
    uint8_t os;           /* enum residue_os */
    uint8_t granule_bits; /* log2(RESIDUE_GRANULE) */
    uint64_t end;         /* where the next chunk will begin; grows */
    uint32_t flags;
    uint32_t state; /* enum residue_state */
    uint32_t pid, parent_pid;
    uint64_t start_unix_ns; /* wall clock at start, ns since 1970 */
    uint64_t start_mono_ns; /* CLOCK_MONOTONIC at start; all other times are ns since this */
    uint64_t end_ns;        /* when the state became ENDED */
    uint32_t exit_kind;     /* enum residue_exit */
    uint32_t exit_status;   /* exit status, or signal number */
    uint64_t missed;     /* acquisitions that could not be recorded (signal inside the shim, ...) */
    uint64_t shim_bytes; /* private memory of the shim itself, in no figure of the client's */
    uint32_t thread_count;  /* threads seen */
    uint32_t unwatched;     /* slots left alone because the shim's thunks were used up */
    char program[1024];     /* path of the executable, terminated */
    char trouble[256];      /* why recording stopped, terminated; empty = it did not */
    uint64_t verified;      /* stacks recognised and then unwound all the same (RESIDUE_VERIFY) */
    uint64_t differences;   /* of these, the ones that were not the same: 0, or a bug of ours */
    uint32_t leaf_bits;     /* log2 of the addresses that a leaf covers: RESIDUE_LEAF_BITS_* */
    uint8_t reserved[2692]; /* to 4096 */
};

#define RESIDUE_CHUNK_MAGIC 0x4b4e4843u /* "CHNK" */

enum residue_chunk_kind {
    RESIDUE_CHUNK_RECORDS = 1,
    RESIDUE_CHUNK_LEAF = 2,
    RESIDUE_CHUNK_PACKED = 3
};

struct residue_chunk {
    uint32_t magic;
    uint32_t kind;
    uint64_t size; /* whole chunk with this header, a multiple of 8 */
    uint64_t used; /* RECORDS: bytes of records; PACKED: bytes of zstd data; LEAF: 0 */
    uint64_t base; /* LEAF: first client address it covers; PACKED: bytes when unpacked; else 0 */
};

/* ---- the shadow ---- */

/* 32-bit heaps have their blocks at multiples of 8, half a granule, where others' are at 16. */
#if defined _WIN32 && !defined _WIN64
#define RESIDUE_GRANULE_BITS 4
#else
#define RESIDUE_GRANULE_BITS 5
#endif
#define RESIDUE_GRANULE (1u << RESIDUE_GRANULE_BITS)
/* A leaf covers 4 MiB of the client's addresses, most of them never touched. Where a hole of the
 * file costs memory all the same (Windows), 64 KiB: what the system hands out at a time. */
#define RESIDUE_LEAF_BITS_SPARSE 22
#define RESIDUE_LEAF_BITS_DENSE  16
#ifdef _WIN32
#define RESIDUE_LEAF_BITS RESIDUE_LEAF_BITS_DENSE
#else
#define RESIDUE_LEAF_BITS RESIDUE_LEAF_BITS_SPARSE
#endif
#define RESIDUE_LEAF_HEAD(bits) ((bits) == RESIDUE_LEAF_BITS_SPARSE ? 4096u : 128u)
#define RESIDUE_LEAF_PAGES      (1u << (RESIDUE_LEAF_BITS - 12))
#define RESIDUE_LEAF_SPAN       ((uint64_t)1 << RESIDUE_LEAF_BITS)
#define RESIDUE_LEAF_ENTRIES    (1u << (RESIDUE_LEAF_BITS - RESIDUE_GRANULE_BITS))

/*
 * One granule: the block that begins in it, if one does, in one word:
 *
 *   bits 63..40  site; 0 = no block begins here
 *   bits 39..8   ordinal: number of the innermost watched call of the site's path; outside the
 *                generation of modules, see residue_module.came
 *   bit 7        it begins in the middle of the granule, not at its start
 *   bit 6        it is large: its size stands in the next granule's entry, which is the block's
 *                own, with site 0 (bits 39..0 are the size)
 *   bits 5..0    else its size in bytes
 *
 * glibc never has two blocks begin within one granule of 32 bytes (its smallest chunk), and none
 * but at a half. What does not fit, of other allocators, is a RESOURCE record.
 */
typedef uint64_t residue_entry;

#define RESIDUE_SITE_LIMIT        (1u << 24)               /* no site has this identity */
#define RESIDUE_ENTRY_EMPTY_BELOW ((residue_entry)1 << 40) /* also no large size is this */
#define RESIDUE_ENTRY_MIDDLE      0x80u
#define RESIDUE_ENTRY_LARGE       0x40u
#define RESIDUE_SMALL_SIZES       64u /* the first size that is large: two granules */

static inline uint32_t residue_entry_site(residue_entry entry)
{
    return (uint32_t)(entry >> 40);
}

static inline uint32_t residue_entry_ordinal(residue_entry entry)
{
    return (uint32_t)(entry >> 8);
}

/* `next`: the entry after it, of no effect unless the block is large. False: a large block that was
 * on its way in or out when the two were read. (No branch on large: sizes come in any order.) */
static inline int residue_entry_size(residue_entry entry, residue_entry next, uint64_t *size)
{
    uint64_t large = -(uint64_t)((entry & RESIDUE_ENTRY_LARGE) != 0);
    *size = (next & large) | (entry & (RESIDUE_SMALL_SIZES - 1) & ~large);
    return ((next - RESIDUE_SMALL_SIZES) & large) < RESIDUE_ENTRY_EMPTY_BELOW - RESIDUE_SMALL_SIZES;
}

/* The head, up to the entries, has RESIDUE_LEAF_HEAD bytes: a sparse leaf's entries are
 * page-aligned. */
struct residue_leaf {
    struct residue_chunk chunk;
    uint32_t sections_total;               /* live critical sections and locks within the leaf */
    uint32_t overflow;                     /* blocks of this leaf that are RESOURCE records, ever */
    uint16_t sections[RESIDUE_LEAF_PAGES]; /* the same, per 4096-byte page */
    uint8_t reserved[RESIDUE_LEAF_HEAD(RESIDUE_LEAF_BITS) - 32 - 8 - 2 * RESIDUE_LEAF_PAGES];
    /* And room (sparse: a page) for the size of a large block that begins in the last granule. */
    residue_entry entry[RESIDUE_LEAF_ENTRIES + RESIDUE_LEAF_HEAD(RESIDUE_LEAF_BITS) / 8];
};

/* ---- records ---- */

struct residue_record {
    uint16_t kind; /* enum residue_record_kind */
    uint16_t reserved;
    uint32_t size; /* whole record with this header, a multiple of 8 */
};

/* Identities count from 1 in each kind; 0 means none. A record comes after all it refers to. */
enum residue_record_kind {
    RESIDUE_RECORD_MODULE = 1,
    RESIDUE_RECORD_NAME = 2,
    RESIDUE_RECORD_PATH = 3,
    RESIDUE_RECORD_STACK = 4,
    RESIDUE_RECORD_RESOURCE_KIND = 5,
    RESIDUE_RECORD_SITE = 6,
    RESIDUE_RECORD_RESOURCE = 7,
    RESIDUE_RECORD_CHECKPOINT = 8,
    RESIDUE_RECORD_SUMMARY = 9,
    RESIDUE_RECORD_SURVIVORS = 10,
    RESIDUE_RECORD_ARGUMENT = 11,
    RESIDUE_RECORD_RELOAD = 12,
    RESIDUE_RECORD_OBJECT = 13,
    RESIDUE_RECORD_TALLY = 14,
    RESIDUE_RECORD_MISUSE = 15,
    RESIDUE_RECORD_FAULT = 16,
    RESIDUE_RECORD_BUDGET = 17,
};

/* One file of code, however often it is loaded: path and build-id make the identity. Changed in
 * place. What stands for a build-id of a PE file is told by its length: 20 bytes are the GUID and
 * age that lead to its PDB; 12, where it has none, the header's time stamp, size of image and check
 * sum. */
struct residue_module {
    struct residue_record record;
    uint32_t id;
    uint32_t path_length;
    uint32_t build_id_length;
    uint32_t loads;   /* times it came */
    uint32_t unloads; /* times it went: gone when equal to loads */
    uint32_t
        came; /* generation of modules (it grows with each that comes or goes) of the last load */
    uint64_t bias;  /* of the last load: address = bias + offset */
    uint64_t start; /* of the last load: address range */
    uint64_t end;
    char text[]; /* path, then build-id bytes */
};

/* A module that came again after it had gone: how many calls of each path had come back by the last
 * time that it did. What their ordinals acquired is of an earlier load. Changed in place; one that
 * became too small has no module any more. */
struct residue_reload {
    struct residue_record record;
    uint32_t module;
    uint32_t paths;
    uint32_t finished[]; /* of path i + 1 */
};

/* The name of a watched call. */
enum residue_role { /* from the profile's role column */
                    RESIDUE_ROLE_NONE = 0,
                    RESIDUE_ROLE_QI,
                    RESIDUE_ROLE_ADDREF,
                    RESIDUE_ROLE_RELEASE,
                    RESIDUE_ROLE_OPEN,
                    RESIDUE_ROLE_ADVISE,
                    RESIDUE_ROLE_UNADVISE,
                    RESIDUE_ROLE_LOGOFF,
                    RESIDUE_ROLE_SHUTDOWN,
};

struct residue_name {
    struct residue_record record;
    uint32_t id;
    uint32_t role; /* enum residue_role */
    uint32_t length;
    uint32_t reserved;
    char text[]; /* "IMAPISession::OpenMsgStore", "MAPILogonEx", a scope's name */
};

/* A call path: the watched calls active on a thread; `parent` is the path without the innermost.
 * The counters change in place. */
struct residue_path {
    struct residue_record record;
    uint32_t id;
    uint32_t parent;   /* path id; 0 = outermost */
    uint32_t name;     /* name id of the innermost call */
    uint32_t depth;    /* calls on the path, from 1 */
    uint32_t started;  /* calls begun: also the last ordinal given */
    uint32_t finished; /* calls that came back, by return, exception or longjmp */
};

/* A stack, innermost frame first. The shim's own frames are left out. */
#define RESIDUE_STACK_TRUNCATED  1u /* deeper than the shim records */
#define RESIDUE_STACK_INCOMPLETE 2u /* ends at code without unwind information */

struct residue_frame {
    uint32_t module; /* module id; 0 = in no module: offset is the address (JIT code) */
    uint32_t flags;  /* RESIDUE_FRAME_EXACT: not a return address (interrupted by a signal) */
    uint64_t offset; /* address - the module's bias: the ELF virtual address, the PE
                        relative one */
};
#define RESIDUE_FRAME_EXACT 1u

struct residue_stack {
    struct residue_record record;
    uint32_t id;
    uint32_t depth;
    uint32_t flags;
    uint32_t reserved;
    struct residue_frame frame[];
};

/* What kind of thing a resource is. `class` tells the analyzer what to count it as. */
enum residue_class {
    RESIDUE_CLASS_BLOCK = 1,            /* heap block: malloc family, HeapAlloc ... */
    RESIDUE_CLASS_MAPPING = 2,          /* anonymous mmap */
    RESIDUE_CLASS_BUFFER = 3,           /* MAPI buffer */
    RESIDUE_CLASS_CRITICAL_SECTION = 4, /* critical section, mutex, rwlock, ... */
    RESIDUE_CLASS_PRIVATE_HEAP = 5,
    RESIDUE_CLASS_MODULE_REFERENCE = 6,
    RESIDUE_CLASS_INTERFACE_REFERENCE = 7,
    RESIDUE_CLASS_OTHER = 8, /* a pair of a user's profile */
    /* What a call handed out for its caller to free: a second look, under the call that returned
     * it, at memory that is a resource by itself. Without bytes. */
    RESIDUE_CLASS_RETURNED = 9,
};

struct residue_resource_kind {
    struct residue_record record;
    uint32_t id;
    uint32_t class; /* enum residue_class */
    uint32_t length;
    uint32_t release_length;
    char text[]; /* "heap block", "critical section", "SSL_new"; then the name of the function that
                    releases one: "FreeProws"; where there are several the usual one */
};

/* Where something is acquired: call path, stack and kind of thing. */
struct residue_site {
    struct residue_record record;
    uint32_t id;
    uint32_t path;  /* path id; 0 = outside */
    uint32_t stack; /* stack id; 0 = not known */
    uint32_t kind;  /* resource kind id; 0 = the place where something was released */
};

/* A resource that is no block of the shadow. Slots are reused: state FREE means nothing is here. */
enum residue_resource_state {
    RESIDUE_RESOURCE_FREE = 0,
    RESIDUE_RESOURCE_LIVE = 1,
};

struct residue_resource {
    struct residue_record record;
    uint32_t state; /* enum residue_resource_state; written last */
    uint32_t site;
    uint32_t ordinal;
    uint32_t freed_site; /* critical sections: site of the free of the block it lies in; 0 = block
                            lives */
    uint32_t freed_block_site; /* the site that block had been acquired at */
    uint32_t freed_ordinal;    /* ordinal of the call in which the block was freed */
    uint64_t handle;           /* its address or handle */
    uint64_t size;             /* bytes; 0 for things without bytes */
    uint64_t parent;           /* handle of the resource it is released with; 0 = none */
    uint32_t thread; /* kinds counted by thread: which acquired it (the system's id); else 0 */
    uint32_t reserved;
};

/* Checkpoints: what was live at one moment. One CHECKPOINT, then a SUMMARY for each site with a
 * survivor, all in order. */
#define RESIDUE_CHECKPOINT_PERIODIC 0u
#define RESIDUE_CHECKPOINT_TEARDOWN 1u /* just before a call of role logoff or shutdown */
#define RESIDUE_CHECKPOINT_END      2u /* when main returned or exit was called */

struct residue_checkpoint {
    struct residue_record record;
    uint32_t id;
    uint32_t reason; /* RESIDUE_CHECKPOINT_* */
    uint32_t path; /* teardown: the path of the teardown call; else the path whose count was due */
    uint32_t
        summaries;    /* how many SUMMARY records belong to it; written last: 0 while unfinished */
    uint64_t time_ns; /* since start */
    uint64_t private_bytes; /* of the process, less shim_bytes; 0 = not known */
    uint64_t tracked_bytes; /* all live resources with bytes */
    uint64_t tracked_count;
};

#define RESIDUE_BUCKETS 32

struct residue_summary {
    struct residue_record record;
    uint32_t checkpoint;
    uint32_t site;
    uint32_t calls;        /* the path's `started` at that moment */
    uint32_t bucket_width; /* ordinals per bucket: bucket i holds (i*width, (i+1)*width] */
    uint64_t survivors;
    uint64_t bytes;
    uint32_t first_ordinal, last_ordinal; /* of the survivors */
    uint32_t bucket_survivors[RESIDUE_BUCKETS];
    uint64_t bucket_bytes[RESIDUE_BUCKETS];
};

/*
 * Objects: what interface pointers lead to, from the call that handed one out to its last Release.
 * Several pointers may be one object's. An address is used again at once, so it is `id` that tells
 * an object. In the trace are all that live, and of those that ended the ones that were used
 * afterwards (and some that ended last). Changed in place; slots are reused: state FREE means
 * nothing is here.
 *
 * What happened to it are its events. `inner`: done by code that a watched call of the client's led
 * to, as a provider that holds a reference of its own; the others are the client's.
 */
enum residue_object_state {
    RESIDUE_OBJECT_FREE = 0,
    RESIDUE_OBJECT_LIVE = 1,
    RESIDUE_OBJECT_ENDED = 2, /* its last reference was released, or its memory is another's */
};

enum residue_event_kind {
    RESIDUE_EVENT_OPEN = 1, /* a call handed it out: a reference */
    RESIDUE_EVENT_QUERY,    /* QueryInterface handed it out: a reference */
    RESIDUE_EVENT_ADDREF,
    RESIDUE_EVENT_RELEASE,
    RESIDUE_EVENT_LOGOFF,   /* a method of role logoff or shutdown succeeded */
    RESIDUE_EVENT_ADVISE,   /* `value` is the connection */
    RESIDUE_EVENT_UNADVISE, /* `value` is the connection */
    RESIDUE_EVENT_CALL,     /* another method, after the end: the path of `site` names it */
    RESIDUE_EVENT_FAULT,    /* it was at hand when the process died: see residue_fault */
};

#define RESIDUE_EVENT_INNER     1u /* see above */
#define RESIDUE_EVENT_AFTER_END 2u /* the object had ended when the call began */
#define RESIDUE_EVENT_ENDED_IT  4u /* the object ended by it */

struct residue_event {
    /* Call path (the call's own, innermost) and stack. Kind: of class INTERFACE_REFERENCE where a
     * reference was taken, of class OTHER for ADVISE ("advise connection"), else 0. */
    uint32_t site;
    uint8_t kind;  /* enum residue_event_kind */
    uint8_t flags; /* RESIDUE_EVENT_* */
    uint16_t reserved;
    uint32_t value;    /* AddRef, Release: what it returned; else as its kind says, or 0 */
    uint32_t ordinal;  /* of the call at `site` */
    uint32_t thread;   /* the system's id */
    uint32_t sequence; /* numbers all events of a process, from 1 */
};

#define RESIDUE_OBJECT_USED_AFTER_END 1u
#define RESIDUE_OBJECT_FREED          2u /* the block it lies in was seen to go when it ended */

struct residue_object {
    struct residue_record record;
    uint32_t state;     /* enum residue_object_state; written last */
    uint32_t id;        /* numbers objects, from 1 */
    uint32_t parent;    /* id of the object it was opened from, perhaps gone; 0 = none known */
    uint32_t interface; /* name id: "IMessage", the largest interface it was seen to have */
    uint32_t site;      /* where it was opened: by the client, if it was; kind: of class
                           INTERFACE_REFERENCE */
    uint32_t ordinal;
    uint32_t flags;    /* RESIDUE_OBJECT_* */
    uint32_t held;     /* references that the client holds: opened, queried and added by it, less
                          those it released */
    uint64_t address;  /* where the object begins, as far as is known */
    uint32_t unlisted; /* earlier events left out: AddRefs and Releases that match in pairs */
    uint32_t count;    /* of events */
    uint32_t room;     /* events there is room for */
    uint32_t reserved;
    struct residue_event event[];
};

/* What the objects opened at one site that ended well had in common: how many times an event came
 * from one site. To be compared with those of one that did not end. Changed in place. */
struct residue_tally {
    struct residue_record record;
    uint32_t opened; /* site */
    uint32_t site;   /* of the events; 0: the objects themselves are counted */
    uint32_t kind;   /* enum residue_event_kind; 0 with site 0 */
    uint32_t reserved;
    uint64_t count;
};

/* Something done that never is right, and how often. Changed in place. Findings. */
enum residue_misuse_kind {
    RESIDUE_MISUSE_LINKED_FREED = 1, /* a buffer linked to another was freed by itself */
    RESIDUE_MISUSE_WRONG_FUNCTION,   /* released by another function than its kind names */
    RESIDUE_MISUSE_WRONG_ALLOCATOR,  /* a buffer given to free, a block to MAPIFreeBuffer */
    RESIDUE_MISUSE_DOUBLE_FREE,
    RESIDUE_MISUSE_NOT_HELD,       /* a counted thing released more often than acquired */
    RESIDUE_MISUSE_USED_AFTER_END, /* a method of an object that had ended */
    RESIDUE_MISUSE_NOT_LOGGED_OFF, /* an object with a logoff ended without */
    RESIDUE_MISUSE_OPEN_AT_LOGOFF, /* an object was held by the client when the one that it was
                                      opened from, at whatever remove, logged off */
    RESIDUE_MISUSE_PARENT_FIRST,   /* an object with a logoff, and not logged off, was let go by the
                                      client before one opened from it */
    RESIDUE_MISUSE_SINK_OUTLIVES,  /* advised, and not unadvised when the session (or the store,
                                      which logged off) was gone */
};

struct residue_misuse {
    struct residue_record record;
    uint32_t misuse;        /* enum residue_misuse_kind */
    uint32_t resource_kind; /* what it was done to; 0 = an object: see interface */
    uint32_t interface;     /* name id of the object's interface, or 0 */
    uint32_t site;          /* where: call path and stack; kind 0 */
    uint32_t acquired_site; /* where what it was done to was acquired or opened; 0 = not known */
    uint32_t released_site; /* double free: where it was released before; used after end: where it
                               ended; else 0 */
    uint32_t first_ordinal, last_ordinal; /* of the calls at acquired_site, else at site */
    uint64_t count;
};

/* The fault that the process died of, as far as it was seen. */
struct residue_fault {
    struct residue_record record;
    uint32_t code;    /* the signal's number; Windows: the exception's code */
    uint32_t site;    /* call path and stack, which begins where it happened; kind 0; or 0 */
    uint64_t address; /* that was touched; 0 = not known */
    uint32_t thread;
    uint32_t object; /* id of an object that had ended and was at hand, in a register or nearby; its
                        last event tells the same; 0 = none */
};

/* From the profile: how many of an interface's objects may be open at a time. */
struct residue_budget {
    struct residue_record record;
    uint32_t most;
    uint32_t interface_length; /* "IMAPIFolder", or a call's name, whose executions count */
    uint32_t text_length;
    uint32_t per; /* enum residue_budget_per */
    char text[];  /* the interface, then what people are told: "open folders per session" */
};
enum residue_budget_per {
    RESIDUE_BUDGET_SESSION = 1, /* objects opened from one object of no parent */
    RESIDUE_BUDGET_PROCESS = 2,
};

/* Compact files only: what was live at one site at the end and has nothing to be told but its size,
 * sorted by ordinal. Columns of numbers, which pack well: `count` ordinals, each as the difference
 * to the one before it; `count` sizes; if WIDE, the upper halves of the sizes; and if COUNTED, how
 * many there are alike (else 1). */
#define RESIDUE_SURVIVORS_WIDE    1u
#define RESIDUE_SURVIVORS_COUNTED 2u

struct residue_survivors {
    struct residue_record record;
    uint32_t site;
    uint32_t flags; /* RESIDUE_SURVIVORS_* */
    uint64_t count;
    uint32_t column[];
};

/* One argument of the command line, in order. */
struct residue_argument {
    struct residue_record record;
    uint32_t length;
    uint32_t reserved;
    char text[];
};

#endif
