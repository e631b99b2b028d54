/* pprof's profile.proto, gzip'ed. A message may come in pieces, the repeated fields of which add
 * up: so it is written as it is found, each function and location before what needs it. */
#include "analyzer/export.h"
#include "analyzer/export_pprof_segment.h"
#include "analyzer/pprof.pb-c.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <zlib.h>

#ifndef RESIDUE_VERSION
#define RESIDUE_VERSION "0.1"
#endif

/* A text and its number in the table, or a function: name and file, as numbers of texts. */
struct entry {
    char *key;
    int64_t number;
    UT_hash_handle hh;
};

/* `base` is first: what packs calls back with it. */
struct pprof {
    ProtobufCBuffer base;
    struct export *export;
    FILE *out;
    z_stream stream;
    struct entry *texts, *functions;
    bool *located; /* by frame of the trace: its location was written */
    struct module {
        uint64_t last; /* largest offset seen */
        bool functions, files, lines, inlined;
    } * modules; /* by module of the trace */
};

bool export_has_pprof(void)
{
    return true;
}

/* ---- bytes ---- */

static void deflate_all(struct pprof *pprof, const uint8_t *bytes, size_t size, int flush)
{
    uint8_t packed[1 << 14];
    pprof->stream.next_in = (uint8_t *)(uintptr_t)bytes; /* zlib only reads it */
    pprof->stream.avail_in = (uInt)size;
    do {
        pprof->stream.next_out = packed;
        pprof->stream.avail_out = sizeof packed;
        deflate(&pprof->stream, flush);
        fwrite(packed, 1, sizeof packed - pprof->stream.avail_out, pprof->out);
    } while (!pprof->stream.avail_out);
}

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes)
{
    deflate_all((struct pprof *)buffer, bytes, size, Z_NO_FLUSH);
}

static void put(struct pprof *pprof, const Pprof__Profile *piece)
{
    pprof__profile__pack_to_buffer(piece, &pprof->base);
}

/* ---- tables ---- */

/* The number of `key` (owned from here on) in a table; `*fresh`: it was not there. */
static int64_t number_of(struct entry **table, char *key, int64_t first, bool *fresh)
{
    struct entry *entry;
    HASH_FIND_STR(*table, key, entry);
    *fresh = !entry;
    if (entry) {
        free(key);
    } else {
        entry = analysis_take(1, sizeof *entry);
        entry->key = key;
        entry->number = first + HASH_COUNT(*table);
        HASH_ADD_KEYPTR(hh, *table, entry->key, strlen(entry->key), entry);
    }
    return entry->number;
}

static void free_table(struct entry *table)
{
    struct entry *entry, *next;
    HASH_ITER (hh, table, entry, next) {
        HASH_DEL(table, entry);
        free(entry->key);
        free(entry);
    }
}

static int64_t own_text(struct pprof *pprof, char *text)
{
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    bool fresh;
    char *copy = export_text(text);
    int64_t number = number_of(&pprof->texts, text, 0, &fresh);
    piece.n_string_table = 1;
    piece.string_table = &copy;
    if (fresh)
        put(pprof, &piece);
    free(copy);
    return number;
}

static int64_t text(struct pprof *pprof, const char *bytes)
{
    return own_text(pprof, export_text(bytes ? bytes : ""));
}

static uint64_t function(struct pprof *pprof, const struct report_frame *line)
{
    enum { KEY = 48 };
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    Pprof__Function function = PPROF__FUNCTION__INIT, *functions = &function;
    bool fresh;
    char *key = analysis_take(KEY, 1);
    function.name = text(pprof, line->function);
    function.system_name = function.name;
    function.filename = text(pprof, line->file);
    snprintf(key, KEY, "%lld %lld", (long long)function.name, (long long)function.filename);
    function.id = (uint64_t)number_of(&pprof->functions, key, 1, &fresh);
    piece.n_function = 1;
    piece.function = &functions;
    if (fresh)
        put(pprof, &piece);
    return function.id;
}

/* ---- locations ---- */

/* Of a return address, the last byte of the call before it; in no module, the address itself. */
static uint64_t address_of(const struct trace *trace, const struct residue_frame *frame)
{
    uint64_t bias = frame->module ? trace->modules[frame->module].bias : 0;
    uint64_t address = bias + frame->offset;
    return address - (address && !(frame->flags & RESIDUE_FRAME_EXACT));
}

