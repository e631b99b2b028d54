/* Symbols of PE modules: what `marked` finds in the file itself must be found by its debug
 * information, wherever that is. */
#include "analyzer/pe.h"
#include "analyzer/symbols.h"
#include "tests/unit/symbols_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct symbols *symbols;

static void open_symbols(void)
{
    unsetenv("DEBUGINFOD_URLS");
    unsetenv("RESIDUE_SYMBOLIZER");
    symbols = symbols_open();
    cr_assert(symbols);
    symbols_drive(symbols, 'q', "/");
}

static void close_symbols(void)
{
    symbols_close(symbols);
}

TestSuite(symbols_pe, .init = open_symbols, .fini = close_symbols, .timeout = 120);

/* The path as a trace has it: drive Q: is this machine. */
static const char *windows_path(const char *path)
{
    static char text[4096];
    snprintf(text, sizeof text, "Q:%s", path);
    for (char *at = text; *at; at++)
        if (*at == '/')
            *at = '\\';
    return text;
}

/* ---- what the file itself says ---- */

static uint32_t number(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static struct place_marked pe_marked(const char *path, enum symbols_mark_id id)
{
    struct bytes file = read_file(path);
    struct pe pe;
    struct place_marked place = {0};
    cr_assert(pe_open(&pe, file.data, file.size), "%s", path);
    for (uint32_t i = 0; i < pe.section_count; i++) {
        const uint8_t *section = pe.sections + 40 * i;
        uint32_t start = number(section + 12), size = number(section + 8);
        const uint8_t *marks = pe_at(&pe, start, size);
        for (uint32_t at = 0; marks && at + sizeof(struct symbols_mark) <= size;
             at += (uint32_t)sizeof(struct symbols_mark)) {
            struct symbols_mark mark;
            memcpy(&mark, marks + at, sizeof mark);
            bool is_marks = section[0] == '/' || !strncmp((const char *)section, "symbols_", 8);
            if (!is_marks || mark.id != (int)id || mark.line < 1 || mark.line > 100)
                continue;
            place = (struct place_marked){start + at + 8 + (uint32_t)mark.distance,
                                          (uint32_t)mark.line};
        }
        if (place.line)
            break;
    }
    free(file.data);
    cr_assert(place.line, "%s", path);
    return place;
}

static size_t identity_of(const char *path, size_t wanted, uint8_t identity[PE_IDENTITY_MOST])
{
    struct bytes file = read_file(path);
    struct pe pe;
    cr_assert(pe_open(&pe, file.data, file.size));
    size_t size = pe_identity(&pe, wanted, identity);
    free(file.data);
    return size;
}

/* ---- tests ---- */

static void expect(const char *where, const struct symbol_frame *frame, const char *function,
                   const char *file, uint32_t line, bool inlined)
{
    cr_assert_str_eq(frame->function ? frame->function : "", function, "%s: %s", where,
                     frame->function);
    cr_assert_eq(frame->line, line, "%s: %s at %u, not %u", where, function, frame->line, line);
    cr_assert_eq(frame->inlined, inlined, "%s: %s", where, function);
    cr_assert_eq(frame->file != NULL, file != NULL, "%s", where);
    if (!file)
        return;
    size_t length = strlen(frame->file), ending = strlen(file);
    cr_assert(length >= ending && !strcmp(frame->file + length - ending, file), "%s: %s", where,
              frame->file);
}

static const char *const with_debug[] = {"symbols_pe_gcc.dll", "symbols_pe_gcc_i686.dll",
                                         "symbols_pe_split.dll", "symbols_pe_pdb.dll"};

#define EACH(list, path)                                                                           \
    const char *path;                                                                              \
    for (size_t i_ = 0; i_ < sizeof(list) / sizeof *(list) && (path = fixture_path((list)[i_]));   \
         i_++)

Test(symbols_pe, function_file_and_line)
{
    EACH(with_debug, path)
    {
        struct place_marked mark = pe_marked(path, MARK_PLAIN);
        struct symbol_frame frames[8];
        const char *name = windows_path(path);
        cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, mark.address, false, frames, 8), 1,
                     "%s: %s", path, symbols_problem(symbols, name));
        expect(path, &frames[0], "symbols_plain", "symbols_fixture.c", mark.line, false);
        cr_assert_null(symbols_problem(symbols, name));
    }
}

Test(symbols_pe, a_return_address_is_the_call_before_it)
{
    EACH(with_debug, path)
    {
        struct place_marked mark = pe_marked(path, MARK_AFTER_PLAIN);
        struct symbol_frame frames[8];
        cr_assert_eq(
            symbols_lookup(symbols, windows_path(path), NULL, 0, mark.address, true, frames, 8), 1);
        expect(path, &frames[0], "symbols_caller", "symbols_fixture.c", mark.line - 1, false);
    }
}

