#include "analyzer/symbols.h"
#include "tests/unit/symbols_files.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const with_debug[] = {
    "symbols_plain.so", "symbols_optimised.so", "symbols_dwarf4.so", "symbols_unindexed.so",
    "symbols_dwo.so",   "symbols_i386.so",      "symbols_program",   "symbols_linked.so",
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct symbols *symbols;

static void open_symbols(void)
{
    unsetenv("DEBUGINFOD_URLS"); /* no test asks a server */
    symbols = symbols_open();
    cr_assert(symbols);
}

static void close_symbols(void)
{
    symbols_close(symbols);
}

TestSuite(symbols, .init = open_symbols, .fini = close_symbols, .timeout = 240);

/* A frame, compared in every detail; file NULL: unknown, else what the path must end with. */
static void expect(const char *where, const struct symbol_frame *frame, const char *function,
                   const char *file, uint32_t line, bool inlined)
{
    cr_assert(frame->function, "%s", where);
    cr_assert_str_eq(frame->function, function, "%s: %s", where, frame->function);
    cr_assert_eq(frame->line, line, "%s: %s at %u, not %u", where, function, frame->line, line);
    cr_assert_eq(frame->inlined, inlined, "%s: %s", where, function);
    if (!file) {
        cr_assert_null(frame->file, "%s: %s", where, frame->file);
        return;
    }
    cr_assert(frame->file, "%s: %s", where, function);
    size_t length = strlen(frame->file), ending = strlen(file);
    cr_assert(length >= ending && strcmp(frame->file + length - ending, file) == 0, "%s: %s", where,
              frame->file);
}

static size_t look_up(const char *path, uint64_t offset, bool is_return_address,
                      struct symbol_frame frames[8])
{
    return symbols_lookup(symbols, path, NULL, 0, offset, is_return_address, frames, 8);
}

Test(symbols, function_file_and_line)
{
    for (size_t i = 0; i < COUNT(with_debug); i++) {
        const char *path = fixture_path(with_debug[i]);
        struct place_marked mark = marked(path, MARK_PLAIN);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, mark.address, false, frames), 1, "%s: %s", path,
                     symbols_problem(symbols, path));
        expect(path, &frames[0], "symbols_plain", "/tests/unit/symbols_fixture.c", mark.line,
               false);
        cr_assert_null(symbols_problem(symbols, path));
    }
}

Test(symbols, a_return_address_is_the_call_before_it)
{
    for (size_t i = 0; i < COUNT(with_debug); i++) {
        const char *path = fixture_path(with_debug[i]);
        struct place_marked mark = marked(path, MARK_AFTER_PLAIN);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, mark.address, true, frames), 1);
        expect(path, &frames[0], "symbols_caller", "symbols_fixture.c", mark.line - 1, false);
        cr_assert_eq(look_up(path, mark.address, false, frames), 1);
        expect(path, &frames[0], "symbols_caller", "symbols_fixture.c", mark.line, false);
    }
}

Test(symbols, inlined_functions_come_innermost_first_each_with_its_own_line)
{
    for (size_t i = 0; i < COUNT(with_debug); i++) {
        const char *path = fixture_path(with_debug[i]);
        struct place_marked mark = marked(path, MARK_IN_HEADER);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, mark.address, false, frames), 3, "%s", path);
        expect(path, &frames[0], "from_header", "/tests/unit/symbols_fixture.h", mark.line, true);
        expect(path, &frames[1], "middle", "/tests/unit/symbols_fixture.c",
               marked(path, MARK_BEFORE_HEADER).line + 1, true);
        expect(path, &frames[2], "symbols_outer", "/tests/unit/symbols_fixture.c",
               marked(path, MARK_BEFORE_MIDDLE).line + 1, false);
    }
}