static void note_line(struct module *module, const struct report_frame *line)
{
    module->functions = true;
    module->files |= line->file != NULL;
    module->lines |= line->line != 0;
    module->inlined |= line->inlined;
}

/* An address whose function is not known has no lines: readers may look it up by the build id. */
static void put_location(struct pprof *pprof, uint32_t frame)
{
    const struct trace *trace = pprof->export->report->trace;
    const struct residue_frame *at = &trace->frames[frame];
    const struct report_stack *lines = export_frame_of(pprof->export, frame);
    struct module *module = &pprof->modules[at->module];
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    Pprof__Location location = PPROF__LOCATION__INIT, *locations = &location;
    Pprof__Line *line = analysis_take(lines->count, sizeof *line);
    location.line = analysis_take(lines->count, sizeof *location.line);
    location.id = (uint64_t)frame + 1;
    location.mapping_id = at->module;
    location.address = address_of(trace, at);
    if (at->offset > module->last)
        module->last = at->offset;
    for (size_t i = 0; i < lines->count; i++) {
        if (!lines->frame[i].function)
            continue;
        Pprof__Line *to = location.line[location.n_line] = &line[location.n_line];
        location.n_line++;
        pprof__line__init(to);
        to->function_id = function(pprof, &lines->frame[i]);
        to->line = lines->frame[i].line;
        note_line(module, &lines->frame[i]);
    }
    piece.n_location = 1;
    piece.location = &locations;
    put(pprof, &piece);
    free(location.line);
    free(line);
}

static void put_mapping(struct pprof *pprof, uint32_t id)
{
    enum { PAGE = 4096 };
    const struct trace_module *from = &pprof->export->report->trace->modules[id];
    const struct module *module = &pprof->modules[id];
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    Pprof__Mapping mapping = PPROF__MAPPING__INIT, *mappings = &mapping;
    struct segment segment = {.end = (module->last / PAGE + 1) * PAGE};
    char digits[2 * 64 + 1];
    export_build_id(from, digits, sizeof digits);
    segment_of(from->path, module->last, &segment);
    mapping.id = id;
    mapping.memory_start = from->bias + segment.start;
    mapping.memory_limit = from->bias + segment.end;
    mapping.file_offset = segment.in_file;
    mapping.filename = text(pprof, from->path);
    mapping.build_id = text(pprof, digits);
    mapping.has_functions = module->functions;
    mapping.has_filenames = module->files;
    mapping.has_line_numbers = module->lines;
    mapping.has_inline_frames = module->inlined;
    piece.n_mapping = 1;
    piece.mapping = &mappings;
    put(pprof, &piece);
}

/* Readers take the first for the program. */
static void put_mappings(struct pprof *pprof)
{
    const struct trace *trace = pprof->export->report->trace;
    uint32_t program = 0;
    for (uint32_t id = trace->module_count; id; id--)
        if (!strcmp(trace->modules[id].path, trace->header.program))
            program = id;
    if (program)
        put_mapping(pprof, program);
    for (uint32_t id = 1; id <= trace->module_count; id++)
        if (id != program)
            put_mapping(pprof, id);
}

/* ---- samples ---- */

static const struct {
    const char *type, *unit;
    enum export_weight weight;
    double scale; /* values are whole numbers */
} values[] = {
    {"bytes_per_call", "millibytes", EXPORT_RATE, 1000},
    {"things_per_call", "thousandths", EXPORT_THINGS, 1000},
    {"retained_bytes", "bytes", EXPORT_BYTES, 1},
    {"retained_objects", "count", EXPORT_OBJECTS, 1},
};
enum { VALUES = sizeof values / sizeof *values };

static int64_t value_of(const struct export_sample *sample, int i)
{
    double value = round(export_weight_of(sample, values[i].weight) * values[i].scale);
    return value < 9.2e18 ? (int64_t)value : INT64_MAX;
}

enum { LABELS = 4 };

static size_t labels_of(struct pprof *pprof, const struct export_sample *sample,
                        Pprof__Label *labels)
{
    const struct analysis_call *call = sample->call;
    bool inner = call && call->outer_count;
    const struct {
        const char *key;
        char *value; /* NULL: not this one */
    } all[LABELS] = {
        {"call", export_text(call ? call->name : EXPORT_OUTSIDE)},
        {"kind", export_text(export_kind_of(pprof->export, sample))},
        {"verdict", call ? export_text(verdict_name(sample->site->verdict.kind)) : NULL},
        {"path", inner ? export_outer_of(call) : NULL},
    };
    size_t count = 0;
    for (int i = 0; i < LABELS; i++) {
        if (!all[i].value)
            continue;
        pprof__label__init(&labels[count]);
        labels[count].key = text(pprof, all[i].key);
        labels[count++].str = own_text(pprof, all[i].value);
    }
    return count;
}

