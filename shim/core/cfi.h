/*
 * Call frame information: from a pc to the rules that restore the caller's registers, by running
 * the program that DWARF 5, section 6.4, describes.
 */
#ifndef SHIM_CORE_CFI_H
#define SHIM_CORE_CFI_H

#include "shim/core/row.h"

/* Numbers of the x86-64 psABI: 3, 6, 7, 10, 12..15 and 16. */
enum rs_reg rs_reg_of_dwarf(uint64_t number);

/* The rules at `pc` (already inside the call instruction for call frames). False: no information.
 */
bool rs_cfi_row(const struct rs_module *, uintptr_t pc, struct rs_row *row);

#endif
