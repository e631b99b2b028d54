/*
 * The fault that a process dies of: where it happened, and which objects were at hand. Written when
 * the system tells of it, before anything else is done with it; a later one replaces it.
 */
#ifndef SHIM_CORE_FAULT_H
#define SHIM_CORE_FAULT_H

#include <stdint.h>
#include "shim/core/unwind.h"

struct rs_fault {
    uint32_t code;           /* the signal's number; Windows: the exception's code */
    uint64_t address;        /* that was touched; 0 = not known */
    struct rs_regs regs;     /* where it happened: pc is that of the instruction */
    const uintptr_t *values; /* all general registers */
    uint32_t value_count;
};

/* In a signal or exception handler of the thread that it happened to, wherever that was. */
void rs_fault_note(const struct rs_fault *);

/* After a fork, in the child. */
void rs_fault_reset(void);

#endif
