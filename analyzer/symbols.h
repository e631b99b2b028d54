/*
 * From a module's file and an offset to function, file and line, inlined frames included. A file
 * counts only if it is what the program had loaded. How each kind of file is read:
 * symbols_reader.h. Not thread-safe.
 */
#ifndef ANALYZER_SYMBOLS_H
#define ANALYZER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* NULL and 0 mean not known. Texts are owned by the symbols object. */
struct symbol_frame {
    const char *function;
    const char *file;
    uint32_t line;
    bool inlined; /* into the next frame */
};

/* NULL without memory. Opens no file: modules are opened when they are first asked about. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *);

/* Where debug files are, in place of ":.debug:/usr/lib/debug": folders beside the module, and from
 * the root. To be set before the first lookup. */
void symbols_search(struct symbols *, const char *debug_path);

/* The folder that is a Windows program's drive (a lower-case letter) on this machine, in place of
 * Wine's. To be set before the first lookup. */
void symbols_drive(struct symbols *, char letter, const char *folder);

/* Tells that an address will be looked up: some readers ask another program, once for all of a
 * module's. Opens no file. */
void symbols_expect(struct symbols *, const char *path, const uint8_t *build_id,
                    size_t build_id_size, uint64_t offset, bool is_return_address);

/* `path` is where the module was at run time, `build_id` (may be NULL) what it was: of ELF files
 * that, of PE files their identity (pe.h). `offset` is the address less the load bias. A return
 * address is looked up as the call before it. Fills up to `most` frames, innermost inline first,
 * and returns their number: 0 = nothing is known. */
size_t symbols_lookup(struct symbols *, const char *path, const uint8_t *build_id,
                      size_t build_id_size, uint64_t offset, bool is_return_address,
                      struct symbol_frame *frames, size_t most);

/* Why a module that was looked up gave no symbols, or may lack some: one line, or NULL. */
const char *symbols_problem(struct symbols *, const char *path);

#endif
