#include "analyzer/symbols_dwarf.h"
#include "analyzer/array.h"
#include "analyzer/symbols_ranges.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

/* Deeper than any compiler nests scopes or inlines; damaged files may go on for ever. */
enum { most_depth = 128, most_inlined = 64 };

struct unit {
    Dwarf_Die die;        /* has the line table */
    Dwarf_Die *functions; /* what `ranges` count */
    size_t count, room;
    struct ranges ranges;
    bool indexed;
};

struct full_path { /* of a file that the information names relative to where it was compiled */
    UT_hash_handle hh;
    const char *relative; /* this very text: another unit's may be relative to another folder */
    char *path;
};

struct symbols_dwarf {
    struct full_path *paths;
    struct unit *units; /* what `ranges` count */
    size_t count, room;
    struct ranges ranges;
};

/* ---- units ---- */

static bool add_ranges(struct ranges *ranges, Dwarf_Die *die, size_t what)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t at = 0;
    while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
        if (!ranges_add(ranges, start, end, (uint32_t)what, 0))
            return false;
    return true;
}

static bool add_unit(struct symbols_dwarf *symbols, const Dwarf_Die *die)
{
    struct unit *units =
        array_grow(symbols->units, sizeof *units, symbols->count, &symbols->room, 1);
    if (!units)
        return false;
    symbols->units = units;
    struct unit *unit = &units[symbols->count];
    *unit = (struct unit){.die = *die};
    return add_ranges(&symbols->ranges, &unit->die, symbols->count++);
}

struct symbols_dwarf *symbols_dwarf_open(Dwarf *dwarf, const char **problem)
{
    struct symbols_dwarf *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return NULL;
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;
    int status;
    while ((status = dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, NULL)) == 0)
        if ((type == DW_UT_compile || type == DW_UT_skeleton) && !add_unit(symbols, &die))
            break;
    if (status < 0)
        *problem = "damaged debug information";
    if (!ranges_sort(&symbols->ranges)) {
        symbols_dwarf_close(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_dwarf_close(struct symbols_dwarf *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->count; i++) {
        ranges_free(&symbols->units[i].ranges);
        free(symbols->units[i].functions);
    }
    struct full_path *path, *next;
    HASH_ITER (hh, symbols->paths, path, next) {
        HASH_DEL(symbols->paths, path);
        free(path->path);
        free(path);
    }
    ranges_free(&symbols->ranges);
    free(symbols->units);
    free(symbols);
}

/* ---- the functions of a unit ---- */

static bool add_function(struct unit *unit, const Dwarf_Die *die)
{
    Dwarf_Die *functions =
        array_grow(unit->functions, sizeof *functions, unit->count, &unit->room, 1);
    if (!functions)
        return false;
    unit->functions = functions;
    functions[unit->count] = *die;
    size_t before = unit->ranges.count;
    bool added = add_ranges(&unit->ranges, &functions[unit->count], unit->count);
    unit->count += unit->ranges.count > before; /* declarations have no code */
    return added;
}

static bool may_hold_functions(int tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        return true;
    default:
        return false;
    }
}

/* `last` is where the walk has been: entries follow one another in the order of their offsets, and
 * a damaged file in which they do not would be walked for ever. */
static bool index_children(struct unit *unit, Dwarf_Die *parent, Dwarf_Off *last, int depth)
{
    Dwarf_Die die;
    for (int status = dwarf_child(parent, &die); status == 0;
         status = dwarf_siblingof(&die, &die)) {
        Dwarf_Off offset = dwarf_dieoffset(&die);
        if (offset <= *last)
            return false;
        *last = offset;
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram && !add_function(unit, &die))
            return false;
        if (depth && may_hold_functions(tag) && dwarf_haschildren(&die) > 0 &&
            !index_children(unit, &die, last, depth - 1))
            return false;
    }
    return true;
}

static void index_unit(struct unit *unit)
{
    unit->indexed = true;
    Dwarf_Die root = unit->die, apart;
    uint8_t type;
    /* Split DWARF: the functions are in a file of their own. */
    if (dwarf_cu_info(unit->die.cu, NULL, &type, NULL, &apart, NULL, NULL, NULL) == 0 &&
        type == DW_UT_skeleton && apart.addr)
        root = apart;
    Dwarf_Off last = dwarf_dieoffset(&root);
    index_children(unit, &root, &last, most_depth);
    ranges_sort(&unit->ranges);
}

