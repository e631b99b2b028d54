/*
 * Functions, inlined ones, files and lines from DWARF 2 to 5. Units are found by the ranges of
 * their own entries, because not every compiler writes .debug_aranges; the functions of a unit are
 * indexed when an address first falls into it. Not thread-safe.
 */
#ifndef ANALYZER_SYMBOLS_DWARF_H
#define ANALYZER_SYMBOLS_DWARF_H

#include "analyzer/symbols.h"

#include <elfutils/libdw.h>

struct symbols_dwarf;

/* `dwarf` stays the caller's and must outlive the result. NULL without memory. `*problem` becomes a
 * text without a name in it if the information is damaged, and is left alone otherwise. */
struct symbols_dwarf *symbols_dwarf_open(Dwarf *dwarf, const char **problem);
void symbols_dwarf_close(struct symbols_dwarf *);

/* As symbols_lookup, but names are as the linker knows them; the last frame's function is NULL
 * where only file and line are known. `address` is one of the DWARF file's. */
size_t symbols_dwarf_lookup(struct symbols_dwarf *, uint64_t address, struct symbol_frame *frames,
                            size_t most);

#endif