Test(symbols_pe, inlined_functions_innermost_first)
{
    EACH(with_debug, path)
    {
        struct place_marked mark = pe_marked(path, MARK_IN_HEADER);
        struct place_marked call = pe_marked(path, MARK_BEFORE_HEADER);
        struct place_marked outer = pe_marked(path, MARK_BEFORE_MIDDLE);
        struct symbol_frame frames[8];
        cr_assert_eq(
            symbols_lookup(symbols, windows_path(path), NULL, 0, mark.address, false, frames, 8), 3,
            "%s", path);
        expect(path, &frames[0], "from_header", "symbols_fixture.h", mark.line, true);
        /* A PDB does not say where an inlined call is: its line is that of the code around it. */
        bool told = !strstr(path, "pdb");
        expect(path, &frames[1], "middle", "symbols_fixture.c",
               told ? call.line + 1 : frames[1].line, true);
        expect(path, &frames[2], "symbols_outer", "symbols_fixture.c",
               told ? outer.line + 1 : frames[2].line, false);
    }
}

/* As a report does: all that may be asked is known before. */
Test(symbols_pe, what_was_expected_is_answered_alike)
{
    static const enum symbols_mark_id ids[] = {MARK_PLAIN, MARK_AFTER_PLAIN, MARK_IN_HEADER,
                                               MARK_PLAIN};
    EACH(with_debug, path)
    {
        const char *name = windows_path(path);
        for (size_t i = 0; i < 4; i++)
            symbols_expect(symbols, name, NULL, 0, pe_marked(path, ids[i]).address, false);
        symbols_expect(symbols, name, NULL, 0, 1, false);
        struct symbol_frame frames[8];
        cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, 1, false, frames, 8), 0);
        cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, pe_marked(path, MARK_IN_HEADER).address,
                                    false, frames, 8),
                     3);
        expect(path, &frames[2], "symbols_outer", "symbols_fixture.c",
               pe_marked(path, MARK_BEFORE_MIDDLE).line + 1, false);
        /* and one that was not */
        struct place_marked other = pe_marked(path, MARK_AFTER_OUTSIDE);
        cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, other.address, false, frames, 8), 1);
        expect(path, &frames[0], "symbols_caller", "symbols_fixture.c", other.line, false);
    }
}

Test(symbols_pe, names_of_exports_without_debug_information)
{
    const char *path = fixture_path("symbols_pe_bare.dll");
    struct symbol_frame frames[8];
    cr_assert_eq(symbols_lookup(symbols, windows_path(path), NULL, 0,
                                pe_marked(path, MARK_IN_HEADER).address, false, frames, 8),
                 1);
    expect(path, &frames[0], "symbols_outer", NULL, 0, false);
    cr_assert_null(symbols_problem(symbols, windows_path(path)));
}

/* Nothing tells where a function ends: the distance is told. */
Test(symbols_pe, names_of_exports_of_32_bit)
{
    const char *path = fixture_path("symbols_pe_bare_i686.dll");
    struct place_marked mark = pe_marked(path, MARK_PLAIN);
    struct symbol_frame frames[8];
    cr_assert_eq(
        symbols_lookup(symbols, windows_path(path), NULL, 0, mark.address, false, frames, 8), 1);
    expect(path, &frames[0], "symbols_plain", NULL, 0, false);
    cr_assert_eq(
        symbols_lookup(symbols, windows_path(path), NULL, 0, mark.address + 1, false, frames, 8),
        1);
    expect(path, &frames[0], "symbols_plain+0x1", NULL, 0, false);
}

/* One frame is found all the same, and what was missing is told. */
static struct symbol_frame found_but(const char *symbolizer, enum symbols_mark_id mark,
                                     const char *told)
{
    setenv("RESIDUE_SYMBOLIZER", symbolizer, 1);
    const char *path = fixture_path("symbols_pe_gcc.dll"), *name = windows_path(path);
    struct symbol_frame frames[8];
    cr_assert_eq(
        symbols_lookup(symbols, name, NULL, 0, pe_marked(path, mark).address, false, frames, 8), 1);
    const char *problem = symbols_problem(symbols, name);
    cr_assert(problem && strstr(problem, told), "%s", problem);
    return frames[0];
}

Test(symbols_pe, without_llvm_symbolizer)
{
    struct symbol_frame frame = found_but("", MARK_IN_HEADER, "without llvm-symbolizer");
    expect(fixture_path("symbols_pe_gcc.dll"), &frame, "symbols_outer", NULL, 0, false);
}

