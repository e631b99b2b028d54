#include "analyzer/figures_make.h"
#include "analyzer/figures_spool.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- storage ---- */

void *figures_take(struct figures_storage *storage, size_t count, size_t size)
{
    storage->piece =
        analysis_grow(storage->piece, sizeof *storage->piece, storage->count, &storage->room);
    return storage->piece[storage->count++] = analysis_take(count ? count : 1, size);
}

char *figures_text(struct figures_storage *storage, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = figures_take(storage, (size_t)(length > 0 ? length : 0) + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)(length > 0 ? length : 0) + 1, format, arguments);
    va_end(arguments);
    return text;
}

void figures_give_back(struct figures_storage *storage)
{
    for (size_t i = 0; i < storage->count; i++)
        free(storage->piece[i]);
    free(storage->piece);
    json_decref(storage->reports);
    free(storage);
}

/* ---- files ---- */

static int first_byte(FILE *file)
{
    int byte;
    do
        byte = getc(file);
    while (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n');
    rewind(file);
    return byte;
}

/* The report on a trace, as if it had been written and read. */
static json_t *report_on(const char *path, const struct report_options *options, char *problem,
                         size_t problem_size)
{
    struct report *report = report_open(path, options, problem, problem_size);
    if (!report)
        return NULL;
    FILE *spool = figures_spool();
    json_error_t error;
    json_t *json = NULL;
    if (spool) {
        report_json(report, spool);
        if (!fflush(spool) && !ferror(spool)) {
            rewind(spool);
            json = json_loadf(spool, JSON_ALLOW_NUL, &error);
        }
        fclose(spool);
    }
    if (!json)
        snprintf(problem, problem_size, "%s: no room for its report: %s", path, strerror(errno));
    report_close(report);
    return json;
}

static json_t *parsed(FILE *file, const char *path, char *problem, size_t problem_size)
{
    json_error_t error;
    json_t *json = json_loadf(file, JSON_ALLOW_NUL, &error);
    if (!json)
        snprintf(problem, problem_size, "%s:%d: not JSON: %s", path, error.line, error.text);
    return json;
}

static json_t *load(const char *path, const struct report_options *options, char *problem,
                    size_t problem_size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    json_t *json = NULL;
    bool is_json = first_byte(file) == '{';
    if (is_json)
        json = parsed(file, path, problem, problem_size);
    fclose(file);
    return is_json ? json : report_on(path, options, problem, problem_size);
}

/* A baseline's reports, or the one report there is. */
static bool add_reports(struct figures_storage *storage, json_t *json, const char ***sources,
                        const char *path, char *problem, size_t problem_size)
{
    const char *schema = json_string_value(json_object_get(json, "schema"));
    json_t *reports = json_object_get(json, "reports"), *report;
    size_t i, before = json_array_size(storage->reports);
    if (!schema || strcmp(schema, "residue-baseline/1") != 0) {
        json_array_append(storage->reports, json);
    } else if (!json_array_size(reports)) {
        snprintf(problem, problem_size, "%s: a baseline without reports", path);
        return false;
    } else {
        json_array_foreach(reports, i, report) json_array_append(storage->reports, report);
    }
    size_t after = json_array_size(storage->reports);
    const char **grown = realloc(*sources, after * sizeof *grown);
    if (!grown)
        analysis_no_memory();
    *sources = grown;
    for (i = before; i < after; i++)
        grown[i] = path;
    return true;
}

static struct figures *read_all(struct figures_storage *storage, const char *const *sources,
                                char *problem, size_t problem_size)
{
    size_t count = json_array_size(storage->reports);
    struct figures *each = figures_take(storage, count, sizeof *each);
    for (size_t i = 0; i < count; i++) {
        char what[256];
        if (!figures_read(storage, json_array_get(storage->reports, i), sources[i], &each[i], what,
                          sizeof what)) {
            snprintf(problem, problem_size, "%s: %s", sources[i], what);
            return NULL;
        }
    }
    struct figures *pooled = figures_take(storage, 1, sizeof *pooled);
    figures_pool(storage, each, count, pooled);
    pooled->storage = storage;
    return pooled;
}

struct figures *figures_open(const char *const *files, size_t count,
                             const struct report_options *options, char *problem,
                             size_t problem_size)
{
    struct figures_storage *storage = analysis_take(1, sizeof *storage);
    const char **sources = NULL;
    struct figures *figures = NULL;
    storage->reports = json_array();
    bool good = storage->reports;
    struct report_options with = *options; /* processes of one run have most modules in common */
    with.shared = symbols_open();
    for (size_t i = 0; i < count && good; i++) {
        json_t *json = load(files[i], &with, problem, problem_size);
        good = json && add_reports(storage, json, &sources, files[i], problem, problem_size);
        json_decref(json);
    }
    symbols_close(with.shared);
    if (good)
        figures = read_all(storage, sources, problem, problem_size);
    free(sources);
    if (!figures)
        figures_give_back(storage);
    return figures;
}

void figures_free(struct figures *figures)
{
    if (figures)
        figures_give_back(figures->storage);
}

void figures_write_baseline(const struct figures *figures, FILE *out)
{
    const struct figures_storage *storage = figures->storage;
    fputs("{\"schema\": \"residue-baseline/1\",\n\"reports\": ", out);
    json_dumpf(storage->reports, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    fputs("}\n", out);
}

/* ---- looking up ---- */

#define LOOK_UP(type, member)                                                                      \
    static int member##_has_key(const void *key, const void *of)                                   \
    {                                                                                              \
        return strcmp(key, ((const struct type *)of)->key);                                        \
    }
LOOK_UP(figures_call, call)
LOOK_UP(figures_finding, finding)

const struct figures_call *figures_call(const struct figures *figures, const char *key)
{
    return bsearch(key, figures->call, figures->call_count, sizeof *figures->call, call_has_key);
}

const struct figures_finding *figures_finding(const struct figures *figures, const char *key)
{
    return bsearch(key, figures->finding, figures->finding_count, sizeof *figures->finding,
                   finding_has_key);
}

/* ---- sums ---- */

static struct estimate sum(const struct figures_call *call, const bool *left_out, bool of_bytes)
{
    struct estimate all = {0};
    for (size_t i = 0; i < call->site_count; i++) {
        const struct figures_site *site = &call->site[i];
        if (!verdict_leaks(site->verdict) || (left_out && left_out[i]))
            continue;
        const struct estimate *one = of_bytes ? &site->bytes : &site->things;
        all.rate += one->rate;
        all.low += one->low;
        all.high += one->high;
    }
    return all;
}

struct estimate figures_bytes(const struct figures_call *call, const bool *left_out)
{
    for (size_t i = 0; left_out && i < call->site_count; i++)
        if (left_out[i] && verdict_leaks(call->site[i].verdict))
            return sum(call, left_out, true);
    return call->bytes;
}

struct estimate figures_things(const struct figures_call *call, const bool *left_out)
{
    return sum(call, left_out, false);
}

/* ---- lines ---- */

/* The C library as distributions build it: in one of its own folders, of which the compiler noted
 * where it stood and what it was given, as in "./csu/../sysdeps/x86_64/start.S". */
static bool is_c_librarys(const char *file)
{
    static const char folders[] =
        " argp assert catgets conform crypt csu ctype debug dirent dlfcn elf gmon gnulib grp "
        "gshadow hesiod iconv iconvdata inet intl io libio locale login malloc math mathvec misc "
        "nptl nptl_db nscd nss po posix pwd resolv resource rt setjmp shadow signal socket "
        "stdio-common stdlib string sunrpc support sysdeps sysvipc termios time timezone wcsmbs "
        "wctype ";
    char folder[24] = " ";
    file += strncmp(file, "./", 2) ? 0 : 2;
    size_t length = strcspn(file, "/");
    if (length > sizeof folder - 3 || strncmp(file + length, "/.", 2) != 0)
        return false;
    memcpy(folder + 1, file, length);
    strcpy(folder + 1 + length, " ");
    return strstr(folders, folder);
}

static bool is_systems(const char *file)
{
    static const char *const folders[] = {"/usr/", "/build/", "../"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (!strncmp(file, folders[i], strlen(folders[i])))
            return true;
    return strstr(file, "/include/c++/") || is_c_librarys(file);
}

bool figures_is_own(const struct figures_frame *frame)
{
    return frame->file && frame->line && !is_systems(frame->file);
}

const struct figures_frame *figures_place(const struct figures_stack *stack)
{
    const struct figures_frame *any = NULL;
    for (size_t i = 0; i < stack->count; i++) {
        const struct figures_frame *frame = &stack->frame[i];
        if (!frame->file || !frame->line)
            continue;
        if (figures_is_own(frame))
            return frame;
        any = any ? any : frame;
    }
    return any;
}
