/* How figures come about: of one report each (figures_read.c), then pooled (figures_pool.c). */
#ifndef ANALYZER_FIGURES_MAKE_H
#define ANALYZER_FIGURES_MAKE_H

#include "analyzer/figures.h"
#include <jansson.h>

/* Texts and arrays live as long as the figures. */
struct figures_storage {
    void **piece;
    size_t count, room;
    json_t *reports; /* an array: what was read, and owns most texts */
};

void *figures_take(struct figures_storage *, size_t count, size_t size); /* zeroed */
char *figures_text(struct figures_storage *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void figures_give_back(struct figures_storage *);

/* One report of schema residue-report/1. False with what is wrong in `problem`, without the file's
 * name. */
bool figures_read(struct figures_storage *, const json_t *report, const char *source,
                  struct figures *, char *problem, size_t problem_size);

/* The figures of several processes as one: calls added; rates weighted by them, as of strata. */
void figures_pool(struct figures_storage *, const struct figures *, size_t count,
                  struct figures *pooled);

/* Adds sites with the key of another to that one: rates and half-widths add up. */
void figures_join_sites(struct figures_call *);

#endif
