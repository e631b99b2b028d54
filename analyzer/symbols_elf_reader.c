/*
 * Reads ELF files by elfutils: build-ids are checked, debug information may be split (debug links,
 * /usr/lib/debug/.build-id) or come from a debuginfod server where DEBUGINFOD_URLS names one. A
 * module that is gone is found by its build-id in the same places.
 */
#include "analyzer/symbols_dwarf.h"
#include "analyzer/symbols_elf.h"
#include "analyzer/symbols_module.h"
#include "analyzer/symbols_reader.h"

#include <stdlib.h>
#include <string.h>

struct elf_reader {
    struct symbols_reader reader; /* its problem is the file's */
    Dwfl_Callbacks callbacks;
    char *path, *debug_path;
    struct symbols_module file;
    struct symbols_dwarf *dwarf; /* NULL: no debug information */
    Dwarf_Addr dwarf_bias;
    struct symbols_elf *elf; /* opened when the debug information has no name */
    bool elf_tried;
};

static void complain(struct elf_reader *reader, const char *problem)
{
    symbols_module_complain(&reader->file, reader->path, problem);
    reader->reader.problem = reader->file.problem;
}

/* The name in the symbol tables; they are read only when something asks. */
static const char *elf_name(struct elf_reader *reader, uint64_t address)
{
    if (!reader->elf_tried) {
        reader->elf_tried = true;
        reader->elf = symbols_elf_open(reader->file.module);
        if (!reader->dwarf && (!reader->elf || !symbols_elf_count(reader->elf)) &&
            !reader->file.problem)
            complain(reader, "no debug information and no function names");
    }
    return reader->elf ? symbols_elf_lookup(reader->elf, address) : NULL;
}

static size_t lookup(struct symbols_reader *base, uint64_t address, struct symbol_frame *frames,
                     size_t most)
{
    struct elf_reader *reader = (struct elf_reader *)base;
    size_t count = 0;
    if (!reader->file.module || !most)
        return 0;
    if (reader->dwarf)
        count = symbols_dwarf_lookup(reader->dwarf, address - reader->dwarf_bias, frames, most);
    if (!count)
        frames[count++] = (struct symbol_frame){0};
    struct symbol_frame *outermost = &frames[count - 1];
    if (!outermost->inlined &&
        (!outermost->function || strncmp(outermost->function, "_Z", 2) != 0)) {
        /* Debug information names functions of unnamed namespaces and lambdas by their last part
         * only; the symbol has all of it. */
        const char *name = elf_name(reader, address);
        if (name && (!outermost->function || strncmp(name, "_Z", 2) == 0))
            outermost->function = name;
    }
    return outermost->function || outermost->file ? count : 0;
}

static void close_reader(struct symbols_reader *base)
{
    struct elf_reader *reader = (struct elf_reader *)base;
    symbols_elf_close(reader->elf);
    symbols_dwarf_close(reader->dwarf);
    symbols_module_close(&reader->file);
    free(reader->debug_path);
    free(reader->path);
    free(reader);
}

static void read_file(struct elf_reader *reader, const struct symbols_wanted *wanted)
{
    symbols_module_open(&reader->file, &reader->callbacks, reader->path, wanted->identity,
                        wanted->identity_size);
    reader->reader.problem = reader->file.problem;
    if (!reader->file.module)
        return;
    const char *problem = NULL;
    Dwarf *dwarf = dwfl_module_getdwarf(reader->file.module, &reader->dwarf_bias);
    if (dwarf)
        reader->dwarf = symbols_dwarf_open(dwarf, &problem);
    if (problem)
        complain(reader, problem);
}

struct symbols_reader *symbols_elf_reader(const struct symbols_wanted *wanted)
{
    static const struct symbols_kind kind = {.lookup = lookup, .close = close_reader};
    struct elf_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->reader.kind = &kind;
    reader->path = strdup(wanted->path);
    reader->debug_path = strdup(wanted->debug_path ? wanted->debug_path : SYMBOLS_DEBUG_PATH);
    if (!reader->path || !reader->debug_path) {
        close_reader(&reader->reader);
        return NULL;
    }
    reader->callbacks = (Dwfl_Callbacks){
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
        .debuginfo_path = &reader->debug_path,
    };
    read_file(reader, wanted);
    return &reader->reader;
}