/* ---- frames ---- */

/* The child scope of `die` that has this address. */
static bool scope_within(Dwarf_Die *die, Dwarf_Addr address, Dwarf_Die *scope)
{
    Dwarf_Off last = dwarf_dieoffset(die);
    for (int status = dwarf_child(die, scope); status == 0;
         status = dwarf_siblingof(scope, scope)) {
        Dwarf_Off offset = dwarf_dieoffset(scope);
        if (offset <= last)
            return false;
        last = offset;
        switch (dwarf_tag(scope)) {
        case DW_TAG_inlined_subroutine:
        case DW_TAG_lexical_block:
        case DW_TAG_try_block:
        case DW_TAG_catch_block:
            if (dwarf_haspc(scope, address) > 0)
                return true;
        }
    }
    return false;
}

/* `chain` gets the function and what is inlined into it at this address, outermost first. */
static size_t inlined_chain(const Dwarf_Die *function, Dwarf_Addr address, Dwarf_Die *chain)
{
    size_t count = 1;
    chain[0] = *function;
    Dwarf_Die around = *function, scope;
    for (int depth = 0; depth < most_depth && scope_within(&around, address, &scope); depth++) {
        if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine) {
            if (count == most_inlined)
                break;
            chain[count++] = scope;
        }
        around = scope;
    }
    return count;
}

static const char *name_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    Dwarf_Attribute *linkage = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute);
    if (!linkage)
        linkage = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute);
    const char *name = linkage ? dwarf_formstring(linkage) : NULL;
    return name ? name : dwarf_diename(die);
}

static void place_of_call(Dwarf_Die *inlined, const char **file, uint32_t *line)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    Dwarf_Files *files;
    Dwarf_Die unit;
    size_t count;
    *file = NULL;
    *line = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &value) == 0 &&
        dwarf_diecu(inlined, &unit, NULL, NULL) && dwarf_getsrcfiles(&unit, &files, &count) == 0 &&
        value < count)
        *file = dwarf_filesrc(files, value, NULL, NULL);
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &value) == 0)
        *line = (uint32_t)value;
}

static void place_of_code(Dwarf_Die *unit, Dwarf_Addr address, const char **file, uint32_t *line)
{
    Dwarf_Line *row = dwarf_getsrc_die(unit, address);
    int number = 0;
    *file = row ? dwarf_linesrc(row, NULL, NULL) : NULL;
    *line = row && dwarf_lineno(row, &number) == 0 ? (uint32_t)number : 0;
}

/* Some compilers write all folders in full, some do not: one report says it one way. */
static const char *full_path(struct symbols_dwarf *symbols, Dwarf_Die *unit, const char *file)
{
    if (!file || *file == '/')
        return file;
    struct full_path *known = NULL;
    HASH_FIND_PTR(symbols->paths, &file, known);
    if (known)
        return known->path;
    Dwarf_Attribute attribute;
    const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    known = folder ? calloc(1, sizeof *known) : NULL;
    if (!known)
        return file;
    known->relative = file;
    if (asprintf(&known->path, "%s/%s", folder, file) < 0) {
        free(known);
        return file;
    }
    HASH_ADD_PTR(symbols->paths, relative, known);
    return known->path;
}

size_t symbols_dwarf_lookup(struct symbols_dwarf *symbols, uint64_t address,
                            struct symbol_frame *frames, size_t most)
{
    const struct range *found = ranges_find(&symbols->ranges, address);
    if (!found || !most)
        return 0;
    struct unit *unit = &symbols->units[found->what];
    if (!unit->indexed)
        index_unit(unit);
    const char *file;
    uint32_t line;
    place_of_code(&unit->die, address, &file, &line);
    found = ranges_find(&unit->ranges, address);
    if (!found) {
        frames[0] =
            (struct symbol_frame){.file = full_path(symbols, &unit->die, file), .line = line};
        return file != NULL;
    }
    Dwarf_Die chain[most_inlined];
    size_t count = 0, depth = inlined_chain(&unit->functions[found->what], address, chain);
    while (depth-- && count < most) {
        frames[count++] = (struct symbol_frame){
            name_of(&chain[depth]), full_path(symbols, &unit->die, file), line, depth > 0};
        if (depth)
            place_of_call(&chain[depth], &file, &line);
    }
    return count;
}
