/* clang-format off: the grammar below keeps its lines; residue-profile(5) is made of them. */
/*
 * Profiles and the plan they are compiled to.
 *
 * A profile says which functions are watched, where interface pointers come from, and which
 * functions acquire and release things. It is text (below); `residue run` reads all profiles asked
 * for, checks them, and hands the shim one *plan*: flat tables, offsets instead of pointers, mapped
 * read-only, so the client's process parses nothing.
 *
 * Profile text: one statement a line, words separated by blanks, `#` begins a comment, a word may
 * be "quoted".
 *
 *   kind NAME class=CLASS [counted[=thread]] [numbers] [of=KIND] [release=FUNCTION]
 *       names a kind of resource. CLASS is block, mapping, buffer, critical-section, private-heap,
 *       module-reference, interface-reference, returned or other. `counted`: the same handle may be
 *       acquired several times and must be released as often (module references, init/cleanup
 *       counters); counted=thread: by the thread that acquired it. Otherwise a second acquisition
 *       of a handle replaces the first, unless the memory it lay in was freed in between.
 *       `numbers`: handles are ints from 0 (file descriptors). of=KIND: handles are KIND's, so that
 *       what releases a KIND releases these too (CloseHandle). release: the function's name that
 *       people are told; else that of the first `release` statement.
 *
 *   acquire FUNCTION KIND [handle=ret|argN|outN|outN[I]|none] [size=argN|argN*argM] [parent=argN]
 *             [ok=any|zero|nonzero|nonnegative|not-minus-one] [call=always|outermost|never]
 *             [if=argN:VALUE]
 *   release FUNCTION KIND [handle=argN|rowsN|none] [ok=...] [call=...] [if=...]
 *             [refuses]
 *   resize  FUNCTION KIND from=argN [handle=...] [size=...] [parent=...] [ok=...] [call=...]
 *             [if=...]
 *       N counts parameters from 1. outN: the handle is what parameter N, a pointer, points to
 *       afterwards; outN[I]: element I, from 0, of what it points to (pipe). rowsN (release only):
 *       the SRowSet or ADRLIST in parameter N, and its rows' properties. A resource with
 *       parent=argN is released with its parent (MAPIAllocateMore, HeapAlloc). Defaults: acquire
 *       handle=ret ok=nonzero (handle=outN: ok=zero; handle=none or argN: ok=any), release
 *       handle=arg1 ok=any, call=always. A KIND not named by a `kind` line becomes one of class
 *       `other`.
 *
 *       if: only where parameter N, an int, is VALUE (fcntl's F_DUPFD). refuses: the function says
 *       by a result other than 0 that it did not release what is linked to another
 * (MAPIFreeBuffer).
 *
 *   pair ACQUIRE RELEASE [options of acquire] [release-handle=argN|none] [kind=KIND] [counted]
 *       both at once; the kind is named after ACQUIRE unless given. `pair SSL_new SSL_free`
 *
 *   opens FUNCTION out=N [iid=M] [default=INTERFACE]
 *       parameter N hands out an interface pointer, of the interface that the IID in parameter M
 *       names, or else INTERFACE (of the tables): its methods are watched from then on.
 *
 *   watch GLOB
 *       watch every imported function whose name matches.
 *
 *   returns NAME N KIND [ok=...]
 *       what the function or method NAME (*::METHOD: of any interface) hands out in parameter N,
 *       and the tables say is the caller's to free, is a KIND in people's words:
 *       `returns *::GetProps 4 "property array"`. The first that fits holds; without one it is a
 *       "buffer". Default: ok=nonnegative.
 *
 *   budget INTERFACE MOST per=session|process TEXT
 *       a server's or a system's limit: so many objects of INTERFACE, TEXT in people's words, may
 *       be open at a time. A later line for the same interface replaces it.
 *
 * The MAPI tables (interfaces, slots, IIDs, exports) are shipped profiles in the tab-separated form
 * that shim/profiles/README.md describes; they compile to the same plan.
 */
/* clang-format on */
#ifndef RESIDUE_PROFILE_H
#define RESIDUE_PROFILE_H

