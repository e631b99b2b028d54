/*
 * Finding the unwind information of a pc: .eh_frame_hdr, CIE and FDE, as "Linux Standard Base,
 * Core: Exception Frames" lays them out.
 */
#ifndef SHIM_CORE_CFI_FIND_H
#define SHIM_CORE_CFI_FIND_H

#include <stdbool.h>
#include "shim/core/bytes.h"
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

/* Bytes of unwind information, read in order. What lies behind `end` reads as 0, and is remembered:
 * a module's tables may be damaged, and the client must not be. */
struct rs_reader {
    const uint8_t *at, *end;
    bool over;
};

static inline struct rs_reader rs_reader(const void *at, const void *end)
{
    return (struct rs_reader){at, end, false};
}

/* `count` bytes, which the reader moves past; NULL if there are not as many. */
static inline const uint8_t *rs_read_bytes(struct rs_reader *reader, uint64_t count)
{
    const uint8_t *bytes = reader->at;
    if (reader->over || count > (uint64_t)(reader->end - bytes)) {
        reader->over = true;
        reader->at = reader->end;
        return NULL;
    }
    reader->at += count;
    return bytes;
}

/* A number of `size` bytes, at most 8. */
static inline uint64_t rs_read_number(struct rs_reader *reader, unsigned size)
{
    uint64_t value = 0;
    const uint8_t *bytes = rs_read_bytes(reader, size);
    if (bytes)
        rs_copy(&value, bytes, size);
    return value;
}

#define RS_READ(reader, type) ((type)rs_read_number((reader), sizeof(type)))

/* LEB128, and a pointer in an encoding (DW_EH_PE_*) whose base, where it is relative to data, is
 * `data`. */
uint64_t rs_uleb(struct rs_reader *);
int64_t rs_sleb(struct rs_reader *);
uintptr_t rs_encoded(struct rs_reader *, uint8_t encoding, uintptr_t data);

#endif
