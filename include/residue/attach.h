/*
 * Attaching to a process that runs already. `residue attach` has a thread of the process load the
 * shim and call RESIDUE_ATTACH_FUNCTION, as if a signal handler did. From then on the shim is what
 * it is in a program that was started under it. Detaching needs no thread of the process: whoever
 * attached writes the slots back from outside, by the journal that the shim keeps of them.
 */
#ifndef RESIDUE_ATTACH_H
#define RESIDUE_ATTACH_H

#include <stdint.h>

#define RESIDUE_ATTACH_MAGIC    "RESATT\x1a"
#define RESIDUE_ATTACH_VERSION  1
#define RESIDUE_ATTACH_FUNCTION "residue_attach"     /* void (struct residue_attach_request *) */
#define RESIDUE_ATTACH_DATA     "residue_attachment" /* a struct residue_attachment */
#define RESIDUE_SHIM_FILE       "libresidue-shim.so"

enum residue_attach_result {
    RESIDUE_ATTACH_UNKNOWN = 0, /* the function has not come to its end */
    RESIDUE_ATTACH_RECORDS = 1,
    RESIDUE_ATTACH_ALREADY = 2, /* somebody records the process */
    RESIDUE_ATTACH_REFUSED = 3, /* no trace: the runner was told why, or could not be reached */
    RESIDUE_ATTACH_MEMORY = 4,  /* there is no memory for the shim's tables */
    RESIDUE_ATTACH_VERSIONS = 5 /* shim and command are not of one build */
};

struct residue_attach_request {
    char magic[8];
    uint32_t version; /* RESIDUE_ATTACH_VERSION */
    uint32_t result;  /* enum residue_attach_result; written by the shim, last */
    uint32_t verify;  /* unwind every stack in full, as RESIDUE_VERIFY=1 of `residue run` */
    uint32_t reserved;
    char socket[108]; /* the runner's, as the process sees it */
};

/* A slot the shim wrote to. 0 = none any more. */
struct residue_slot {
    uint64_t address;
    uint64_t was; /* what it is to be again, if it still holds `now` */
    uint64_t now;
};

/* In the client's memory. Addresses are the client's. */
struct residue_attachment {
    char magic[8];
    uint32_t version;
    uint32_t changing;   /* threads that are about to write to slots. None begins to while
                          *recording is 0 */
    uint64_t recording;  /* of a uint32_t: 0 = all that comes through a slot is handed on */
    uint64_t following;  /* of a uint32_t: 0 = forked children begin no traces */
    uint64_t slots;      /* of the journal: struct residue_slot, in no order */
    uint64_t slot_count; /* entries in use */
    char socket[108];    /* of the runner that attached last; "" = none, or `residue run` */
};

#endif
