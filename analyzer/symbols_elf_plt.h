/* The stubs of procedure linkage tables, which no symbol table names: each jumps through a slot,
 * and the slot's relocation has the name. x86-64 and i386; none elsewhere. */
#ifndef ANALYZER_SYMBOLS_ELF_PLT_H
#define ANALYZER_SYMBOLS_ELF_PLT_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols_elf_stub {
    uint64_t start, end; /* addresses within the file's */
    char *name;          /* NAME@plt */
};

struct symbols_elf_plt {
    struct symbols_elf_stub *stubs;
    size_t count, room;
};

/* False if there are none. `plt` begins zeroed and is to be freed in any case. */
bool symbols_elf_plt_read(struct symbols_elf_plt *plt, Elf *elf);
void symbols_elf_plt_free(struct symbols_elf_plt *plt);

#endif
