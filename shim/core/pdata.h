/*
 * Unwind information of PE modules on x64: the function table (.pdata) and its unwind codes
 * (.xdata), as "x64 exception handling" in Microsoft's C++ documentation describes them.
 */
#ifndef SHIM_CORE_PDATA_H
#define SHIM_CORE_PDATA_H

#include "shim/core/row.h"

/* The rules at `pc`. Unless `exact`, it is inside of a call instruction and so in no epilogue;
 * `exact`: the frame was interrupted there. False: no information. Code that the table does not
 * name is of a leaf function, which keeps everything as it is; there is none of it around a call.
 */
bool rs_pdata_row(const struct rs_module *, uintptr_t pc, bool exact, struct rs_row *row);

/* Where the function that holds `pc` begins, of which it may be a part; 0 if the table does not
 * name it. */
uintptr_t rs_pdata_function(const struct rs_module *, uintptr_t pc);

#endif