Test(symbols, no_more_frames_than_there_is_room_for)
{
    const char *path = fixture_path("symbols_optimised.so");
    uint64_t address = marked(path, MARK_IN_HEADER).address;
    struct symbol_frame frames[3] = {{.line = 1}, {.line = 2}, {.line = 3}};
    cr_assert_eq(symbols_lookup(symbols, path, NULL, 0, address, false, frames, 0), 0);
    cr_assert_eq(frames[0].line, 1);
    cr_assert_eq(symbols_lookup(symbols, path, NULL, 0, address, false, frames, 2), 2);
    cr_assert_str_eq(frames[1].function, "middle");
    cr_assert_eq(frames[2].line, 3);
}

Test(symbols, cxx_names)
{
    static const struct {
        enum symbols_mark_id mark;
        const char *name;
    } names[] = {
        {MARK_METHOD, "fixture::Store::open(char const*, unsigned int) const"},
        {MARK_CONSTRUCTOR, "fixture::Store::Store(int)"},
        {MARK_TEMPLATE, "int fixture::Store::put<unsigned long>(unsigned long)"},
        {MARK_ANONYMOUS, "fixture::(anonymous namespace)::hidden(int)"},
        {MARK_LOCAL_CLASS, "fixture::calls_everything(int)::Local::twice(int)"},
#ifdef __clang__ /* the compilers name it differently */
        {MARK_LAMBDA, "fixture::calls_everything(int)::$_0::operator()(int) const"},
#else
        {MARK_LAMBDA, "fixture::calls_everything(int)::{lambda(int)#1}::operator()(int) const"},
#endif
    };
    static const char *const files[] = {"symbols_cxx.so", "symbols_cxx_optimised.so"};
    for (size_t file = 0; file < COUNT(files); file++) {
        const char *path = fixture_path(files[file]);
        struct symbol_frame frames[8];
        for (size_t i = 0; i < COUNT(names); i++) {
            struct place_marked mark = marked(path, names[i].mark);
            cr_assert_eq(look_up(path, mark.address, false, frames), 1, "%s", names[i].name);
            /* Clang leaves the class's scope out of `(anonymous class)`: GCC's text is expected
             * where the compiler wrote a linkage name at all. */
            expect(path, &frames[0], names[i].name, "/symbols_fixture.cc", mark.line, false);
        }
        struct place_marked mark = marked(path, MARK_INLINE_METHOD);
        cr_assert_eq(look_up(path, mark.address, false, frames), 2);
        expect(path, &frames[0], "fixture::Store::peek() const", "/symbols_fixture.cc", mark.line,
               true);
        expect(path, &frames[1], "fixture::calls_everything(int)", "/symbols_fixture.cc",
               marked(path, MARK_BEFORE_INLINE_METHOD).line + 1, false);
    }
}

/* ---- without debug information ---- */

Test(symbols, names_without_debug_information)
{
    static const char *const files[] = {"symbols_bare.so", "symbols_stripped.so"};
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = fixture_path(files[i]);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, marked(path, MARK_PLAIN).address, false, frames), 1);
        expect(path, &frames[0], "symbols_plain", NULL, 0, false);
        cr_assert_eq(look_up(path, marked(path, MARK_IN_HEADER).address, false, frames), 1);
        expect(path, &frames[0], "symbols_outer", NULL, 0, false);
    }
}

Test(symbols, code_whose_symbol_has_no_size)
{
    static const char *const files[] = {"symbols_bare.so", "symbols_stripped.so",
                                        "symbols_optimised.so", "symbols_i386.so"};
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = fixture_path(files[i]);
        uint64_t start = symbol_value(path, "symbols_sizeless");
        uint64_t end = symbol_value(path, "symbols_sizeless_end");
        cr_assert(start && end == start + 2);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, start + 1, false, frames), 1, "%s", path);
        cr_assert_str_eq(frames[0].function, "symbols_sizeless");
        cr_assert_eq(look_up(path, end, true, frames), 1);
        cr_assert_str_eq(frames[0].function, "symbols_sizeless");
        cr_assert_eq(look_up(path, end, false, frames), 1);
        cr_assert_str_eq(frames[0].function, "symbols_sizeless_end");
    }
}

