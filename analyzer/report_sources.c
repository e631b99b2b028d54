#include "analyzer/report_sources.h"
#include "analyzer/array.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

enum {
    AROUND = 3,
    FILES_MOST = 4096,
    LINES_MOST = 65536,
    FILE_MOST = 16 << 20,
    COLUMNS_MOST = 240
};

struct source {
    UT_hash_handle hh;
    const char *file;
    uint32_t *line;
    size_t count, room;
};

struct report_sources {
    struct source *sources;
    size_t lines; /* wanted of all files */
};

struct report_sources *report_sources_open(void)
{
    return calloc(1, sizeof(struct report_sources));
}

void report_sources_close(struct report_sources *sources)
{
    struct source *source, *next;
    if (!sources)
        return;
    HASH_ITER (hh, sources->sources, source, next) {
        HASH_DEL(sources->sources, source);
        free(source->line);
        free(source);
    }
    free(sources);
}

/* Whether a program's own text may be called so. */
static bool named_like_source(const char *file)
{
    static const char *const ends[] = {
        "c",   "h",   "cc",  "hh", "cpp", "hpp",  "cxx",   "hxx", "c++", "h++", "inc", "inl", "ipp",
        "tcc", "tpp", "ixx", "m",  "mm",  "s",    "S",     "asm", "rs",  "go",  "d",   "zig", "nim",
        "pas", "f",   "f90", "y",  "l",   "vala", "swift", "cu",  "C",   "H",   "def"};
    const char *point = strrchr(file, '.');
    for (size_t i = 0; point && i < sizeof ends / sizeof *ends; i++)
        if (!strcmp(point + 1, ends[i]))
            return true;
    return false;
}

static struct source *source_of(struct report_sources *sources, const char *file)
{
    struct source *source;
    HASH_FIND_STR(sources->sources, file, source);
    if (source || HASH_COUNT(sources->sources) >= FILES_MOST || !named_like_source(file))
        return source;
    source = calloc(1, sizeof *source);
    if (!source)
        return NULL;
    source->file = file;
    HASH_ADD_KEYPTR(hh, sources->sources, file, strlen(file), source);
    return source;
}

void report_sources_want(struct report_sources *sources, const char *file, uint32_t line)
{
    struct source *source = file && line ? source_of(sources, file) : NULL;
    for (size_t i = 0; source && i < source->count; i++)
        if (source->line[i] == line)
            return;
    if (!source || sources->lines >= LINES_MOST)
        return;
    uint32_t *grown = array_grow(source->line, sizeof *grown, source->count, &source->room, 1);
    if (!grown)
        return;
    source->line = grown;
    source->line[source->count++] = line;
    sources->lines++;
}

/* The whole of a regular file, terminated; NULL when it can't be read or has binary data. */
static char *contents(const char *path)
{
    struct stat about;
    if (stat(path, &about) || !S_ISREG(about.st_mode) || about.st_size > FILE_MOST)
        return NULL;
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc((size_t)about.st_size + 1) : NULL;
    size_t length = text ? fread(text, 1, (size_t)about.st_size, file) : 0;
    if (file)
        fclose(file);
    if (!text || memchr(text, 0, length)) {
        free(text);
        return NULL;
    }
    text[length] = 0;
    return text;
}

/* `text` is cut where a line ends, or where it is too long. */
static void write_line(struct json_out *json, uint32_t number, char *text, size_t length)
{
    char key[16];
    while (length && (text[length - 1] == '\r' || text[length - 1] == ' '))
        length--;
    if (length > COLUMNS_MOST)
        length = COLUMNS_MOST;
    char kept = text[length];
    text[length] = 0;
    snprintf(key, sizeof key, "%u", number);
    put_text(json, key, text);
    text[length] = kept;
}

static void write_source(struct json_out *json, struct source *source)
{
    char *text = contents(source->file);
    size_t next = 0;
    if (!text)
        return;
    qsort(source->line, source->count, sizeof *source->line, array_by_number);
    put_open(json, source->file, '{', true);
    uint32_t number = 1;
    for (char *line = text; *line && next < source->count; number++) {
        size_t length = strcspn(line, "\n");
        while (next < source->count && (uint64_t)source->line[next] + AROUND < number)
            next++;
        if (next < source->count && (uint64_t)number + AROUND >= source->line[next])
            write_line(json, number, line, length);
        line += length + (line[length] == '\n');
    }
    put_close(json, '}');
    free(text);
}

void report_sources_write(struct report_sources *sources, struct json_out *json, const char *key)
{
    struct source *source, *next;
    put_open(json, key, '{', false);
    HASH_ITER (hh, sources->sources, source, next)
        write_source(json, source);
    put_close(json, '}');
}
