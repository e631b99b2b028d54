/*
 * llvm-symbolizer, where it is installed: function, file and line, inlined functions included, from
 * any kind of debug information. Asked about all addresses of a file at once.
 */
#ifndef ANALYZER_SYMBOLIZER_H
#define ANALYZER_SYMBOLIZER_H

#include "analyzer/symbols.h"

/* What is known of one address; names are as the linker knows them. */
struct symbolizer_answer {
    struct symbol_frame *frames;
    size_t count;
};

struct symbolizer_answers {
    struct symbolizer_answer *of; /* in the order of the addresses */
    struct symbol_frame *frames;
    char *text; /* what the frames' texts are in */
};

/* `addresses` are relative to the image's base. False, with a text in `*problem`, if there is no
 * symbolizer, or it gave no answer. RESIDUE_SYMBOLIZER names another; empty, none. */
bool symbolizer_ask(const char *path, const uint64_t *addresses, size_t count,
                    struct symbolizer_answers *, const char **problem);
void symbolizer_answers_free(struct symbolizer_answers *);

#endif
