#include "analyzer/symbols.h"
#include "analyzer/demangle.h"
#include "analyzer/symbols_dwarf.h"
#include "analyzer/symbols_elf.h"
#include "analyzer/symbols_module.h"

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
    struct symbols_module file;
    struct symbols_dwarf *dwarf; /* NULL: no debug information */
    Dwarf_Addr dwarf_bias;
    struct symbols_elf *elf; /* opened when the debug information has no name */
    bool elf_tried;
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
    Dwfl_Callbacks callbacks;
    char *debug_path;
};

struct symbols *symbols_open(void)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    symbols->callbacks = (Dwfl_Callbacks){
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
        .debuginfo_path = &symbols->debug_path,
    };
    symbols_search(symbols, SYMBOLS_DEBUG_PATH);
    return symbols;
}

void symbols_search(struct symbols *symbols, const char *debug_path)
{
    free(symbols->debug_path);
    symbols->debug_path = strdup(debug_path);
}

static void close_module(struct module *module)
{
    struct place *place, *next;
    HASH_ITER (hh, module->places, place, next) {
        HASH_DEL(module->places, place);
        free(place);
    }
    symbols_elf_close(module->elf);
    symbols_dwarf_close(module->dwarf);
    symbols_module_close(&module->file);
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
    free(symbols->debug_path);
    free(symbols);
}

/* ---- modules ---- */

static void open_module(struct symbols *symbols, struct module *module)
{
    symbols_module_open(&module->file, &symbols->callbacks, module->path, module->key.build_id,
                        module->key.size);
    if (!module->file.module)
        return;
    const char *problem = NULL;
    Dwarf *dwarf = dwfl_module_getdwarf(module->file.module, &module->dwarf_bias);
    if (dwarf)
        module->dwarf = symbols_dwarf_open(dwarf, &problem);
    if (problem)
        symbols_module_complain(&module->file, module->path, problem);
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
    open_module(symbols, module);
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
    while (module && !module->file.problem)
        module = module->next;
    return module ? module->file.problem : NULL;
}

/* The name in the symbol tables; they are read only when something asks. */
static const char *elf_name(struct module *module, uint64_t address)
{
    if (!module->elf_tried) {
        module->elf_tried = true;
        module->elf = symbols_elf_open(module->file.module);
        if (!module->dwarf && (!module->elf || !symbols_elf_count(module->elf)) &&
            !module->file.problem)
            symbols_module_complain(&module->file, module->path,
                                    "no debug information and no function names");
    }
    return module->elf ? symbols_elf_lookup(module->elf, address) : NULL;
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

static size_t find_frames(struct symbols *symbols, struct module *module, uint64_t address,
                          struct symbol_frame *frames)
{
    size_t count = 0;
    if (module->dwarf)
        count =
            symbols_dwarf_lookup(module->dwarf, address - module->dwarf_bias, frames, most_frames);
    if (!count)
        frames[count++] = (struct symbol_frame){0};
    struct symbol_frame *outermost = &frames[count - 1];
    if (!outermost->inlined &&
        (!outermost->function || strncmp(outermost->function, "_Z", 2) != 0)) {
        /* Debug information names functions of unnamed namespaces and lambdas by their last part
         * only; the symbol has all of it. */
        const char *name = elf_name(module, address);
        if (name && (!outermost->function || strncmp(name, "_Z", 2) == 0))
            outermost->function = name;
    }
    for (size_t i = 0; i < count; i++)
        frames[i].function = readable(symbols, frames[i].function);
    return outermost->function || outermost->file ? count : 0;
}

static struct place *place_of(struct symbols *symbols, struct module *module, uint64_t address)
{
    struct place *place = NULL;
    HASH_FIND(hh, module->places, &address, sizeof address, place);
    if (place)
        return place;
    struct symbol_frame frames[most_frames];
    size_t count = find_frames(symbols, module, address, frames);
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
    if (!module || !module->file.module)
        return 0;
    struct place *place = place_of(symbols, module, offset - is_return_address);
    if (!place)
        return 0;
    size_t count = place->count < most ? place->count : most;
    if (count)
        memcpy(frames, place->frames, count * sizeof *frames);
    return count;
}