#include <stdint.h>

#define RESIDUE_PLAN_MAGIC   "RESPLAN\x1a"
#define RESIDUE_PLAN_VERSION 4

/* Where a value of a call is found. Parameters count from 1 without `This`. */
enum residue_where {
    RESIDUE_WHERE_NONE = 0,
    RESIDUE_WHERE_RETURN = 1,
    RESIDUE_WHERE_ARGUMENT = 2, /* parameter `index` */
    RESIDUE_WHERE_OUT = 3,      /* (*parameter `index`)[`index2`], after the call */
    RESIDUE_WHERE_ROWS = 4,     /* the row set in parameter `index`, and what its rows lead to */
};

struct residue_place {
    uint8_t where;  /* enum residue_where */
    uint8_t index;  /* parameter, from 1 */
    uint8_t index2; /* sizes: parameter to multiply with, 0 = none; OUT: element, from 0 */
    uint8_t reserved;
};

enum residue_success { /* when an action counts, by the 64-bit (int: 32-bit) return value */
                       RESIDUE_SUCCESS_ANY = 0,
                       RESIDUE_SUCCESS_ZERO, /* low 32 bits are 0: HRESULT S_OK, int 0 */
                       RESIDUE_SUCCESS_NONZERO,
                       RESIDUE_SUCCESS_NONNEGATIVE,   /* int >= 0 */
                       RESIDUE_SUCCESS_NOT_MINUS_ONE, /* (void *)-1 and NULL mean failure:
                                                         iconv_open */
};

enum residue_action_op { RESIDUE_ACQUIRE = 1, RESIDUE_RELEASE = 2, RESIDUE_RESIZE = 3 };

struct residue_plan_action {
    uint8_t op;                  /* enum residue_action_op */
    uint8_t success;             /* enum residue_success */
    uint16_t kind;               /* index into kinds */
    struct residue_place handle; /* resize: the new handle */
    struct residue_place from;   /* resize: the old handle, an argument */
    struct residue_place size;
    struct residue_place parent; /* handle of the resource it is released with */
    uint32_t flags;              /* RESIDUE_ACTION_* */
    struct residue_place when;   /* an argument, or none: the action is one only when that, as */
    int32_t equals;              /* an int, is this */
};
#define RESIDUE_ACTION_IN_OUT  1u /* the caller may have put the handle there itself */
#define RESIDUE_ACTION_REFUSES 2u /* a result other than 0 says that nothing was released */

enum residue_counting {
    RESIDUE_COUNTED_NOT = 0,
    RESIDUE_COUNTED = 1,
    RESIDUE_COUNTED_BY_THREAD = 2,
};

struct residue_plan_kind {
    uint32_t name;    /* offset into strings, terminated */
    uint32_t release; /* the same: what usually releases one; "" = nothing known */
    uint8_t class;    /* enum residue_class of trace.h */
    uint8_t counted;  /* enum residue_counting */
    uint8_t numbers;  /* handles are ints, and 0 is one */
    uint8_t rows;     /* what releases one takes rows: RESIDUE_WHERE_ROWS */
    uint16_t space;   /* index of the kind whose handles these are: its own, or another's */
    uint16_t reserved2;
};

/* A limit of how many objects may be open: see struct residue_budget of trace.h. */
struct residue_plan_budget {
    uint32_t interface; /* offsets into strings */
    uint32_t text;
    uint32_t most;
    uint32_t per; /* enum residue_budget_per of trace.h */
};

/* An out-parameter that hands out an interface pointer. */
#define RESIDUE_NO_INTERFACE 0xffffu
#define RESIDUE_INTERFACE_BY_TYPE                                                                  \
    0xfffeu /* by the MAPI object type stored in *(uint32_t *)parameter */

struct residue_plan_out {
    uint8_t parameter; /* interface pointer is *(void **)parameter afterwards, if it succeeded */
    uint8_t iid_parameter;  /* pointer to an IID, may be NULL at run time; 0 = none */
    uint8_t type_parameter; /* for RESIDUE_INTERFACE_BY_TYPE */
    uint8_t reserved;
    uint16_t interface; /* index into interfaces if there is no IID, or it is NULL or unknown */
    uint16_t reserved2;
};

