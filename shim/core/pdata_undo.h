/* Taking a frame back, in thought: shared by pdata.c and pdata_epilogue.c. */
#ifndef SHIM_CORE_PDATA_UNDO_H
#define SHIM_CORE_PDATA_UNDO_H

#include "shim/core/row.h"

/* An entry of the function table: addresses relative to the image. */
struct rs_function {
    uint32_t begin, end, info;
};

/* A place on the stack: so far from what a register of the frame holds. */
struct rs_spot {
    enum rs_reg base;
    int64_t offset;
};

/* What is known when a part of the frame is taken back. */
struct rs_undo {
    struct rs_spot sp;             /* where the stack pointer then points */
    struct rs_spot saved[RS_REGS]; /* where registers' values lie */
    uint32_t known;                /* a bit for each of those that have one */
    uint32_t arguments;            /* bytes that returning takes off the stack */
    bool interrupted; /* the processor's own frame follows: pc there, sp three words on */
};

/* Registers by their numbers in instructions and in unwind codes. */
enum rs_reg rs_reg_of_machine(unsigned number);

/* The next word of the stack is taken off, into a register (or one that no callee keeps). */
void rs_undo_pop(struct rs_undo *, enum rs_reg);

/* Is `at` (relative to the image) in an epilogue of the function? Then what is left of it is in
 * `undo`. `sure`: the function's table says that it is one. `frame`: the frame register, or
 * RS_NO_REG. */
bool rs_pdata_epilogue(const struct rs_module *, const struct rs_function *, uint32_t at, bool sure,
                       enum rs_reg frame, struct rs_undo *undo);

/* Is `at` somewhere inside of a function, rather than its beginning or in none that is known? */
bool rs_pdata_is_part(const struct rs_module *, uint32_t at);

#endif
