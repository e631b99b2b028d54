#include "analyzer/symbols_dbghelp.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <dbghelp.h>
#include <stdlib.h>
#include <string.h>

/* In the headers of Windows 8 and later, not in mingw's. */
DWORD WINAPI SymAddrIncludeInlineTrace(HANDLE, DWORD64 address);
BOOL WINAPI SymQueryInlineTrace(HANDLE, DWORD64 start, DWORD start_context, DWORD64 start_return,
                                DWORD64 current, DWORD *context, DWORD *index);
BOOL WINAPI SymFromInlineContext(HANDLE, DWORD64 address, ULONG context, DWORD64 *distance,
                                 SYMBOL_INFO *);
BOOL WINAPI SymGetLineFromInlineContext(HANDLE, DWORD64 address, ULONG context, DWORD64 base,
                                        DWORD *distance, IMAGEHLP_LINE64 *);

/* Loaded, not linked: it may be missing, and older ones know nothing of inlined functions. */
#define EACH_FUNCTION(_)                                                                           \
    _(SymInitialize)                                                                               \
    _(SymCleanup)                                                                                  \
    _(SymSetOptions)                                                                               \
    _(SymLoadModuleEx)                                                                             \
    _(SymGetModuleInfo64)                                                                          \
    _(SymFromAddr)                                                                                 \
    _(SymGetLineFromAddr64)                                                                        \
    _(SymAddrIncludeInlineTrace)                                                                   \
    _(SymQueryInlineTrace) _(SymFromInlineContext) _(SymGetLineFromInlineContext)

enum { BASE = 0x10000000, LONGEST_NAME = 1024 };

struct symbols_dbghelp {
    HMODULE library;
#define DECLARE(name) __typeof__(&name) name;
    EACH_FUNCTION(DECLARE)
#undef DECLARE
    DWORD64 base;
    struct text { /* what frames have handed out */
        struct text *next;
        char bytes[];
    } * texts;
};

/* This object is as good a handle as any: the process that is looked at is none. */
static HANDLE session(struct symbols_dbghelp *dbghelp)
{
    return dbghelp;
}