/* residue_plan_function.flags */
#define RESIDUE_WATCH_ALWAYS    1u /* executions are calls */
#define RESIDUE_WATCH_OUTERMOST 2u /* executions are calls when no watched call is active */
#define RESIDUE_FUNCTION_GLOB   4u /* the name is a glob (--watch); always a watched call */

/* A flat function, or a method (then it stands in an interface's range). */
struct residue_plan_function {
    uint32_t name;      /* offset into strings: "MAPILogonEx", "IMAPISession::OpenMsgStore" */
    int16_t parameters; /* without This; -1 = not known */
    uint8_t flags;
    uint8_t role; /* enum residue_role of trace.h */
    uint16_t out_first, out_count;
    uint16_t action_first, action_count;
    /* Methods: the index in its vtable; and where the vtable is that callers look it up in. base 0:
     * the object's own; 1: the same, and the class's type stands one word before it (C++). Else
     * that of the part of the object whose offset, in bytes, stands `base` words before the
     * object's own vtable (C++ objects that inherit virtually). */
    uint8_t slot, base;
    uint16_t reserved;
};

struct residue_plan_interface {
    uint32_t name;
    uint32_t method_first, method_count; /* into functions; in the order of the headers */
    uint32_t object_type; /* MAPI object type (MAPI_STORE = 1 ...) that means this, or 0 */
    uint16_t other; /* the same interface in another layout, for objects that are not of this one;
                       or RESIDUE_NO_INTERFACE */
    uint16_t
        probe; /* a slot that the vtable of an object of any of the layouts has: the last such */
};

struct residue_plan_iid {
    uint8_t guid[16]; /* as in memory: Data1..3 little-endian */
    uint16_t interface;
    uint16_t reserved;
};

/* residue_plan.flags */
#define RESIDUE_PLAN_CHARGE_THREADS 1u /* a thread created in a call works for that call */
#define RESIDUE_PLAN_LIMITS_RAISED  2u /* memory limits are higher by what the shim takes */

/* Tables begin at their offsets (bytes from the start of the plan), 8-byte aligned. functions: the
 * flat ones first, sorted by name (globs last among them), flat_count of them; then the methods. */
struct residue_plan {
    char magic[8];
    uint32_t version;
    uint32_t size; /* of the whole plan */
    uint32_t flags;
    uint32_t reserved;
    uint64_t quarantine;             /* bytes of freed objects to keep for a while; 0 = none */
    uint32_t flat_count, glob_count; /* the last glob_count of the flat_count are globs */
    uint32_t functions, function_count;
    uint32_t outs, out_count;
    uint32_t actions, action_count;
    uint32_t kinds, kind_count;
    uint32_t interfaces, interface_count;
    uint32_t iids, iid_count;
    uint32_t budgets, budget_count;
    uint32_t strings, strings_size;
};

/*
 * Handshake. The shim finds the runner through the environment variable RESIDUE_SOCKET, the path of
 * a unix stream socket. It makes the trace's shared mapping (a memfd) itself and sends it with a
 * hello; the runner keeps the descriptor, and answers with a welcome that carries the plan's
 * descriptor. Where no trace can be made, a hello without a descriptor says why, and no answer
 * comes.
 */
#define RESIDUE_SOCKET_VARIABLE "RESIDUE_SOCKET"

/* Address space that the shim takes beside the client: the trace's mapping, and its own tables.
 * Only what is used of it costs memory. */
#define RESIDUE_TRACE_SPACE ((uint64_t)64 << 30)
#define RESIDUE_TABLE_SPACE ((uint64_t)512 << 20)

/* On Windows, which keeps 8 bytes for each page of a section, used or not; in 64 and in 32 bits.
 * Who can't have so much tries a quarter, and a quarter of that, down to the least. */
