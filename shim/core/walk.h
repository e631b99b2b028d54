/* One walk up a stack, between its steps: shared by unwind.c and cfi_expr.c. */
#ifndef SHIM_CORE_WALK_H
#define SHIM_CORE_WALK_H

#include <stdbool.h>
#include "shim/core/row.h"
#include "shim/core/unwind.h"

/* Where a register's value of the current frame is. Saved ones are read only when a rule asks for
 * them, so that a walk depends on as few words as possible. */
enum rs_place_kind {
    RS_PLACE_START, /* still what it was when the walk began */
    RS_PLACE_VALUE,
    RS_PLACE_MEMORY, /* in the word at `value` */
    RS_PLACE_LOST,
};

struct rs_place {
    uint32_t kind; /* enum rs_place_kind */
    uintptr_t value;
};

struct rs_walk {
    struct rs_place reg[RS_REGS];
    uintptr_t pc, start_sp;
    struct rs_stack_bounds bounds;
    struct rs_reads *reads;
    uintptr_t page;  /* of a stack whose bounds are not known: the last one found to be memory */
    bool exact;      /* the pc was interrupted there; it is no return address */
    bool left;       /* went on to a stack whose bounds are not known */
    bool unreliable; /* used a start register that is not reliably known */
};

/* A register's value; false if it is lost. */
bool rs_walk_register(struct rs_walk *, enum rs_reg, uintptr_t *value);

/* A word of the stack; false if it lies outside. */
bool rs_walk_word(struct rs_walk *, uintptr_t address, uintptr_t *value);

#endif