Test(symbols, stubs_of_the_procedure_linkage_table)
{
    static const char *const files[] = {"symbols_bare.so", "symbols_plain.so",
                                        "symbols_stripped.so", "symbols_i386.so"};
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = fixture_path(files[i]);
        /* The call before the mark: E8 and the distance from its end to the stub. */
        uint64_t after = marked(path, MARK_AFTER_OUTSIDE).address;
        uint8_t call;
        int32_t distance;
        bytes_at(path, after - 5, &call, 1);
        bytes_at(path, after - 4, &distance, sizeof distance);
        cr_assert_eq(call, 0xe8, "%s", path);
        struct symbol_frame frames[8];
        cr_assert_eq(look_up(path, after + (uint64_t)(int64_t)distance, false, frames), 1, "%s",
                     path);
        expect(path, &frames[0], "symbols_outside@plt", NULL, 0, false);
    }
}

Test(symbols, nothing_is_known_of_places_outside_the_code)
{
    const char *path = fixture_path("symbols_optimised.so");
    static const uint64_t offsets[] = {0, 1, 0x10000000, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    struct symbol_frame frames[8];
    for (size_t i = 0; i < COUNT(offsets); i++) {
        cr_assert_eq(look_up(path, offsets[i], false, frames), 0);
        cr_assert_eq(look_up(path, offsets[i], true, frames), 0);
    }
}

/* ---- which file ---- */

Test(symbols, a_file_with_another_build_id_is_not_used)
{
    const char *path = fixture_path("symbols_plain.so");
    uint64_t address = marked(path, MARK_PLAIN).address;
    uint8_t id[64];
    size_t size = build_id_of(path, id);
    struct symbol_frame frames[8];
    cr_assert_eq(symbols_lookup(symbols, path, id, size, address, false, frames, 8), 1);
    cr_assert_null(symbols_problem(symbols, path));
    id[3] ^= 1;
    cr_assert_eq(symbols_lookup(symbols, path, id, size, address, false, frames, 8), 0);
    const char *problem = symbols_problem(symbols, path);
    cr_assert(problem && strstr(problem, path) == problem && strstr(problem, "build-id differs"),
              "%s", problem);
    cr_assert_eq(symbols_lookup(symbols, path, id, size - 1, address, false, frames, 8), 0);
    id[3] ^= 1; /* and the right one still is */
    cr_assert_eq(symbols_lookup(symbols, path, id, size, address, false, frames, 8), 1);
}

/* FOLDER/.build-id/xx/yyyy[ending] becomes a copy of a fixture. */
static void keep_by_build_id(const char *folder, const char *fixture, const uint8_t *id,
                             size_t size, const char *ending)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/.build-id", folder);
    mkdir(path, 0700);
    int at = snprintf(path, sizeof path, "%s/.build-id/%02x", folder, id[0]);
    mkdir(path, 0700);
    at += sprintf(path + at, "/");
    for (size_t i = 1; i < size; i++)
        at += sprintf(path + at, "%02x", id[i]);
    strcpy(path + at, ending);
    struct bytes bytes = read_file(fixture_path(fixture));
    write_file(path, bytes.data, bytes.size);
    free(bytes.data);
}

