/*
 * llvm-symbolizer, where it is installed: function, file and line, inlined functions included, from
 * any kind of debug information. Asked about all addresses of a file at once.
 */
#ifndef ANALYZER_SYMBOLIZER_H
#define ANALYZER_SYMBOLIZER_H

#include "analyzer/symbols.h"

/* As the linker knows them; or the last part alone, and never from a symbol table. */
enum symbolizer_names { SYMBOLIZER_LINKAGE, SYMBOLIZER_SHORT };

/* What is known of one address. */
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
                    enum symbolizer_names, struct symbolizer_answers *, const char **problem);
void symbolizer_answers_free(struct symbolizer_answers *);

#endif
