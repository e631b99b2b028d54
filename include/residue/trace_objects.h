/*
 * The trace format's records of objects, of what was done wrong with them and with other things,
 * and of the fault a process died of. A part of trace.h, which tells the rest.
 */
#ifndef RESIDUE_TRACE_OBJECTS_H
#define RESIDUE_TRACE_OBJECTS_H

#include <residue/trace.h>
#include <stdint.h>

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
    uint32_t before;   /* id of the object that ended last at its address; 0 = none known */
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
    uint32_t thread;        /* of what is counted by thread: where it was done first; else 0 */
    uint32_t other_threads; /* 1: on others, too */
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

#endif