static bool load(struct symbols_dbghelp *dbghelp)
{
    dbghelp->library = LoadLibraryA("dbghelp.dll");
    if (!dbghelp->library)
        return false;
#define LOAD(name)                                                                                 \
    dbghelp->name = (__typeof__(&name))(void *)GetProcAddress(dbghelp->library, #name);
    EACH_FUNCTION(LOAD)
#undef LOAD
    return dbghelp->SymInitialize && dbghelp->SymCleanup && dbghelp->SymSetOptions &&
           dbghelp->SymLoadModuleEx && dbghelp->SymGetModuleInfo64 && dbghelp->SymFromAddr &&
           dbghelp->SymGetLineFromAddr64;
}

/* Names of functions alone are read elsewhere, with more care. */
static bool has_lines(struct symbols_dbghelp *dbghelp)
{
    IMAGEHLP_MODULE64 module = {.SizeOfStruct = sizeof module};
    return dbghelp->SymGetModuleInfo64(session(dbghelp), dbghelp->base, &module) &&
           module.SymType != SymNone && module.SymType != SymExport && module.LineNumbers;
}

struct symbols_dbghelp *symbols_dbghelp_open(const char *path)
{
    struct symbols_dbghelp *dbghelp = calloc(1, sizeof *dbghelp);
    if (!dbghelp)
        return NULL;
    if (load(dbghelp)) {
        dbghelp->SymSetOptions(SYMOPT_LOAD_LINES | SYMOPT_UNDNAME | SYMOPT_FAIL_CRITICAL_ERRORS |
                               SYMOPT_NO_PROMPTS);
        if (dbghelp->SymInitialize(session(dbghelp), NULL, FALSE)) {
            dbghelp->base =
                dbghelp->SymLoadModuleEx(session(dbghelp), NULL, path, NULL, BASE, 0, NULL, 0);
            if (dbghelp->base && has_lines(dbghelp))
                return dbghelp;
            dbghelp->SymCleanup(session(dbghelp));
        }
    }
    if (dbghelp->library)
        FreeLibrary(dbghelp->library);
    free(dbghelp);
    return NULL;
}

void symbols_dbghelp_close(struct symbols_dbghelp *dbghelp)
{
    if (!dbghelp)
        return;
    for (struct text *text = dbghelp->texts, *next; text; text = next) {
        next = text->next;
        free(text);
    }
    dbghelp->SymCleanup(session(dbghelp));
    FreeLibrary(dbghelp->library);
    free(dbghelp);
}

static const char *keep(struct symbols_dbghelp *dbghelp, const char *bytes)
{
    size_t size = strlen(bytes) + 1;
    struct text *text = malloc(sizeof *text + size);
    if (!text)
        return NULL;
    memcpy(text->bytes, bytes, size);
    text->next = dbghelp->texts;
    dbghelp->texts = text;
    return text->bytes;
}

union symbol {
    SYMBOL_INFO info;
    char room[sizeof(SYMBOL_INFO) + LONGEST_NAME];
};

static struct symbol_frame frame_of(struct symbols_dbghelp *dbghelp, const union symbol *symbol,
                                    const IMAGEHLP_LINE64 *line)
{
    return (struct symbol_frame){
        .function = symbol ? keep(dbghelp, symbol->info.Name) : NULL,
        .file = line ? keep(dbghelp, line->FileName) : NULL,
        .line = line ? (uint32_t)line->LineNumber : 0,
    };
}

static void prepare(union symbol *symbol, IMAGEHLP_LINE64 *line)
{
    memset(symbol, 0, sizeof *symbol);
    memset(line, 0, sizeof *line);
    symbol->info.SizeOfStruct = sizeof symbol->info;
    symbol->info.MaxNameLen = LONGEST_NAME;
    line->SizeOfStruct = sizeof *line;
}

/* The functions inlined at an address and then the one they are in; 0: it is all that one's own. */
static size_t inlined(struct symbols_dbghelp *dbghelp, DWORD64 address, struct symbol_frame *frames,
                      size_t most)
{
    if (!dbghelp->SymAddrIncludeInlineTrace || !dbghelp->SymQueryInlineTrace ||
        !dbghelp->SymFromInlineContext || !dbghelp->SymGetLineFromInlineContext)
        return 0;
    DWORD depth = dbghelp->SymAddrIncludeInlineTrace(session(dbghelp), address), context, index;
    if (!depth || !dbghelp->SymQueryInlineTrace(session(dbghelp), address, 0, address, address,
                                                &context, &index))
        return 0;
    size_t count = 0;
    for (DWORD i = 0; i <= depth && count < most; i++, context++) {
        union symbol symbol;
        IMAGEHLP_LINE64 line;
        DWORD64 distance;
        DWORD column;
        prepare(&symbol, &line);
        if (!dbghelp->SymFromInlineContext(session(dbghelp), address, context, &distance,
                                           &symbol.info))
            break;
        bool placed = dbghelp->SymGetLineFromInlineContext(session(dbghelp), address, context, 0,
                                                           &column, &line);
        frames[count] = frame_of(dbghelp, &symbol, placed ? &line : NULL);
        frames[count++].inlined = i < depth;
    }
    return count;
}

size_t symbols_dbghelp_lookup(struct symbols_dbghelp *dbghelp, uint64_t address,
                              struct symbol_frame *frames, size_t most)
{
    DWORD64 at = dbghelp->base + address, distance;
    DWORD column;
    size_t count = inlined(dbghelp, at, frames, most);
    if (count)
        return count;
    union symbol symbol;
    IMAGEHLP_LINE64 line;
    prepare(&symbol, &line);
    if (!dbghelp->SymGetLineFromAddr64(session(dbghelp), at, &column, &line))
        return 0;
    bool named = dbghelp->SymFromAddr(session(dbghelp), at, &distance, &symbol.info);
    frames[0] = frame_of(dbghelp, named ? &symbol : NULL, &line);
    return 1;
}
