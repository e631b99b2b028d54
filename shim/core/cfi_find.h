/*
 * Finding the unwind information of a pc: .eh_frame_hdr, CIE and FDE, as "Linux Standard Base,
 * Core: Exception Frames" lays them out.
 */
#ifndef SHIM_CORE_CFI_FIND_H
#define SHIM_CORE_CFI_FIND_H

#include "shim/core/reader.h"
#include "shim/core/unwind.h"

struct rs_cie {
    uint64_t code_align;
    int64_t data_align;
    uint8_t pointer_encoding;
    bool augmented; /* augmentation data has a length */
    bool signal;
    const uint8_t *program, *end;
};

struct rs_fde {
    uintptr_t start, end; /* code */
    const uint8_t *program, *program_end;
    struct rs_cie cie;
};

/* False: nothing known of the code at `pc`. */
bool rs_find_fde(const struct rs_module *, uintptr_t pc, struct rs_fde *);

/* LEB128, and a pointer in an encoding (DW_EH_PE_*) whose base, where it is relative to data, is
 * `data`. */
uint64_t rs_uleb(struct rs_reader *);
int64_t rs_sleb(struct rs_reader *);
uintptr_t rs_encoded(struct rs_reader *, uint8_t encoding, uintptr_t data);

#endif
