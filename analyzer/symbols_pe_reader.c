/*
 * Reads PE files: names of functions from their own tables; all the rest, where they have debug
 * information of some kind (DWARF in the file or split off, PDB), by llvm-symbolizer or, on
 * Windows, DbgHelp.
 */
#include "analyzer/file_view.h"
#include "analyzer/pe.h"
#include "analyzer/symbolizer.h"
#include "analyzer/symbols_dbghelp.h"
#include "analyzer/symbols_reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct pe_reader {
    struct symbols_reader reader;
    char *path; /* as the trace has it */
    char *here; /* and on this machine */
    struct file_view file;
    struct pe pe;
    bool has_debug;
    struct pe_names *names;
    struct symbols_dbghelp *dbghelp;
    /* What llvm-symbolizer was asked about, sorted, and what it said: in rounds, of which there is
     * one if all was expected. */
    struct round {
        struct round *next;
        uint64_t *addresses;
        size_t count;
        struct symbolizer_answers answers, short_answers;
    } * rounds;
    bool symbolizer_failed;
};

/* ---- llvm-symbolizer ---- */

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static struct symbolizer_answer *answer_in(struct round *round, uint64_t address)
{
    uint64_t *found =
        bsearch(&address, round->addresses, round->count, sizeof *round->addresses, compare);
    return found ? &round->answers.of[found - round->addresses] : NULL;
}

static void free_round(struct round *round)
{
    symbolizer_answers_free(&round->answers);
    symbolizer_answers_free(&round->short_answers);
    free(round->addresses);
    free(round);
}

/* The function that an address is in, after all inlined ones; NULL if it is not known. */
static struct symbol_frame *outermost(const struct symbolizer_answer *answer)
{
    return answer->count ? &answer->frames[answer->count - 1] : NULL;
}

/* On x86 linkers put an underscore before names, and the size of the arguments behind. `name` is in
 * an answer, which is ours. */
static const char *undecorated(const char *name)
{
    if (name[0] != '_' || name[1] == 'Z')
        return name;
    char *arguments = strrchr(name, '@');
    if (arguments)
        *arguments = 0;
    return name + 1;
}

/* Whether a linker's name may be that of a function whose name's last part is known. */
static bool may_be(const char *name, const char *last_part)
{
    size_t length = strcspn(last_part, "<");
    if (strncmp(name, "_Z", 2) != 0)
        return strcmp(name, last_part) == 0;
    for (const char *at = name; length && (at = strchr(at, last_part[0])); at++)
        if (strncmp(at, last_part, length) == 0)
            return true;
    return false;
}

/* Asks for what the debug information itself calls these functions. */
static void mend_doubtful(struct pe_reader *reader, struct round *round, const uint64_t *addresses,
                          struct symbol_frame *const *frames, size_t count)
{
    const char *problem = NULL;
    if (!count || !symbolizer_ask(reader->here, addresses, count, SYMBOLIZER_SHORT,
                                  &round->short_answers, &problem))
        return;
    for (size_t i = 0; i < count; i++) {
        struct symbol_frame *is = outermost(&round->short_answers.of[i]);
        if (is && is->function && !may_be(frames[i]->function, is->function))
            frames[i]->function = is->function;
    }
}

/* llvm-symbolizer gives the outermost function the name of any symbol that is nearest: of data too,
 * or of the function before. The file's own tables are sure where unwind tables agree with them;
 * else the name must agree with the debug information's. */
static void mend_names(struct pe_reader *reader, struct round *round)
{
    uint64_t *doubtful = malloc((round->count + 1) * sizeof *doubtful);
    struct symbol_frame **frames = malloc((round->count + 1) * sizeof(struct symbol_frame *));
    size_t count = 0;
    for (size_t i = 0; doubtful && frames && i < round->count; i++) {
        struct symbol_frame *frame = outermost(&round->answers.of[i]);
        uint64_t address = round->addresses[i];
        if (!frame || !frame->function || address > UINT32_MAX)
            continue;
        const char *name = pe_names_certain(reader->names, (uint32_t)address);
        if (name) {
            frame->function = name;
            continue;
        }
        if (reader->pe.machine == PE_I386)
            frame->function = undecorated(frame->function);
        doubtful[count] = address;
        frames[count++] = frame;
    }
    if (doubtful && frames)
        mend_doubtful(reader, round, doubtful, frames, count);
    free(doubtful);
    free(frames);
}

static void ask_symbolizer(struct pe_reader *reader, const uint64_t *addresses, size_t count)
{
    const char *problem = NULL;
    struct round *round = calloc(1, sizeof *round);
    if (!round || !(round->addresses = malloc(count * sizeof *addresses))) {
        free(round);
        return;
    }
    memcpy(round->addresses, addresses, count * sizeof *addresses);
    qsort(round->addresses, count, sizeof *addresses, compare);
    for (size_t i = 0; i < count; i++)
        if (!round->count || round->addresses[round->count - 1] != round->addresses[i])
            round->addresses[round->count++] = round->addresses[i];
    bool asked = symbolizer_ask(reader->here, round->addresses, round->count, SYMBOLIZER_LINKAGE,
                                &round->answers, &problem);
    if (problem)
        symbols_complain(&reader->reader, reader->path, problem);
    if (!asked) {
        reader->symbolizer_failed = true;
        free_round(round);
        return;
    }
    mend_names(reader, round);
    round->next = reader->rounds;
    reader->rounds = round;
}

