/* What a row of rules says, carried out on registers at hand: for tests that know what is to come
 * out. */
#ifndef ROW_APPLY_H
#define ROW_APPLY_H

#include "shim/core/row.h"

struct row_registers {
    uintptr_t pc, value[RS_REGS];
};

/* From a frame to its caller. `readable` tells of each word read whether it may be. False: a word
 * may not, or a rule is of a kind that no .pdata gives. */
bool row_apply(const struct rs_row *, struct row_registers *, bool (*readable)(uintptr_t address));

#endif
