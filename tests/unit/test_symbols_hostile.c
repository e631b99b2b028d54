/* Files that were cut, changed or made to do harm: wrong answers are allowed, crashes are not. */
#include "analyzer/symbols.h"
#include "tests/unit/symbols_files.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {"symbols_optimised.so", "symbols_dwarf4.so",
                                    "symbols_cxx_optimised.so", "symbols_i386.so",
                                    "symbols_linked.debug"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void no_server(void)
{
    unsetenv("DEBUGINFOD_URLS");
}

TestSuite(symbols_hostile, .init = no_server, .timeout = 280);

/* Everywhere in the file's code, and beyond; the number of frames that were found. */
static size_t look_everywhere(struct symbols *symbols, const char *path)
{
    size_t found = 0, letters = 0;
    for (uint64_t offset = 0; offset < 0x1800; offset += 13) {
        struct symbol_frame frames[8];
        size_t count = symbols_lookup(symbols, path, NULL, 0, offset, offset & 1, frames, 8);
        for (size_t i = 0; i < count; i++) { /* every text is read to its end */
            letters += frames[i].function ? strlen(frames[i].function) : 0;
            letters += frames[i].file ? strlen(frames[i].file) : 0;
        }
        found += count;
    }
    cr_assert(letters || !found);
    return found;
}

static size_t look_into(const char *path, const uint8_t *data, size_t size, char *problem,
                        size_t most)
{
    write_file(path, data, size);
    struct symbols *symbols = symbols_open();
    size_t found = look_everywhere(symbols, path);
    const char *text = symbols_problem(symbols, path);
    snprintf(problem, most, "%s", text ? text : "");
    symbols_close(symbols);
    return found;
}

Test(symbols_hostile, files_cut_anywhere)
{
    const char *folder = new_folder();
    char path[PATH_MAX], problem[PATH_MAX];
    snprintf(path, sizeof path, "%s/cut", folder);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct bytes bytes = read_file(fixture_path(files[i]));
        cr_assert(look_into(path, bytes.data, bytes.size, problem, sizeof problem) > 0, "%s",
                  files[i]);
        for (size_t size = 0; size < bytes.size; size += 64) {
            cr_assert_eq(look_into(path, bytes.data, size, problem, sizeof problem), 0);
            cr_assert(*problem, "%s cut to %zu bytes", files[i], size);
        }
        free(bytes.data);
    }
    remove_folder(folder);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(symbols_hostile, files_with_changed_bytes)
{
    const char *folder = new_folder();
    char path[PATH_MAX], problem[PATH_MAX];
    uint64_t random = 20261121;
    size_t rounds = getenv("SYMBOLS_ROUNDS") ? strtoul(getenv("SYMBOLS_ROUNDS"), NULL, 10) : 400;
    snprintf(path, sizeof path, "%s/changed", folder);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct bytes bytes = read_file(fixture_path(files[i]));
        uint8_t *changed = malloc(bytes.size);
        size_t answers = 0;
        for (size_t round = 0; round < rounds; round++) {
            memcpy(changed, bytes.data, bytes.size);
            for (uint64_t flips = 1 + next_random(&random) % 16; flips; flips--)
                changed[next_random(&random) % bytes.size] ^=
                    (uint8_t)(1u << next_random(&random) % 8);
            answers += look_into(path, changed, bytes.size, problem, sizeof problem) > 0;
        }
        cr_assert(answers > rounds / 10, "%s: the changes must reach what reads names", files[i]);
        free(changed);
        free(bytes.data);
    }
    remove_folder(folder);
}
