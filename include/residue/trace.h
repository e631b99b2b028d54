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
#define RESIDUE_TRACE_VERSION 4
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

/* The shadow: entries and leaves. */
#include <residue/trace_shadow.h>

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

/* Objects, their tally, misuse, the fault and budgets. */
#include <residue/trace_objects.h>

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
