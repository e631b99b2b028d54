/* DWARF expressions as call frame information uses them (DWARF 5, section 2.5). */
#ifndef SHIM_CORE_CFI_EXPR_H
#define SHIM_CORE_CFI_EXPR_H

#include "shim/core/walk.h"

/* Evaluates `length` bytes at `code` in the current frame; `cfa` (may be NULL) is on the stack at
 * first. False: an operation unknown here, or a word that can't be read. */
bool rs_expression(struct rs_walk *, const uint8_t *code, uint32_t length, const uintptr_t *cfa,
                   uintptr_t *result);

#endif
