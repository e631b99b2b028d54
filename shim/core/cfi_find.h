/*
 * Finding the unwind information of a pc: .eh_frame_hdr, CIE and FDE, as "Linux Standard Base,
 * Core: Exception Frames" lays them out.
 */
#ifndef SHIM_CORE_CFI_FIND_H
#define SHIM_CORE_CFI_FIND_H

#include <stdbool.h>
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

/* Numbers at *at, which moves past them: LEB128, and a pointer in an encoding (DW_EH_PE_*) whose
 * base, where it is relative to data, is `data`. */
uint64_t rs_uleb(const uint8_t **at);
int64_t rs_sleb(const uint8_t **at);
uintptr_t rs_encoded(const uint8_t **at, uint8_t encoding, uintptr_t data);

/* A number of a fixed size at *at, which moves past it. Needs bytes.h. */
#define RS_READ(at, type)                                                                          \
    __extension__({                                                                                \
        type value_;                                                                               \
        rs_copy(&value_, *(at), sizeof value_);                                                    \
        *(at) += sizeof value_;                                                                    \
        value_;                                                                                    \
    })

#endif
