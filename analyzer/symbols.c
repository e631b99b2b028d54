#include "analyzer/symbols.h"
#include "analyzer/demangle.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct module {
    UT_hash_handle hh;
    char *path;
    Dwfl *dwfl;
    Dwfl_Module *dwfl_module; /* NULL: no symbols, see problem */
    Dwarf_Addr bias;          /* of the ELF file within dwfl's addresses */
    char problem[256];
};

struct text { /* a demangled name, kept */
    UT_hash_handle hh;
    char *demangled;
    char mangled[];
};

struct symbols {
    struct module *modules;
    struct text *texts;
};

static char *debuginfo_path; /* elfutils' default */

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

struct symbols *symbols_open(void)
{
    return calloc(1, sizeof(struct symbols));
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    struct module *module, *next_module;
    HASH_ITER (hh, symbols->modules, module, next_module) {
        HASH_DEL(symbols->modules, module);
        if (module->dwfl)
            dwfl_end(module->dwfl);
        free(module->path);
        free(module);
    }
    struct text *text, *next_text;
    HASH_ITER (hh, symbols->texts, text, next_text) {
        HASH_DEL(symbols->texts, text);
        free(text->demangled);
        free(text);
    }
    free(symbols);
}

/* ---- modules ---- */

static bool same_build(struct module *module, const uint8_t *build_id, size_t size)
{
    if (!build_id || !size)
        return true;
    const unsigned char *bits;
    GElf_Addr address;
    int length = dwfl_module_build_id(module->dwfl_module, &bits, &address);
    return length <= 0 || ((size_t)length == size && memcmp(bits, build_id, size) == 0);
}

static void load(struct module *module, const uint8_t *build_id, size_t size)
{
    module->dwfl = dwfl_begin(&callbacks);
    if (!module->dwfl) {
        snprintf(module->problem, sizeof module->problem, "%s", dwfl_errmsg(-1));
        return;
    }
    dwfl_report_begin(module->dwfl);
    module->dwfl_module = dwfl_report_offline(module->dwfl, module->path, module->path, -1);
    dwfl_report_end(module->dwfl, NULL, NULL);
    if (!module->dwfl_module) {
        snprintf(module->problem, sizeof module->problem, "%s: %s", module->path,
                 dwfl_errmsg(dwfl_errno()));
    } else if (!dwfl_module_getelf(module->dwfl_module, &module->bias)) {
        snprintf(module->problem, sizeof module->problem, "%s: %s", module->path,
                 dwfl_errmsg(dwfl_errno()));
        module->dwfl_module = NULL;
    } else if (!same_build(module, build_id, size)) {
        snprintf(module->problem, sizeof module->problem,
                 "%s: has been replaced since the run (its build-id differs)", module->path);
        module->dwfl_module = NULL;
    }
}

static struct module *module_of(struct symbols *symbols, const char *path, const uint8_t *build_id,
                                size_t size)
{
    struct module *module = NULL;
    HASH_FIND_STR(symbols->modules, path, module);
    if (module)
        return module;
    module = calloc(1, sizeof *module);
    if (!module || !(module->path = strdup(path))) {
        free(module);
        return NULL;
    }
    load(module, build_id, size);
    HASH_ADD_KEYPTR(hh, symbols->modules, module->path, strlen(module->path), module);
    return module;
}

const char *symbols_problem(struct symbols *symbols, const char *path)
{
    struct module *module = NULL;
    HASH_FIND_STR(symbols->modules, path, module);
    return module && *module->problem ? module->problem : NULL;
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
        text->demangled = demangle(name);
        HASH_ADD_STR(symbols->texts, mangled, text);
    }
    return text->demangled ? text->demangled : name;
}

static const char *name_of(struct symbols *symbols, Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Attribute *linkage = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute);
    if (!linkage)
        linkage = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute);
    const char *name = linkage ? dwarf_formstring(linkage) : NULL;
    return readable(symbols, name ? name : dwarf_diename(die));
}

/* ---- frames ---- */

struct filling {
    struct symbol_frame *frames;
    size_t count, most;
};

static struct symbol_frame *next_frame(struct filling *filling)
{
    if (filling->count == filling->most)
        return NULL;
    struct symbol_frame *frame = &filling->frames[filling->count++];
    *frame = (struct symbol_frame){0};
    return frame;
}

static void place_of_call(Dwarf_Die *unit, Dwarf_Die *inlined, const char **file, uint32_t *line)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    Dwarf_Files *files;
    size_t count;
    *file = NULL;
    *line = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &value) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && value < count)
        *file = dwarf_filesrc(files, value, NULL, NULL);
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &value) == 0)
        *line = (uint32_t)value;
}

/* The scopes around an address, from the innermost inlined function to the one that has code of its
 * own. */
static bool fill_from_scopes(struct symbols *symbols, Dwarf_Die *unit, Dwarf_Addr address,
                             struct filling *filling, const char *file, uint32_t line)
{
    Dwarf_Die *scopes = NULL, *around = NULL;
    int count = dwarf_getscopes(unit, address, &scopes);
    int depth = count > 0 ? dwarf_getscopes_die(&scopes[0], &around) : 0;
    bool any = false;
    for (int i = 0; i < depth; i++) {
        int tag = dwarf_tag(&around[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        struct symbol_frame *frame = next_frame(filling);
        if (!frame)
            break;
        any = true;
        frame->function = name_of(symbols, &around[i]);
        frame->file = file;
        frame->line = line;
        frame->inlined = tag == DW_TAG_inlined_subroutine;
        if (tag == DW_TAG_subprogram)
            break;
        place_of_call(unit, &around[i], &file, &line);
    }
    free(around);
    free(scopes);
    return any;
}

static void fill_from_dwarf(struct symbols *symbols, struct module *module, Dwarf_Addr address,
                            struct filling *filling)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module->dwfl_module, address, &bias);
    if (!unit)
        return;
    const char *file = NULL;
    int line = 0;
    Dwfl_Line *row = dwfl_module_getsrc(module->dwfl_module, address);
    if (row)
        file = dwfl_lineinfo(row, NULL, &line, NULL, NULL, NULL);
    if (!fill_from_scopes(symbols, unit, address - bias, filling, file, (uint32_t)line) && file) {
        struct symbol_frame *frame = next_frame(filling);
        if (frame) {
            frame->file = file;
            frame->line = (uint32_t)line;
        }
    }
}

size_t symbols_lookup(struct symbols *symbols, const char *path, const uint8_t *build_id,
                      size_t build_id_size, uint64_t offset, bool is_return_address,
                      struct symbol_frame *frames, size_t most)
{
    struct module *module = module_of(symbols, path, build_id, build_id_size);
    if (!module || !module->dwfl_module || !most)
        return 0;
    Dwarf_Addr address = module->bias + offset - is_return_address;
    struct filling filling = {frames, 0, most};
    fill_from_dwarf(symbols, module, address, &filling);
    if (!filling.count)
        next_frame(&filling);
    struct symbol_frame *outermost = &frames[filling.count - 1];
    if (!outermost->function) {
        GElf_Off within;
        GElf_Sym symbol;
        const char *name =
            dwfl_module_addrinfo(module->dwfl_module, address, &within, &symbol, NULL, NULL, NULL);
        outermost->function = readable(symbols, name);
    }
    return outermost->function || outermost->file ? filling.count : 0;
}
