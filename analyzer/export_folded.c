/* Folded stacks, as flamegraph.pl and its kin read them: one line for each site, outermost frame
 * first, ";" between frames, the weight after the last space. The root is the call path, for rates
 * of different calls don't add up. */
#include "analyzer/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* A name must not end its frame or its line. */
static void put_frame(FILE *out, char *name)
{
    for (const char *byte = name; *byte; byte++) {
        unsigned char c = (unsigned char)*byte;
        putc(c == ';' ? ':' : c < ' ' || c == 0x7f ? ' ' : c, out);
    }
    if (!*name)
        putc('?', out);
    free(name);
}

static void put_stack(FILE *out, struct export *export, const struct export_sample *sample)
{
    uint32_t depth;
    const uint32_t *stack = export_stack_of(export, sample, &depth);
    put_frame(out, export_path_of(sample->call));
    for (uint32_t i = depth; i--;) {
        const struct report_stack *lines = export_frame_of(export, stack[i]);
        for (size_t k = lines->count; k--;) {
            putc(';', out);
            put_frame(out, export_name_of(&lines->frame[k]));
        }
    }
}

/* Whole numbers, which all readers take: rates in thousandths. What weighs nothing has no line. */
void export_folded(struct export *export, FILE *out)
{
    bool rate = export->weight == EXPORT_RATE || export->weight == EXPORT_THINGS;
    struct export_sample sample = {0};
    while (export_next(export, &sample)) {
        double weight = round(export_weight_of(&sample, export->weight) * (rate ? 1000 : 1));
        if (weight < 1)
            continue;
        put_stack(out, export, &sample);
        fprintf(out, " %.0f\n", weight);
    }
}