#define RESIDUE_SECTION_SPACE_64    ((uint64_t)16 << 30)
#define RESIDUE_SECTION_SPACE_32    ((uint64_t)256 << 20)
#define RESIDUE_SECTION_SPACE_LEAST ((uint64_t)16 << 20)

struct residue_hello {
    char magic[8];    /* RESIDUE_TRACE_MAGIC */
    uint32_t version; /* RESIDUE_TRACE_VERSION */
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t how;     /* 0 = program started (exec), 1 = forked, 2 = attached to */
    uint32_t refusal; /* enum residue_refusal */
    uint32_t reserved;
};

enum residue_refusal {                             /* why a process is not recorded */
                       RESIDUE_REFUSAL_NONE = 0,   /* it is */
                       RESIDUE_REFUSAL_SPACE,      /* the limit of its address space (RLIMIT_AS) */
                       RESIDUE_REFUSAL_FILE_SIZE,  /* the limit of a file's size (RLIMIT_FSIZE) */
                       RESIDUE_REFUSAL_MEMORY,     /* the system has none */
                       RESIDUE_REFUSAL_DESCRIPTORS /* RLIMIT_NOFILE, its own or the runner's */
};

struct residue_welcome {
    char magic[8]; /* RESIDUE_PLAN_MAGIC */
    uint32_t version;
    uint32_t record; /* 0: this process is not to be recorded */
};

/*
 * On Windows runner and shim meet by the client's process id. Before the client begins the runner
 * makes a section named RESIDUE_MEETING_NAME and the process id in decimal: a residue_meeting with
 * the plan behind it, and the trace's section, named RESIDUE_TRACE_NAME and the process id. The
 * shim maps both and then says what came of it in `state`. Below residue_header.end the trace is
 * committed.
 */
#define RESIDUE_MEETING_NAME "Local\\residue-meeting-"
#define RESIDUE_TRACE_NAME   "Local\\residue-trace-"

/*
 * A client that has loaded the shim by itself asks residue.exe to attach, and looks for the meeting
 * until then: the event of this name and its process id is there as long as it does. Nothing need
 * be loaded into it.
 */
#define RESIDUE_ASKS_NAME "Local\\residue-asks-"

/*
 * What a client begins is followed too: its shim brings the child's meeting about, with the plan it
 * has itself; the child's shim makes the trace and, before the child runs, signs the runner's
 * roster (a section named RESIDUE_ROSTER_NAME and the runner's process id), sets its event
 * (RESIDUE_KNOCK_NAME), and waits a while until the runner holds the trace too.
 */
#define RESIDUE_ROSTER_NAME "Local\\residue-roster-"
#define RESIDUE_KNOCK_NAME  "Local\\residue-knock-"
#define RESIDUE_ROSTER_MOST 8192

enum residue_roster_state {
    RESIDUE_ROSTER_SIGNED = 1,
    RESIDUE_ROSTER_TAKEN = 2,   /* the runner holds its trace */
    RESIDUE_ROSTER_WRITTEN = 3, /* it has ended, and the trace is a file, or not worth one */
};

struct residue_roster {
    uint32_t count; /* signatures begun, perhaps more than there is room for */
    struct {
        uint32_t pid;
        uint32_t state; /* enum residue_roster_state; written last */
    } process[RESIDUE_ROSTER_MOST];
};

enum residue_meeting_state {
    RESIDUE_MEETING_OPEN = 0, /* the shim has not come yet */
    RESIDUE_MEETING_RECORDS = 1,
    RESIDUE_MEETING_REFUSED = 2, /* see refusal */
};

struct residue_meeting {
    char magic[8];        /* RESIDUE_PLAN_MAGIC */
    uint32_t version;     /* RESIDUE_PLAN_VERSION */
    uint32_t state;       /* enum residue_meeting_state; written last */
    uint32_t refusal;     /* enum residue_refusal */
    uint32_t size;        /* of the whole section */
    uint64_t trace_limit; /* size of the trace's section */
    uint32_t runner;      /* whose roster is to be signed; 0 = nobody waits for others */
    uint32_t child;       /* 1: of a process that another client began */
    struct residue_plan plan;
};

#endif
