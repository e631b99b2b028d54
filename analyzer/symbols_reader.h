/*
 * What reads one module's file. There is a kind of reader for each format of files; which ones a
 * build has depends on its system (symbols_reader_open).
 */
#ifndef ANALYZER_SYMBOLS_READER_H
#define ANALYZER_SYMBOLS_READER_H

#include "analyzer/symbols.h"
#include "analyzer/windows_path.h"

/* What is wanted; `identity` is NULL if it is not known. */
struct symbols_wanted {
    const char *path;
    const uint8_t *identity;
    size_t identity_size;
    const char *debug_path; /* as symbols_search has it */
    const struct windows_drives *drives;
};

struct symbols_reader;

struct symbols_kind {
    /* As symbols_lookup, but names are as the linker knows them, the last frame's function is NULL
     * where only file and line are known, and `address` is that of code, never a return address. */
    size_t (*lookup)(struct symbols_reader *, uint64_t address, struct symbol_frame *, size_t most);
    /* Tells in advance what will be looked up; NULL: nothing is gained by that. */
    void (*expect)(struct symbols_reader *, const uint64_t *addresses, size_t count);
    void (*close)(struct symbols_reader *);
};

struct symbols_reader {
    const struct symbols_kind *kind;
    char *problem; /* why there are no symbols, or not all of them: one line, or NULL */
};

/* `wanted` is copied as far as it is needed. NULL without memory; a file that cannot be used is a
 * problem. */
struct symbols_reader *symbols_reader_open(const struct symbols_wanted *);

struct symbols_reader *symbols_elf_reader(const struct symbols_wanted *);
struct symbols_reader *symbols_pe_reader(const struct symbols_wanted *);

/* Sets the problem to "PATH: text", made fit for one line. The first one stays. */
void symbols_complain(struct symbols_reader *, const char *path, const char *text);

/* A reader of nothing: it has a problem. */
struct symbols_reader *symbols_no_reader(const char *path, const char *problem);

#endif
