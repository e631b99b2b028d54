#include "analyzer/symbols.h"
#include "analyzer/array.h"
#include "analyzer/demangle.h"
#include "analyzer/symbols_reader.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Deeper inlining is cut, at the outer end. */
enum { most_frames = 64, longest_build_id = 64 };

struct key { /* a module's, without its path: one path may have had several files */
    size_t size;
    uint8_t build_id[longest_build_id];
};

struct place { /* what is known of an address */
    UT_hash_handle hh;
    uint64_t address;
    size_t count;
    struct symbol_frame frames[];
};

struct module {
    UT_hash_handle hh;
    struct module *next; /* another file at the same path */
    struct key key;
    char *path;
    uint64_t *expected; /* told to the reader when it is opened */
    size_t expected_count, expected_room;
    struct symbols_reader *reader; /* opened by the first lookup */
    bool opened;
    struct place *places;
};

struct text { /* a demangled name, kept */
    UT_hash_handle hh;
    char *demangled;
    char mangled[];
};

struct symbols {
    struct module *modules;
    struct text *texts;
    char *debug_path; /* NULL: where debug files usually are */
    struct windows_drives drives;
};

struct symbols *symbols_open(void)
{
    return calloc(1, sizeof(struct symbols));
}

void symbols_search(struct symbols *symbols, const char *debug_path)
{
    free(symbols->debug_path);
    symbols->debug_path = strdup(debug_path);
}

void symbols_drive(struct symbols *symbols, char letter, const char *folder)
{
    char **drive = &symbols->drives.folder[letter - 'a'];
    free(*drive);
    *drive = strdup(folder);
}

static void close_module(struct module *module)
{
    struct place *place, *next;
    HASH_ITER (hh, module->places, place, next) {
        HASH_DEL(module->places, place);
        free(place);
    }
    if (module->reader)
        module->reader->kind->close(module->reader);
    free(module->expected);
    free(module->path);
    free(module);
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    struct module *module, *next_module;
    HASH_ITER (hh, symbols->modules, module, next_module) {
        HASH_DEL(symbols->modules, module);
        while (module) {
            struct module *next = module->next;
            close_module(module);
            module = next;
        }
    }
    struct text *text, *next_text;
    HASH_ITER (hh, symbols->texts, text, next_text) {
        HASH_DEL(symbols->texts, text);
        free(text->demangled);
        free(text);
    }
    for (size_t i = 0; i < sizeof symbols->drives.folder / sizeof *symbols->drives.folder; i++)
        free(symbols->drives.folder[i]);
    free(symbols->debug_path);
    free(symbols);
}

/* ---- modules ---- */

static struct symbols_reader *reader_of(struct symbols *symbols, struct module *module)
{
    if (module->opened)
        return module->reader;
    struct symbols_wanted wanted = {module->path, module->key.size ? module->key.build_id : NULL,
                                    module->key.size, symbols->debug_path, &symbols->drives};
    module->opened = true;
    module->reader = symbols_reader_open(&wanted);
    if (module->reader && module->reader->kind->expect)
        module->reader->kind->expect(module->reader, module->expected, module->expected_count);
    free(module->expected);
    module->expected = NULL;
    return module->reader;
}

static struct module *module_of(struct symbols *symbols, const char *path, const uint8_t *build_id,
                                size_t size)
{
    struct key key = {0};
    if (build_id && size && size <= longest_build_id) {
        key.size = size;
        memcpy(key.build_id, build_id, size);
    }
    struct module *first = NULL, *module;
    HASH_FIND_STR(symbols->modules, path, first);
    for (module = first; module; module = module->next)
        if (memcmp(&module->key, &key, sizeof key) == 0)
            return module;
    module = calloc(1, sizeof *module);
    if (!module || !(module->path = strdup(path))) {
        free(module);
        return NULL;
    }
    module->key = key;
    if (first) {
        module->next = first->next;
        first->next = module;
    } else {
        HASH_ADD_KEYPTR(hh, symbols->modules, module->path, strlen(module->path), module);
    }
    return module;
}

const char *symbols_problem(struct symbols *symbols, const char *path)
{
    struct module *module = NULL;
    HASH_FIND_STR(symbols->modules, path, module);
    while (module && !(module->reader && module->reader->problem))
        module = module->next;
    return module ? module->reader->problem : NULL;
}

void symbols_expect(struct symbols *symbols, const char *path, const uint8_t *build_id,
                    size_t build_id_size, uint64_t offset, bool is_return_address)
{
    struct module *module = module_of(symbols, path, build_id, build_id_size);
    if (!module || module->opened)
        return;
    uint64_t *grown = array_grow(module->expected, sizeof *grown, module->expected_count,
                                 &module->expected_room, 1);
    if (!grown)
        return; /* it is asked about later, then */
    module->expected = grown;
    module->expected[module->expected_count++] = offset - is_return_address;
}

/* ---- names ---- */

static const char *readable(struct symbols *symbols, const char *name)
{
    if (!name || strncmp(name, "_Z", 2) != 0)
        return name;
    struct text *text = NULL;
    HASH_FIND_STR(symbols->texts, name, text);
    if (!text) {
        size_t length = strlen(name);
        text = calloc(1, sizeof *text + length + 1);
        if (!text)
            return name;
        memcpy(text->mangled, name, length + 1);
        /* What compilers append to copies of a function (.constprop.0, .cold) is not its name. */
        text->mangled[strcspn(name, ".")] = 0;
        text->demangled = demangle(text->mangled);
        memcpy(text->mangled, name, length);
        HASH_ADD_STR(symbols->texts, mangled, text);
    }
    return text->demangled ? text->demangled : name;
}

/* ---- places ---- */

static struct place *place_of(struct symbols *symbols, struct module *module, uint64_t address)
{
    struct place *place = NULL;
    HASH_FIND(hh, module->places, &address, sizeof address, place);
    if (place)
        return place;
    struct symbol_frame frames[most_frames];
    size_t count = module->reader->kind->lookup(module->reader, address, frames, most_frames);
    for (size_t i = 0; i < count; i++)
        frames[i].function = readable(symbols, frames[i].function);
    place = malloc(sizeof *place + count * sizeof *frames);
    if (!place)
        return NULL;
    place->address = address;
    place->count = count;
    memcpy(place->frames, frames, count * sizeof *frames);
    HASH_ADD(hh, module->places, address, sizeof place->address, place);
    return place;
}

size_t symbols_lookup(struct symbols *symbols, const char *path, const uint8_t *build_id,
                      size_t build_id_size, uint64_t offset, bool is_return_address,
                      struct symbol_frame *frames, size_t most)
{
    struct module *module = module_of(symbols, path, build_id, build_id_size);
    if (!module || !reader_of(symbols, module))
        return 0;
    struct place *place = place_of(symbols, module, offset - is_return_address);
    if (!place)
        return 0;
    size_t count = place->count < most ? place->count : most;
    if (count)
        memcpy(frames, place->frames, count * sizeof *frames);
    return count;
}