static void put_sample(struct pprof *pprof, const struct export_sample *from)
{
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    Pprof__Sample sample = PPROF__SAMPLE__INIT, *samples = &sample;
    Pprof__Label labels[LABELS], *label[LABELS];
    int64_t value[VALUES];
    uint32_t depth;
    const uint32_t *stack = export_stack_of(pprof->export, from, &depth);
    sample.location_id = analysis_take(depth + 1, sizeof *sample.location_id);
    for (uint32_t i = 0; i < depth; i++) {
        if (!pprof->located[stack[i]])
            put_location(pprof, stack[i]);
        pprof->located[stack[i]] = true;
        sample.location_id[i] = (uint64_t)stack[i] + 1;
    }
    sample.n_location_id = depth;
    for (int i = 0; i < VALUES; i++)
        value[i] = value_of(from, i);
    sample.n_value = VALUES;
    sample.value = value;
    sample.n_label = labels_of(pprof, from, labels);
    for (size_t i = 0; i < sample.n_label; i++)
        label[i] = &labels[i];
    sample.label = label;
    piece.n_sample = 1;
    piece.sample = &samples;
    put(pprof, &piece);
    free(sample.location_id);
}

/* ---- the whole ---- */

static void put_comments(struct pprof *pprof)
{
    const struct trace *trace = pprof->export->report->trace;
    const struct export *export = pprof->export;
    const struct {
        const char *what, *text;
    } about[] = {{"made by", "residue " RESIDUE_VERSION},
                 {"program", trace->header.program},
                 {"build", export->build},
                 {"commit", export->commit},
                 {"label", export->label},
                 {"trouble", trace->header.trouble}};
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        Pprof__Profile piece = PPROF__PROFILE__INIT;
        const char *is = about[i].text ? about[i].text : "";
        size_t size = strlen(about[i].what) + strlen(is) + 3;
        char *line = analysis_take(size, 1);
        snprintf(line, size, "%s: %s", about[i].what, is);
        int64_t comment = *is ? text(pprof, line) : 0;
        piece.n_comment = 1;
        piece.comment = &comment;
        if (comment)
            put(pprof, &piece);
        free(line);
    }
}

/* What opens first: the rates, or what there is when nothing leaks. */
static void put_head(struct pprof *pprof)
{
    const struct trace *trace = pprof->export->report->trace;
    bool leaks = analysis_worst(pprof->export->report->analysis) != NULL;
    for (int i = 0; i < VALUES; i++) {
        Pprof__Profile piece = PPROF__PROFILE__INIT;
        Pprof__ValueType type = PPROF__VALUE_TYPE__INIT, *types = &type;
        type.type = text(pprof, values[i].type);
        type.unit = text(pprof, values[i].unit);
        piece.n_sample_type = 1;
        piece.sample_type = &types;
        put(pprof, &piece);
    }
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    piece.default_sample_type = text(pprof, leaks ? "bytes_per_call" : "retained_bytes");
    piece.time_nanos = (int64_t)trace->header.start_unix_ns;
    piece.duration_nanos = (int64_t)trace->header.end_ns;
    put(pprof, &piece);
}

void export_pprof(struct export *export, FILE *out)
{
    enum { GZIP = 16 + MAX_WBITS, MEMORY = 8 };
    const struct trace *trace = export->report->trace;
    struct pprof pprof = {.base = {append}, .export = export, .out = out};
    struct export_sample sample = {0};
    pprof.located = analysis_take((size_t)trace->frame_count + 1, sizeof *pprof.located);
    pprof.modules = analysis_take((size_t)trace->module_count + 1, sizeof *pprof.modules);
    if (deflateInit2(&pprof.stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        analysis_no_memory();
    text(&pprof, ""); /* the first text of the table is the empty one */
    put_head(&pprof);
    while (export_next(export, &sample))
        put_sample(&pprof, &sample);
    put_mappings(&pprof);
    put_comments(&pprof);
    deflate_all(&pprof, NULL, 0, Z_FINISH);
    deflateEnd(&pprof.stream);
    free_table(pprof.texts);
    free_table(pprof.functions);
    free(pprof.located);
    free(pprof.modules);
}