static void expect(struct symbols_reader *base, const uint64_t *addresses, size_t count)
{
    struct pe_reader *reader = (struct pe_reader *)base;
    if (reader->has_debug && count && !reader->symbolizer_failed && !reader->dbghelp)
        ask_symbolizer(reader, addresses, count);
}

static struct symbolizer_answer *answer_of(struct pe_reader *reader, uint64_t address)
{
    struct symbolizer_answer *answer = NULL;
    for (struct round *round = reader->rounds; round && !answer; round = round->next)
        answer = answer_in(round, address);
    if (answer || !reader->has_debug || reader->symbolizer_failed)
        return answer;
    ask_symbolizer(reader, &address, 1);
    return reader->symbolizer_failed || !reader->rounds ? NULL : answer_in(reader->rounds, address);
}

/* ---- lookup ---- */

static size_t from_debug(struct pe_reader *reader, uint64_t address, struct symbol_frame *frames,
                         size_t most)
{
    if (reader->dbghelp)
        return symbols_dbghelp_lookup(reader->dbghelp, address, frames, most);
    struct symbolizer_answer *answer = answer_of(reader, address);
    /* A name without a file is of the tables that are read here too, with more care. */
    if (!answer || !answer->count || !answer->frames[answer->count - 1].file)
        return 0;
    size_t count = answer->count < most ? answer->count : most;
    memcpy(frames, answer->frames, count * sizeof *frames);
    return count;
}

static size_t lookup(struct symbols_reader *base, uint64_t address, struct symbol_frame *frames,
                     size_t most)
{
    struct pe_reader *reader = (struct pe_reader *)base;
    if (!reader->names || !most || address > UINT32_MAX)
        return 0;
    size_t count = reader->has_debug ? from_debug(reader, address, frames, most) : 0;
    if (count)
        return count;
    const char *name = pe_names_lookup(reader->names, (uint32_t)address);
    frames[0] = (struct symbol_frame){.function = name};
    return name != NULL;
}

/* ---- opening ---- */

static const char *objection(struct pe_reader *reader, const struct symbols_wanted *wanted)
{
    uint8_t identity[PE_IDENTITY_MOST];
    if (!pe_open(&reader->pe, reader->file.bytes, reader->file.size))
        return "not a PE file, or not all of it is there";
    if ((wanted->identity_size == PE_IDENTITY_PDB || wanted->identity_size == PE_IDENTITY_HEADER) &&
        (pe_identity(&reader->pe, wanted->identity_size, identity) != wanted->identity_size ||
         memcmp(identity, wanted->identity, wanted->identity_size) != 0))
        return "has been replaced since the run (its identity differs)";
    return NULL;
}

/* False: `*problem`. */
static bool open_file(struct pe_reader *reader, const struct symbols_wanted *wanted,
                      const char **problem)
{
    if (!file_view_open(&reader->file, reader->here, problem))
        return false;
    *problem = objection(reader, wanted);
    if (*problem)
        file_view_close(&reader->file);
    return !*problem;
}

/* What 32-bit programs on a 64-bit Windows call system32 is another folder. */
static bool open_redirected(struct pe_reader *reader, const struct symbols_wanted *wanted)
{
    static const char as_told[] = "\\system32\\", in_truth[] = "\\syswow64\\";
    struct symbols_wanted other = *wanted;
    const char *problem;
    char *path = strdup(wanted->path), *at = path;
    while (at && *at && strncasecmp(at, as_told, sizeof as_told - 1) != 0)
        at++;
    if (!at || !*at) {
        free(path);
        return false;
    }
    memcpy(at, in_truth, sizeof in_truth - 1);
    other.path = path;
    char *here = windows_path_here(path, wanted->drives), *before = reader->here;
    reader->here = here;
    bool opened = here && open_file(reader, &other, &problem);
    if (!opened)
        reader->here = before;
    free(opened ? before : here);
    free(path);
    return opened;
}

static void read_file(struct pe_reader *reader, const struct symbols_wanted *wanted)
{
    const char *problem = NULL;
    if (!open_file(reader, wanted, &problem) && !open_redirected(reader, wanted)) {
        symbols_complain(&reader->reader, reader->path, problem);
        return;
    }
    reader->names = pe_names_open(&reader->pe);
    reader->has_debug = pe_has_debug(&reader->pe);
    if (!reader->has_debug && reader->names && !pe_names_count(reader->names))
        symbols_complain(&reader->reader, reader->path,
                         "no debug information and no function names");
    if (reader->has_debug && !getenv("RESIDUE_SYMBOLIZER")) /* who names one wants that */
        reader->dbghelp = symbols_dbghelp_open(reader->here);
}

static void close_reader(struct symbols_reader *base)
{
    struct pe_reader *reader = (struct pe_reader *)base;
    for (struct round *round = reader->rounds, *next; round; round = next) {
        next = round->next;
        free_round(round);
    }
    symbols_dbghelp_close(reader->dbghelp);
    pe_names_close(reader->names);
    file_view_close(&reader->file);
    free(reader->here);
    free(reader->path);
    free(reader->reader.problem);
    free(reader);
}

struct symbols_reader *symbols_pe_reader(const struct symbols_wanted *wanted)
{
    static const struct symbols_kind kind = {
        .lookup = lookup, .expect = expect, .close = close_reader};
    struct pe_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->reader.kind = &kind;
    reader->path = strdup(wanted->path);
    reader->here = windows_path_here(wanted->path, wanted->drives);
    if (!reader->path || !reader->here) {
        close_reader(&reader->reader);
        return NULL;
    }
    read_file(reader, wanted);
    return &reader->reader;
}
