/*
 * Function names from an ELF file's symbol tables (and those of its debug file), for code without
 * debug information; stubs of the procedure linkage table are NAME@plt (x86). Not thread-safe.
 */
#ifndef ANALYZER_SYMBOLS_ELF_H
#define ANALYZER_SYMBOLS_ELF_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

struct symbols_elf;

/* `module` stays the caller's and must outlive the result. NULL without memory. */
struct symbols_elf *symbols_elf_open(Dwfl_Module *module);
void symbols_elf_close(struct symbols_elf *);

/* How many functions have names. */
size_t symbols_elf_count(const struct symbols_elf *);

/* The name as the linker knows it, or NULL. `address` is the module's without its load bias. */
const char *symbols_elf_lookup(const struct symbols_elf *, uint64_t address);

#endif
