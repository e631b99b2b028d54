/* Fixture files as the symbol tests see them: read whole, changed, written elsewhere. */
#ifndef SYMBOLS_FILES_H
#define SYMBOLS_FILES_H

#include "tests/unit/symbols_marks.h"

#include <gelf.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size;
};

/* A file of the fixtures, beside the test program. The text lives until the next call but three. */
const char *fixture_path(const char *name);

struct bytes read_file(const char *path); /* free `data` */
void write_file(const char *path, const uint8_t *data, size_t size);

/* A new folder, removed by remove_folder with all that is in it. */
const char *new_folder(void);
void remove_folder(const char *path);

struct place_marked {
    uint64_t address;
    uint32_t line;
};

/* Where a mark is, by the file alone. Fails the test if it is not there. */
struct place_marked marked(const char *path, enum symbols_mark_id id);

/* A symbol's value; 0 if there is none. */
uint64_t symbol_value(const char *path, const char *name);

/* `size` bytes at an address of the file. */
void bytes_at(const char *path, uint64_t address, void *to, size_t size);

/* The build-id; returns its size. */
size_t build_id_of(const char *path, uint8_t to[64]);

#endif