Test(symbols, a_module_that_is_gone_is_found_by_its_build_id)
{
    static const struct {
        const char *fixture, *ending;
        bool lines;
    } kept[] = {{"symbols_linked.debug", ".debug", true},
                {"symbols_optimised.so", "", true},
                {"symbols_stripped.so", "", false}};
    const char *path = fixture_path("symbols_optimised.so");
    struct place_marked mark = marked(path, MARK_IN_HEADER);
    uint8_t id[64];
    size_t size = build_id_of(path, id);
    for (size_t i = 0; i < COUNT(kept); i++) {
        const char *folder = new_folder();
        struct symbol_frame frames[8];
        close_symbols();
        open_symbols();
        symbols_search(symbols, folder);
        cr_assert_eq(
            symbols_lookup(symbols, "/gone/a.so", id, size, mark.address, false, frames, 8), 0);
        const char *problem = symbols_problem(symbols, "/gone/a.so");
        cr_assert_str_eq(problem, "/gone/a.so: No such file or directory");
        keep_by_build_id(folder, kept[i].fixture, id, size, kept[i].ending);
        size_t count =
            symbols_lookup(symbols, "/gone/b.so", id, size, mark.address, false, frames, 8);
        cr_assert_eq(count, kept[i].lines ? 3 : 1, "%s", kept[i].fixture);
        cr_assert_str_eq(frames[count - 1].function, "symbols_outer");
        cr_assert_eq(frames[0].line, kept[i].lines ? mark.line : 0);
        cr_assert_null(symbols_problem(symbols, "/gone/b.so"));
        /* Without a build-id there is nothing to go by. */
        cr_assert_eq(look_up("/gone/b.so", mark.address, false, frames), 0);
        remove_folder(folder);
    }
}

Test(symbols, a_debug_file_of_another_build_is_not_used)
{
    const char *path = fixture_path("symbols_optimised.so");
    struct place_marked mark = marked(path, MARK_PLAIN);
    uint8_t id[64];
    size_t size = build_id_of(path, id);
    const char *folder = new_folder();
    struct symbol_frame frames[8];
    symbols_search(symbols, folder);
    keep_by_build_id(folder, "symbols_plain.so", id, size, ".debug");
    keep_by_build_id(folder, "symbols_plain.so", id, size, "");
    cr_assert_eq(symbols_lookup(symbols, "/gone", id, size, mark.address, false, frames, 8), 0);
    cr_assert(symbols_problem(symbols, "/gone"));
    remove_folder(folder);
}

Test(symbols, what_cannot_be_read_says_so_in_one_line)
{
    const char *folder = new_folder();
    char text[PATH_MAX], pipe[PATH_MAX], odd[PATH_MAX];
    snprintf(text, sizeof text, "%s/text", folder);
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    snprintf(odd, sizeof odd, "%s/a\nb\033c", folder);
    write_file(text, (const uint8_t *)"no ELF file\n", 12);
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    const struct {
        const char *path, *says;
    } files[] = {{text, "not an ELF file"},         {pipe, "not a regular file"},
                 {folder, "not a regular file"},    {"/dev/zero", "not a regular file"},
                 {"", "No such file or directory"}, {odd, "No such file or directory"}};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct symbol_frame frames[8];
        cr_assert_null(symbols_problem(symbols, files[i].path));
        cr_assert_eq(look_up(files[i].path, 0x1000, false, frames), 0);
        const char *problem = symbols_problem(symbols, files[i].path);
        cr_assert(problem && strstr(problem, files[i].says), "%s: %s", files[i].path, problem);
        cr_assert_null(strpbrk(problem, "\n\033"));
    }
    remove_folder(folder);
}

/* ---- speed ---- */

Test(symbols, what_was_looked_up_once_is_known)
{
    const char *path = fixture_path("symbols_cxx_optimised.so");
    uint64_t start = marked(path, MARK_METHOD).address & ~UINT64_C(0xff);
    struct symbol_frame first[8], frames[8];
    size_t count = look_up(path, marked(path, MARK_METHOD).address, false, first);
    cr_assert_eq(count, 1);
    clock_t began = clock();
    for (unsigned i = 0; i < 100000; i++)
        look_up(path, start + i % 512, i & 1, frames);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    cr_assert(seconds < 2, "%.1f s", seconds); /* some 0.01 s; 10 s if nothing were kept */
    look_up(path, marked(path, MARK_METHOD).address, false, frames);
    cr_assert_eq(frames[0].function, first[0].function, "the same text, not another copy");
}