Test(symbols_pe, the_symbolizers_failure_is_told)
{
    found_but("/bin/true", MARK_PLAIN, "ended before it had answered");
}

/* GUID and age, or what the header has: only the very file will do. */
Test(symbols_pe, identity)
{
    static const char *const identified[] = {"symbols_pe_gcc.dll", "symbols_pe_split.dll",
                                             "symbols_pe_pdb.dll"};
    static const size_t kinds[] = {PE_IDENTITY_PDB, PE_IDENTITY_HEADER};
    EACH(identified, path)
    {
        for (size_t i = 0; i < 2; i++) {
            uint8_t identity[PE_IDENTITY_MOST];
            struct symbol_frame frames[8];
            const char *name = windows_path(path);
            uint64_t address = pe_marked(path, MARK_PLAIN).address;
            cr_assert_eq(identity_of(path, kinds[i], identity), kinds[i], "%s", path);
            cr_assert_eq(
                symbols_lookup(symbols, name, identity, kinds[i], address, false, frames, 8), 1,
                "%s: %s", path, symbols_problem(symbols, name));
            identity[3] ^= 1;
            cr_assert_eq(
                symbols_lookup(symbols, name, identity, kinds[i], address, false, frames, 8), 0);
            const char *problem = symbols_problem(symbols, name);
            cr_assert(problem && strstr(problem, "has been replaced since the run"), "%s", problem);
        }
    }
}

Test(symbols_pe, another_case_and_a_missing_file)
{
    const char *path = fixture_path("symbols_pe_gcc.dll");
    char name[4096];
    strcpy(name, windows_path(path));
    char *file = strrchr(name, '\\');
    memcpy(file, "\\SYMBOLS_PE_GCC.DLL", 19);
    struct symbol_frame frames[8];
    uint64_t address = pe_marked(path, MARK_PLAIN).address;
    cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, address, false, frames, 8), 1);
    name[strlen(name) - 1] = 'x';
    cr_assert_eq(symbols_lookup(symbols, name, NULL, 0, address, false, frames, 8), 0);
    const char *problem = symbols_problem(symbols, name);
    cr_assert(problem && strstr(problem, "No such file"), "%s", problem);
}

static void copy_file(const char *from, const char *folder, const char *name)
{
    char path[4096];
    struct bytes bytes = read_file(from);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_file(path, bytes.data, bytes.size);
    free(bytes.data);
}

/* 32-bit programs are told that their system's files are in system32. */
Test(symbols_pe, system_files_of_32_bit_programs)
{
    const char *folder = new_folder(), *narrow = fixture_path("symbols_pe_bare_i686.dll");
    char path[128];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i ? "SysWOW64" : "System32");
        cr_assert_eq(mkdir(path, 0700), 0);
        copy_file(i ? narrow : fixture_path("symbols_pe_bare.dll"), path, "some.dll");
    }
    symbols_drive(symbols, 'c', folder);
    uint8_t identity[PE_IDENTITY_MOST];
    struct symbol_frame frames[8];
    const char *name = "C:\\system32\\SOME.DLL";
    size_t size = identity_of(narrow, PE_IDENTITY_HEADER, identity);
    cr_assert_eq(symbols_lookup(symbols, name, identity, size,
                                pe_marked(narrow, MARK_PLAIN).address, false, frames, 8),
                 1, "%s", symbols_problem(symbols, name));
    expect(name, &frames[0], "symbols_plain", NULL, 0, false);
    identity[0] ^= 1;
    cr_assert_eq(symbols_lookup(symbols, name, identity, size, 0x1000, false, frames, 8), 0);
    remove_folder(folder);
}

/* Damaged in every byte of its headers, and cut anywhere: no names, no crash, never a read beyond.
 */
Test(symbols_pe, hostile_files)
{
    struct bytes whole = read_file(fixture_path("symbols_pe_bare.dll"));
    for (size_t at = 0; at < 1024 + 512; at++) {
        for (int value = 0; value < 256; value += 85) {
            uint8_t *copy = malloc(whole.size);
            size_t size = at < 1024 ? whole.size : whole.size - (at - 1024) * 7;
            memcpy(copy, whole.data, size);
            if (at < 1024)
                copy[at] = (uint8_t)value;
            uint8_t *exact = realloc(copy, size);
            struct pe pe;
            struct pe_names *names = pe_open(&pe, exact, size) ? pe_names_open(&pe) : NULL;
            for (uint32_t address = 0x1000; names && address < 0x1100; address += 16)
                pe_names_lookup(names, address);
            pe_names_close(names);
            free(exact);
        }
    }
    free(whole.data);
}
