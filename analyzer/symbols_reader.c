#include "analyzer/symbols_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbols_reader *symbols_reader_open(const struct symbols_wanted *wanted)
{
    if (is_windows_path(wanted->path))
        return symbols_pe_reader(wanted);
#ifdef _WIN32
    return symbols_no_reader(wanted->path, "not read on Windows");
#else
    return symbols_elf_reader(wanted);
#endif
}

void symbols_complain(struct symbols_reader *reader, const char *path, const char *text)
{
    size_t size = strlen(path) + strlen(text) + 3;
    if (reader->problem || !(reader->problem = malloc(size)))
        return;
    snprintf(reader->problem, size, "%s: %s", path, text);
    for (char *at = reader->problem; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

static size_t nothing(struct symbols_reader *reader, uint64_t address, struct symbol_frame *frames,
                      size_t most)
{
    (void)reader, (void)address, (void)frames, (void)most;
    return 0;
}

static void close_nothing(struct symbols_reader *reader)
{
    free(reader->problem);
    free(reader);
}

struct symbols_reader *symbols_no_reader(const char *path, const char *problem)
{
    static const struct symbols_kind kind = {.lookup = nothing, .close = close_nothing};
    struct symbols_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->kind = &kind;
    symbols_complain(reader, path, problem);
    return reader;
}
